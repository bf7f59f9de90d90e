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
echo "1..$number"
