# From raw text to translations and scores: everything that needs processes, pipes and a trained model.
. tests/cli/support

# Words copied in reverse: learned in seconds, well enough to tell the output apart from noise.
awk 'BEGIN {
    srand(3); split("zero one two three four five six seven eight nine", word, " ")
    for (i = 0; i < 1200; i++) {
        length_ = 1 + int(rand() * 4); source = target = ""
        for (j = 0; j < length_; j++) {
            w = word[1 + int(rand() * 10)]
            source = source (j ? " " : "") w;
            target = w (j ? " " : "") target
        }
        print source >"src"; print target >"tgt"
    }
}'
head -n 50 src >valid.src
head -n 50 tgt >valid.tgt
holds "train a reverser" "$QUIPU" train --train-src src --train-tgt tgt --valid-src valid.src --valid-tgt valid.tgt \
    --tokenizer word --emb-size 32 --ff-size 64 --heads 2 --enc-layers 1 --dec-layers 1 --dropout 0 --lr 0.01 \
    --lr-warmup 20 --batch-size 400 --steps 250 --valid-freq 250 --threads 1 --seed 1 -m m.safetensors
[ -s m.safetensors ] || exit 1

"$QUIPU" translate -m m.safetensors valid.src >out 2>err
code=$?
right=$(paste -d= out valid.tgt | awk -F= '$1 == $2' | wc -l)
[ $code -eq 0 ] && [ "$(wc -l <out)" -eq 50 ] && [ "$right" -ge 25 ]
result $? "translates what it has learned" "exit code $code, $(wc -l <out) lines, $right of 50 right; $(head -n 3 err)"

same=0
for how in "--batch-size 1" "--batch-size 64" "--batch-size 64 --threads 2" "--batch-size 3 --threads 3"; do
    "$QUIPU" translate -m m.safetensors $how valid.src | cmp -s - out || same=1
done
result $same "the same bytes for any --batch-size and --threads"

gzip -c valid.src >valid.gz
"$QUIPU" translate -m m.safetensors valid.gz | cmp -s - out
result $? "reads .gz"
"$QUIPU" translate -m m.safetensors - <valid.src | cmp -s - out
result $? "reads stdin"

{ echo; cat valid.src; echo; } | "$QUIPU" translate -m m.safetensors >framed
[ "$(wc -l <framed)" -eq 52 ] && [ -z "$(head -n 1 framed)" ] && sed '1d;$d' framed | cmp -s - out
result $? "empty lines stay where they are"

paste valid.src out >pairs
paste valid.src valid.src >wrong
"$QUIPU" score -m m.safetensors pairs >good && "$QUIPU" score -m m.safetensors wrong >bad
[ "$(paste good bad | awk '$1 >= $2' | wc -l)" -ge 45 ]
result $? "score: its own translations are more probable than the sources" "$(paste good bad | head -n 3)"

# A forced beginning.
prefixed=0
for how in "--beam-size 1" "--batch-size 7 --threads 2" "--beam-size 3 --n-best 3"; do
    "$QUIPU" translate -m m.safetensors $how --tgt-prefix "six six" valid.src | sed 's/^[0-9]* ||| //' >begun
    [ -s begun ] && ! grep -qv '^six six' begun || prefixed=1
done
result $prefixed "--tgt-prefix begins every translation" "$(head -n 3 begun)"
printf 'one\n\n' | "$QUIPU" translate -m m.safetensors --tgt-prefix "$(printf 'a\377')" >odd &&
    [ "$(wc -l <odd)" -eq 2 ]
result $? "--tgt-prefix that is not UTF-8" "$(cat odd)"

# Unknown words and words in alignments. The forced word is unknown to the model.
"$QUIPU" translate -m m.safetensors --tgt-prefix qqq valid.src >unknown &&
    "$QUIPU" translate -m m.safetensors --tgt-prefix qqq --unk copy --batch-size 3 valid.src >copied &&
    grep -q '^<unk>' unknown && ! grep -q unk copied &&
    [ "$(cut -s -d' ' -f2- unknown)" = "$(cut -s -d' ' -f2- copied)" ] &&
    paste valid.src copied | awk -F'\t' '{ split($2, w, " "); if (index(" " $1 " ", " " w[1] " ") == 0) exit 1 }'
result $? "--unk copy: a word of the source instead" "$(paste unknown copied | head -n 3)"
"$QUIPU" translate -m m.safetensors --alignment hard valid.src >tokens &&
    "$QUIPU" translate -m m.safetensors --alignment hard --alignment-unit word valid.src | cmp -s - tokens
result $? "--alignment-unit word: where tokens are words nothing changes"
"$QUIPU" translate -m m.safetensors --alignment soft --alignment-unit word --json valid.src | head -n 1 >json
grep -q '"alignment":\[\[0*\.*[0-9]' json && ! grep -q '"source":\[[^]]*</s>' json && grep -q '"source":\["' json
result $? "--alignment-unit word --json lists words" "$(cat json)"
fails 2 "add --alignment hard or soft" "$QUIPU" translate -m m.safetensors --alignment-unit word valid.src
fails 2 "leave --unk copy out" "$QUIPU" attend -m m.safetensors --text "one two" --unk copy

# Empty lines have every field.
printf 'one two\n\n' >gap
"$QUIPU" translate -m m.safetensors --scores token --alignment hard gap >plain
"$QUIPU" translate -m m.safetensors --n-best 2 --scores token --alignment soft gap >best
"$QUIPU" translate -m m.safetensors --n-best 2 --alignment hard --json gap >json
[ "$(awk -F '[|][|][|]' '{ print NF }' plain | uniq)" = 4 ] && [ "$(tail -n 1 plain)" = " ||| 0.0000 ||| |||" ]
result $? "empty lines have the fields of the others, plain" "$(cat plain)"
[ "$(awk -F '[|][|][|]' '{ print NF }' best | uniq)" = 5 ] && [ "$(wc -l <best)" -eq 3 ] &&
    [ "$(tail -n 1 best)" = "1 |||  ||| logprob= 0.0000 length= 0 tokens= ||| 0.0000 |||" ]
result $? "empty lines have the fields of the others, n-best" "$(cat best)"
keys() { grep -o '"[a-z_]*":' | sort -u; }
head -n 1 json | keys >one
tail -n 1 json | keys >two
grep -q n_best one && grep -q alignment one && cmp -s one two
result $? "empty lines have the fields of the others, JSON" "$(cat json)"

# Output to a file; it appears only when it is complete.
"$QUIPU" translate -m m.safetensors -o made valid.src >said && [ ! -s said ] && cmp -s made out
result $? "-o FILE" "$(head -n 3 made said)"
printf 'one\n\377\n' >broken
fails 65 "broken:2" "$QUIPU" translate -m m.safetensors -o unmade broken
[ ! -e unmade ]
result $? "no file after a failure"
fails 73 "Not a directory" "$QUIPU" translate -m m.safetensors -o valid.src/out gap

# A pipe that stays open gets its answer at once.
mkfifo pipe
"$QUIPU" translate -m m.safetensors <pipe >answers &
exec 3>pipe
head -n 1 valid.src >&3
for i in 1 2 3 4 5 6 7 8 9 10; do
    [ -s answers ] || sleep 0.3
done
[ "$(cat answers)" = "$(head -n 1 out)" ]
result $? "each line is answered while the pipe stays open" "$(cat answers)"
sed 1d valid.src >&3
exec 3>&-
wait $!
cmp -s answers out
result $? "and so are the others" "$(head -n 3 answers)"

# Text that is not UTF-8 is refused with the command that converts it; other compression is named.
printf 'one\ntwo \261\261 three\n' >bytes
for command in translate score; do
    fails 65 "bytes:2: byte 5 is not UTF-8.*iconv -f cp949 -t utf-8" "$QUIPU" $command -m m.safetensors bytes
done
printf '\377\376o\000n\000e\000' >wide
fails 65 "wide:1: .*iconv -f utf-16 -t utf-8" "$QUIPU" translate -m m.safetensors wide
fails 65 "byte 1 is not UTF-8" "$QUIPU" attend -m m.safetensors --src "$(printf '\377one')"
fails 65 "bytes:2: byte 5" "$QUIPU" evaluate bleu --hyp bytes --ref bytes
printf '\3757zXZ\000' >packed
fails 65 "packed: is an xz file" "$QUIPU" translate -m m.safetensors packed

# The reader of a pipe may close it.
for i in 1 2 3 4 5 6 7 8 9 10; do cat valid.src; done >many
for i in 1 2 3 4 5 6 7 8 9 10; do cat many; done >more
{ "$QUIPU" translate -m m.safetensors -b 1 more 2>err; echo $? >code; } | head -n 1 >first
[ "$(cat code)" = 0 ] && [ ! -s err ] && [ "$(cat first)" = "$(head -n 1 out)" ]
result $? "a closed pipe ends quietly" "$(cat code err)"
fails 74 "stdout" sh -c '"$QUIPU" translate -m m.safetensors valid.src >/dev/full'
fails 74 "stdout" sh -c '"$QUIPU" score -m m.safetensors pairs >/dev/full'

# Every kind of damage to a model is reported.
size=$(wc -c <m.safetensors)
head -c $((size / 2)) m.safetensors >half
fails 65 "half" "$QUIPU" translate -m half valid.src
cp m.safetensors flipped
printf 'x' | dd of=flipped bs=1 seek=$((size - 1000)) conv=notrunc 2>dd.err
fails 65 "flipped" "$QUIPU" translate -m flipped valid.src
printf '\377\377\377\377\377\377\377\177{}' >huge
fails 65 "huge" "$QUIPU" translate -m huge valid.src
fails 66 "nowhere" "$QUIPU" translate -m nowhere valid.src
fails 66 "nowhere" "$QUIPU" translate -m m.safetensors nowhere
fails 2 "did you mean --beam-size" "$QUIPU" translate -m m.safetensors --bean-size 3 valid.src
fails 2 "beam-size" "$QUIPU" translate -m m.safetensors --beam-size many valid.src
"$QUIPU" translate -m m.safetensors --coverage-penalty 0.3 --scores sentence valid.src >covered &&
    [ "$(wc -l <covered)" -eq "$(wc -l <valid.src)" ] &&
        "$QUIPU" translate -m m.safetensors --scores sentence valid.src >plain &&
    ! cmp -s covered plain
result $? "--coverage-penalty joins the scores" "$(head -n 2 covered)"

# A validation translates as the command does with the same beam.
toy_pairs 40 >pairs && cut -f 1 pairs >pairs.src && cut -f 2 pairs >pairs.tgt
for beam in 1 5; do
    toy_train beam$beam.safetensors --steps 20 --valid-freq 20 --label-smoothing 0.3 --valid-metrics chrf \
        --valid-beam-size $beam
    "$QUIPU" translate -m beam$beam.safetensors --beam-size $beam pairs.src >beam$beam.tgt
    chrf=$("$QUIPU" evaluate chrf --hyp beam$beam.tgt --ref pairs.tgt | awk '{ print $2; exit }')
    valid=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /chrf/) n = i } END { printf "%.2f", $n }' \
        beam$beam.run/metrics.csv)
    [ "$chrf" = "$valid" ]
    result $? "--valid-beam-size $beam" "$chrf and $valid"
done
! cmp -s beam1.tgt beam5.tgt
result $? "a wider beam finds other translations" "$(head -n 3 beam1.tgt)"

# A validation text with words that the vocabulary lacks says how many: 2 of 7 tokens (ends included) of the source.
printf 'one two\nqqq zzz three\n' >odd.src
printf 'two one\nthree one two\n' >odd.tgt
unknown() {
    "$QUIPU" train --train-src src --train-tgt tgt --valid-src "$1" --valid-tgt odd.tgt --tokenizer word --emb-size 8 \
        --ff-size 8 --heads 1 --enc-layers 1 --dec-layers 1 --steps 1 --valid-freq 1 --threads 1 --overwrite \
        -m odd.safetensors 2>&1
}
unknown odd.src | grep -q '^validation 2 lines.*target tokens; 28.6 % of the source tokens are unknown$'
result $? "the share of unknown validation tokens" "$(unknown odd.src | grep '^validation')"
unknown odd.tgt | grep -q '^validation 2 lines.*target tokens$'
result $? "no unknown tokens, no note" "$(unknown odd.tgt | grep '^validation')"

echo "1..$number"
