# classify, tag, regress, autoencode, mlm: training, resuming, predict, evaluate, and errors in their files.
. tests/cli/support
has predict || { skip "tasks" "no predict"; exit 0; }

# ---- toy data: answers that follow from the text ----
awk 'BEGIN { for (i = 0; i < 300; i++) { a = i % 7; b = (i * 5) % 11
    printf "%s\tw%d w%d w%d\n", a < 3 ? "low" : a < 5 ? "mid" : "high", a, b, (i * 3) % 5 } }' >texts
head -n 60 texts >texts.valid
awk 'BEGIN { for (i = 0; i < 120; i++) { printf "# sentence %d\n", i
    for (j = 0; j <= i % 4; j++) { n = (i * 7 + j * 3) % 10
    printf "w%d\tx\t%s\n", n, n < 4 ? "O" : n < 7 ? "B-PER" : "B-LOC" } print "" } }' >words.conll
head -n 120 words.conll >valid.conll
awk 'BEGIN { print "day,temp,wind"
    for (i = 0; i < 200; i++) printf "%d,%.3f,%.2f\n", i, 10 + 5 * sin(i / 4), i % 3 }' >days.csv
awk 'BEGIN { print "day,temp,wind"
    for (i = 150; i < 260; i++) printf "%d,%.3f,%.2f\n", i, 10 + 5 * sin(i / 4), i % 3 }' >later.csv
cut -f 2 texts >lines

common="--layers 1 --emb-size 16 --hidden-size 24 --dropout 0.1 --batch-type sentence --batch-size 16 --lr 0.02 \
    --lr-schedule inv-sqrt --lr-warmup 5 --save-freq 5 --seed 3 -q"
classify="--task classify --train texts --valid texts.valid --tokenizer word --encoder gru $common"
tag="--task tag --train words.conll --valid valid.conll --tokenizer char --encoder lstm --bidirectional $common \
    --no-crf --word-layers 0 --early-stopping-metric loss"
field="$tag --crf"
regress="--task regress --train days.csv --valid later.csv --column temp,wind --window 12 --horizon 3 \
    --encoder gru $common"
autoencode="--task autoencode --train lines --valid lines --tokenizer word --encoder gru --decoder gru \
    --valid-metrics accuracy $common"
mlm="--task mlm --train lines --valid lines --tokenizer word --encoder gru $common"

# ---- the same bytes for any number of threads, interrupted or not ----
for task in classify tag field regress autoencode mlm; do
    options=$(eval echo \$$task)
    "$QUIPU" train $options --steps 40 --valid-freq 10 --threads 1 -m $task.safetensors 2>.err
    result $? "$task: trained" "$(cat .err)"
    "$QUIPU" train $options --steps 40 --valid-freq 10 --threads 3 -m other.safetensors 2>.err &&
        cmp -s $task.safetensors other.safetensors
    result $? "$task: 3 threads, the same bytes" "$(cat .err)"
    rm -rf other.*
    "$QUIPU" train $options --steps 13 --valid-freq 10 --threads 2 -m other.safetensors 2>.err &&
        "$QUIPU" train $options --steps 40 --valid-freq 10 --threads 2 -m other.safetensors 2>.err
    grep -q 'resuming after update' other.run/train.log
    result $? "$task: a run goes on" "$(cat .err)"
    rm -rf other.*
    "$QUIPU" info $task.safetensors >.out 2>.err && grep -q 'all, per target token' .out &&
        ! grep -q 'memory *0 bytes' .out
    result $? "$task: info" "$(cat .err)"
    "$QUIPU" train $options --steps 9 --dry-run >.out 2>.err && grep -q 'per epoch' .out
    result $? "$task: --dry-run" "$(cat .err)"
done

# interrupted TASK OPTIONS - a run killed in the middle and resumed ends with the same bytes.
for task in classify tag; do
    options=$(eval echo \$$task)
    "$QUIPU" train $options --steps 40 --valid-freq 10 -m other.safetensors >/dev/null 2>&1 &
    pid=$!
    for i in $(seq 2000); do ls other.run/state-* >/dev/null 2>&1 && break; sleep 0.005; done
    kill -s KILL $pid 2>/dev/null
    { wait $pid; } 2>/dev/null
    "$QUIPU" train $options --steps 40 --valid-freq 10 -m other.safetensors 2>.err &&
        cmp -s $task.safetensors other.safetensors
    result $? "$task: killed and resumed, the same bytes" "$(cat .err)"
    rm -rf other.*
done

# ---- classify ----
"$QUIPU" train $classify --steps 200 --early-stopping-metric f1 --early-stopping 9 -m good.safetensors 2>.err
result $? "classify: the best by f1" "$(cat .err)"
printf 'w0 w5 w1\n\nw6 w1 w1\n' | "$QUIPU" predict -m good.safetensors >.out 2>.err
[ "$(grep -c '	0\.' .out)$(sed -n '1s/	.*//p;3s/	.*//p' .out | tr '\n' ' ')" = "3low high " ]
result $? "classify: label and probability, a line for each" "$(cat .out .err)"
printf 'w0 w5 w1\n' | "$QUIPU" predict --all -m good.safetensors |
    awk -F '\t' '{ exit !(NF == 6 && $1 == "low" && $2 + $4 + $6 > 0.999 && $2 + $4 + $6 < 1.001) }'
result $? "classify: --all sums to 1" ""
printf 'w0 w5 w1\n' | "$QUIPU" predict --json -m good.safetensors | grep -q '^{"label":"low","probability":0'
result $? "classify: --json" ""
"$QUIPU" evaluate accuracy,f1,confusion -m good.safetensors --test texts.valid >.out 2>.err &&
    awk '/^accuracy/ { exit !($2 > 90) }' .out && grep -q '	' .out
result $? "classify: evaluate" "$(cat .out .err)"
"$QUIPU" evaluate --json -m good.safetensors --test texts.valid | grep -q '"accuracy":{"score":'
result $? "classify: evaluate --json" ""
{ cat texts.valid; printf 'never\tw1 w2\n'; } >unseen
"$QUIPU" evaluate -m good.safetensors --test unseen 2>.err | grep -q '^1 answers are labels that training did not have'
result $? "classify: an unseen label is wrong, and reported" "$(cat .err)"

printf 'w1\nw2 \260\241\260\242\n' >korean
fails 65 "korean:2: byte 4 is not UTF-8.*iconv -f cp949" "$QUIPU" predict -m good.safetensors korean
mkfifo pipe
"$QUIPU" predict -m good.safetensors <pipe >answers &
exec 3>pipe
echo 'w0 w5 w1' >&3
for i in 1 2 3 4 5 6 7 8 9 10; do
    [ -s answers ] || sleep 0.3
done
grep -q '^low' answers
result $? "classify: a line is answered while the pipe stays open" "$(cat answers)"
exec 3>&-
wait $!

# ---- tag ----
"$QUIPU" train $tag --steps 150 -m tagger.safetensors 2>.err
"$QUIPU" evaluate accuracy,entity-f1 -m tagger.safetensors --test valid.conll >.out 2>.err &&
    awk '/^accuracy/ { exit !($2 > 90) }' .out && grep -q '^entity-f1' .out
result $? "tag: evaluate" "$(cat .out .err)"
printf 'w1  w5 w9\n\nw2\n' | "$QUIPU" predict -m tagger.safetensors >.out &&
    [ "$(cat .out)" = "$(printf 'w1/O w5/B-PER w9/B-LOC\n\nw2/O\n')" ]
result $? "tag: lines of words" "$(cat .out)"
sed 's/[^	]*$/?/; /^#/s/.*/# kept/' valid.conll | sed 's/^?$//' >blind.conll
"$QUIPU" predict -m tagger.safetensors blind.conll >.out 2>.err &&
    [ "$(grep -c '^# kept' .out)" = "$(grep -c '^# kept' blind.conll)" ] &&
    [ "$(cut -f 1,2 .out)" = "$(cut -f 1,2 blind.conll)" ] && grep -q 'B-LOC$' .out
result $? "tag: CoNLL in, CoNLL out" "$(cat .err; head -n 5 .out)"
seq 900 | tr '\n' ' ' | "$QUIPU" predict -m tagger.safetensors >.out && [ "$(wc -w <.out)" = 900 ]
result $? "tag: a sentence longer than the model reads" "$(wc -w <.out)"

# ---- tag --crf ----
"$QUIPU" info field.safetensors | grep -q 'crf *true' && "$QUIPU" info --tensors field.safetensors |
    grep -q 'head.transitions'
result $? "tag --crf: info" "$("$QUIPU" info --tensors field.safetensors)"
"$QUIPU" train $field --steps 150 --init-from tagger.safetensors --log told -m field-tagger.safetensors 2>.err
grep -q 'new, not in the file: 3 parameters.*head' told &&
    "$QUIPU" evaluate accuracy,entity-f1 -m field-tagger.safetensors --test valid.conll >.out 2>.err &&
    awk '/^(accuracy|entity-f1)/ { if (!($2 > 90)) exit 1 }' .out
result $? "tag --crf: on top of a tagger, evaluate" "$(cat .out .err)"
printf 'w1 w5\n\nw9\n' | "$QUIPU" predict --json -m field-tagger.safetensors >.out 2>.err &&
    sed 's/"probability":/\n&/g' .out |
        awk -F '[:},]' '/^"prob/ { n++; if (!($2 > 0.3 && $2 <= 1)) exit 1 } END { exit n != 3 }'
result $? "tag --crf: predict reports the tags' probabilities" "$(cat .out .err)"
fails 2 "add --task tag" "$QUIPU" train --crf $classify --steps 1 -m bad.safetensors
fails 2 "leave one of them out" "$QUIPU" train $field --label-smoothing 0.1 --steps 1 -m bad.safetensors

# ---- regress ----
"$QUIPU" evaluate -m regress.safetensors --test later.csv --train days.csv --period 3 >.out 2>.err
for row in model naive line seasonal linear; do
    grep -q "^$row " .out
    result $? "regress: evaluate beside $row" "$(cat .out .err)"
done
[ "$("$QUIPU" predict -m regress.safetensors later.csv | wc -l)" = 3 ] &&
    [ "$("$QUIPU" predict --rolling -m regress.safetensors later.csv | wc -l)" = 99 ]
result $? "regress: forecasts after the end, and of every window" ""

quantiles="$regress --loss quantile --quantiles 0.1,0.5,0.9"
"$QUIPU" train $quantiles --steps 40 --valid-freq 10 --threads 1 -m quantiles.safetensors 2>.err &&
    "$QUIPU" train $quantiles --steps 13 --valid-freq 10 --threads 2 -m other.safetensors 2>>.err &&
    "$QUIPU" train $quantiles --steps 40 --valid-freq 10 --threads 2 -m other.safetensors 2>>.err &&
    grep -q 'resuming after update' other.run/train.log && cmp -s quantiles.safetensors other.safetensors
result $? "regress --loss quantile: resumed, the same bytes" "$(cat .err)"
"$QUIPU" predict -m quantiles.safetensors later.csv >.out 2>.err && [ "$(wc -l <.out)" = 3 ] &&
    awk -F '\t' 'NF != 3 || $1 > $2 || $2 > $3 { exit 1 }' .out &&
    "$QUIPU" predict --rolling -m quantiles.safetensors later.csv >.out 2>.err &&
    awk -F '\t' 'NF != 10 || $2 > $3 || $3 > $4 || $8 > $9 { exit 1 }' .out &&
    "$QUIPU" predict --json -m quantiles.safetensors later.csv >.out 2>.err && grep -q '"quantiles":{"0.1":\[' .out
result $? "regress --loss quantile: predict gives every quantile, ascending" "$(cat .out .err)"
"$QUIPU" evaluate -m quantiles.safetensors --test later.csv >.out 2>.err &&
    grep -q 'between the quantiles 0.1 and 0.9 (expected 80.0 %)' .out &&
    "$QUIPU" evaluate --json -m quantiles.safetensors --test later.csv | grep -q '"coverage":{"score":[01][.0-9]*,'
result $? "regress --loss quantile: evaluate reports how many values the interval holds" "$(cat .out .err)"
fails 2 "not an ascending list" "$QUIPU" train $regress --loss quantile --quantiles 0.9,0.1 -m bad.safetensors
fails 2 "loss cross-entropy" "$QUIPU" train $classify --loss focal --label-smoothing 0.1 --steps 1 -m bad.safetensors
rm -rf other.*

# ---- autoencode, mlm ----
[ "$("$QUIPU" translate -m autoencode.safetensors lines | wc -l)" = 300 ]
result $? "autoencode: translate gives lines back" ""
printf 'w1 [MASK] w2\nw1\n' | "$QUIPU" predict --top 2 -m mlm.safetensors >.out 2>.err && [ "$(wc -l <.out)" = 2 ] &&
    ! grep -q MASK .out && grep -q '	.*, ' .out
result $? "mlm: fills in" "$(cat .out .err)"

"$QUIPU" evaluate --seed 3 -m mlm.safetensors --test lines --threads 1 >.out 2>.err
"$QUIPU" evaluate --seed 3 -m mlm.safetensors --test lines --threads 3 | cmp -s - .out
result $? "mlm: evaluate hides the same tokens for the same seed" "$(cat .out .err)"
"$QUIPU" evaluate --seed 4 -m mlm.safetensors --test lines | cmp -s - .out
[ $? = 1 ] && [ "$(sed -n 's/^\([a-z]*\) .*/\1/p' .out | tr '\n' ' ')" = "accuracy loss perplexity " ]
result $? "mlm: evaluate with another seed" "$(cat .out)"
valid=$(sed -n 's/^validation at update 40  loss \([0-9.]*\).*/\1/p' mlm.run/train.log)
"$QUIPU" evaluate loss --seed 3 -m mlm.safetensors --test lines >.out 2>.err &&
    awk -v v="$valid" '/^loss/ { exit !($2 - v < 0.3 && v - $2 < 0.3) }' .out
result $? "mlm: evaluate is near the validation, which cuts other batches and hides others" "$(cat .out .err) $valid"
"$QUIPU" evaluate -m mlm.safetensors --mask-rate 0.5 --test - <lines | grep -q '^300 lines, [0-9]* hidden tokens'
result $? "mlm: evaluate reads stdin, hides as many as asked" ""
"$QUIPU" evaluate --json -m autoencode.safetensors --test lines >.out 2>.err &&
    grep -q '"accuracy":{"score":.*"token-accuracy":{"score":.*"loss":.*"perplexity":.*"lines":300' .out
result $? "autoencode: evaluate --json" "$(cat .out .err)"
"$QUIPU" translate --beam-size 1 -m autoencode.safetensors lines | paste -d '|' - lines |
    awk -F'|' '$1 == $2 { n++ } END { printf "%.2f\n", n / 3 }' >same
"$QUIPU" evaluate accuracy -m autoencode.safetensors --test lines |
    awk -v s="$(cat same)" '/^accuracy/ { exit $2 != s }'
result $? "autoencode: evaluate counts the lines given back" "$(cat same)"
fails 2 "did you mean loss" "$QUIPU" evaluate los -m autoencode.safetensors --test lines
fails 2 "choose from accuracy, loss, perplexity" "$QUIPU" evaluate bleu -m mlm.safetensors --test lines
fails 2 "name a file" "$QUIPU" evaluate -m autoencode.safetensors --test -

"$QUIPU" train $autoencode --variational --kl-weight 0.05 --steps 60 -m drawn.safetensors 2>.err &&
    grep -q 'divergence' drawn.run/train.log
result $? "autoencode: --variational reports its divergence" "$(cat .err)"
"$QUIPU" evaluate -m drawn.safetensors --test lines >.out 2>.err && awk '/^divergence/ { exit !($2 > 0) }' .out
result $? "autoencode: evaluate reports the divergence" "$(cat .out .err)"
"$QUIPU" generate --samples 3 --tokens 8 --seed 5 -m drawn.safetensors >.out 2>.err &&
    [ "$(grep -vc '^---' .out)" = 3 ] && "$QUIPU" generate --samples 3 --tokens 8 --seed 5 --threads 1 \
    -m drawn.safetensors | cmp -s - .out
result $? "autoencode: texts of drawn vectors" "$(cat .out .err)"
"$QUIPU" train $autoencode --scheduled-sampling 0.5 --steps 13 --valid-freq 10 -m own.safetensors 2>.err &&
    "$QUIPU" train $autoencode --scheduled-sampling 0.5 --steps 40 --valid-freq 10 -m own.safetensors 2>.err &&
    "$QUIPU" train $autoencode --scheduled-sampling 0.5 --steps 40 --valid-freq 10 -m owner.safetensors 2>.err &&
        cmp -s own.safetensors owner.safetensors && ! cmp -s own.safetensors autoencode.safetensors
result $? "autoencode: --scheduled-sampling goes on as it would have" "$(cat .err)"
fails 2 "word-dropout-tgt" "$QUIPU" train --task lm --train lines --scheduled-sampling 0.5 -m bad.safetensors
fails 2 "with --variational" "$QUIPU" generate -m autoencode.safetensors
fails 2 "add --task autoencode" "$QUIPU" train $mlm --variational -m bad.safetensors

# ---- transfer: a pretrained encoder ----
"$QUIPU" train $classify --steps 1 --init-from mlm.safetensors --log told -m fine.safetensors 2>.err &&
    grep -q "taken: .*encoder" told
result $? "classify begins with an mlm's encoder" "$(cat .err)"

# ---- the wrong command ----
fails 2 "use quipu predict" "$QUIPU" translate -m good.safetensors lines
fails 2 "use quipu predict" "$QUIPU" generate -m tagger.safetensors -p w1
fails 2 "use quipu predict" "$QUIPU" score -m regress.safetensors lines
fails 2 "this model has no attention" "$QUIPU" attend -m mlm.safetensors --src w1 -o -
fails 2 "use quipu translate" "$QUIPU" predict -m autoencode.safetensors lines
fails 2 "did you mean accuracy" "$QUIPU" evaluate acuracy -m good.safetensors --test texts.valid
fails 2 "are not entities" "$QUIPU" evaluate entity-f1 -m good.safetensors --test texts.valid
sed '2,$s/,/e300,/2' days.csv >giant.csv
fails 65 "giant.csv: column .*too large" "$QUIPU" train $(echo "$regress" |
    sed 's/days.csv/giant.csv/') -q -m x.safetensors
fails 2 "unknown metric 'bleu' for forecasts" "$QUIPU" evaluate bleu -m regress.safetensors --test later.csv
fails 2 "reads one text" "$QUIPU" train --task classify --train-src lines --train-tgt lines -m bad.safetensors

# ---- bad files ----
bad() { pattern=$1; shift; fails 65 "$pattern" "$QUIPU" train "$@" --steps 2 -m bad.safetensors; rm -rf bad.run; }
printf 'low\tw1\nw2 w3\n' >no-tab
printf 'low\tw1\nlow\tw2\n' >one-label
printf '\tw1\nlow\tw2\n' >no-label
bad "no-tab:2" --task classify --train no-tab --tokenizer word -q
bad "one-label" --task classify --train one-label --tokenizer word -q
bad "no-label:1" --task classify --train no-label --tokenizer word -q
bad "unseen:61.*never" --task classify --train texts --valid unseen --tokenizer word -q
printf 'a\tO\nb\tO\tx\n' >ragged.conll
printf 'a\tQ\n\n' >other.conll
bad "ragged.conll:2" --task tag --train ragged.conll --tokenizer char -q
"$QUIPU" train $classify --valid unseen --unseen-labels ignore --steps 2 --log told -m odd.safetensors 2>.err &&
    grep -q "; 1 labels that" told
result $? "an unseen label in validation, ignored" "$(cat .err told)"
bad "other.conll:1.*Q" --task tag --train words.conll --valid other.conll --tokenizer char -q
fails 65 "ragged.conll:2" "$QUIPU" predict -m tagger.safetensors ragged.conll
printf 'a,b\n1,2\n3,\n5,6\n' >hole.csv
printf 'a,b\n1,2\n3,4,5\n' >ragged.csv
head -n 8 days.csv >short.csv
bad "hole.csv:3" --task regress --train hole.csv --column b -q
bad "ragged.csv:3" --task regress --train ragged.csv --column b -q
bad "short.csv" --task regress --train short.csv --column temp --window 24 -q
fails 2 "no-such" "$QUIPU" train --task regress --train days.csv --column no-such -m bad.safetensors
fails 65 "short.csv" "$QUIPU" predict -m regress.safetensors short.csv
rm -rf bad.run
[ ! -e bad.safetensors ]
result $? "no model was made" ""
