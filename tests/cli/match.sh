# match: pairs of texts, training and its losses, evaluate, embed, search, and errors in their files.
. tests/cli/support
has embed || { skip "match" "no embed"; exit 0; }

# ---- toy data: a text of three words and the same words in another language, in another order ----
awk 'BEGIN { for (i = 0; i < 240; i++) { a = i % 12; b = (i * 5 + int(i / 12)) % 11; c = int(i / 7) % 9
    printf "a%d b%d c%d\t%s\n", a, b, c, "z" c " x" a " y" b } }' | sort -u >all
awk 'NR % 6 != 0' all >pairs
awk 'NR % 6 == 0' all >test
awk -F '\t' '{ split($1, w, " "); split(last, v, " ")
    n = (w[1] == v[1]) + (w[2] == v[2]) + (w[3] == v[3])
    print $1 "\t" $2 "\t1"; if (NR > 1) printf "%s\t%s\t%.1f\n", $1, target, n ? n / 3 : 0; last = $1; target = $2 }' \
    pairs >scored
awk -F '\t' 'NR % 2 { print $1 "\t" $2 "\t1" } NR > 1 && NR % 2 == 0 { print $1 "\t" target "\t0" } { target = $2 }' \
    pairs >binary
cut -f 1 test >test.src
cut -f 2 test >test.tgt
total=$(wc -l <test)

common="--task match --tokenizer word --encoder gru --bidirectional --layers 1 --emb-size 24 --hidden-size 24 \
    --pooling mean --dropout 0 --batch-type sentence --batch-size 50 --lr 0.02 --lr-schedule inv-sqrt --lr-warmup 5 \
    --save-freq 5 --seed 3 -q"
match="$common --train pairs --valid test"

# score NAME - the value of one metric of the last evaluation
score() { awk -v name="$1" '$1 == name { print $2 }' .out; }

# ---- the same bytes for any number of threads, interrupted or not ----
"$QUIPU" train $match --steps 120 --valid-freq 10 --threads 1 -m match.safetensors 2>.err
result $? "trained" "$(cat .err)"
"$QUIPU" train $match --steps 120 --valid-freq 10 --threads 3 -m other.safetensors 2>.err &&
    cmp -s match.safetensors other.safetensors
result $? "3 threads, the same bytes" "$(cat .err)"
rm -rf other.*
"$QUIPU" train $match --steps 23 --valid-freq 10 --threads 2 -m other.safetensors 2>.err &&
    "$QUIPU" train $match --steps 120 --valid-freq 10 --threads 2 -m other.safetensors 2>.err
grep -q 'resuming after update' other.run/train.log
result $? "a run goes on" "$(cat .err)"
rm -rf other.*
"$QUIPU" train $match --train-src test.src --steps 2 -m other.safetensors 2>.err
[ $? = 2 ]
result $? "--train and --train-src contradict each other" "$(cat .err)"
"$QUIPU" info match.safetensors >.out 2>.err && grep -q '^task  *match' .out
result $? "info" "$(cat .out .err)"
"$QUIPU" train $match --steps 9 --dry-run >.out 2>.err && grep -q 'per epoch' .out
result $? "--dry-run" "$(cat .err)"

# ---- evaluate ----
"$QUIPU" evaluate -m match.safetensors --test test >.out 2>.err && [ "$(score recall@1 | cut -d . -f 1)" -ge 90 ]
result $? "evaluate: recall of unseen pairs" "$(cat .out .err)"
"$QUIPU" evaluate --json recall@5 -m match.safetensors --test test |
    grep -q '^{"recall@5":{"score":[0-9.]*},"pairs":[0-9]*}'
result $? "evaluate --json" ""
fails 2 "does not have" "$QUIPU" evaluate spearman -m match.safetensors --test test
fails 2 "unknown metric 'bleu'" "$QUIPU" evaluate bleu -m match.safetensors --test test
for loss in triplet contrastive cosine; do
    "$QUIPU" train $match --loss $loss --steps 120 --valid-freq 120 -m $loss.safetensors 2>.err &&
        "$QUIPU" evaluate -m $loss.safetensors --test test >.out 2>>.err &&
        [ "$(score recall@5 | cut -d . -f 1)" -ge 60 ]
    result $? "--loss $loss learns" "$(cat .out .err)"
done
"$QUIPU" train $common --train scored --valid scored --steps 80 --valid-freq 80 --early-stopping-metric spearman \
    -m scored.safetensors 2>.err && "$QUIPU" evaluate -m scored.safetensors --test scored >.out 2>.err &&
    awk '$1 == "spearman" { exit !($2 > 0.5) }' .out && ! grep -q '^accuracy' .out
result $? "scores: Spearman" "$(cat .out .err)"
for loss in cosine contrastive mse; do
    "$QUIPU" train $common --train binary --valid binary --loss $loss --steps 60 --valid-freq 60 \
        --overwrite -m binary.safetensors 2>.err &&
        "$QUIPU" evaluate -m binary.safetensors --test binary >.out 2>.err &&
        awk '$1 == "accuracy" { exit !($2 > 80) }' .out
    result $? "scores of 0 and 1, --loss $loss: accuracy" "$(cat .out .err)"
done
fails 2 "takes all pairs as matching" "$QUIPU" train $common --train scored --loss triplet -m bad.safetensors
fails 2 "compares with scores" "$QUIPU" train $common --train pairs --loss mse -m bad.safetensors
fails 2 "not for pairs of texts" "$QUIPU" train $common --train pairs --loss focal -m bad.safetensors
fails 2 "add --task match" "$QUIPU" train --task lm --train test.src --loss triplet -q -m bad.safetensors
fails 2 "is for --loss cosine, contrastive or triplet" "$QUIPU" train $match --margin 0.2 -m bad.safetensors
fails 2 "no order of words" "$QUIPU" train --task match --train pairs --encoder bag -q -m bad.safetensors
printf 'a\tb\t5\nc\td\t1\n' >large
fails 65 "large:[0-9]*: a score of 5; scale" "$QUIPU" train $common --train large -m bad.safetensors
rm -rf bad.run

# ---- embed ----
"$QUIPU" embed -m match.safetensors test.tgt >vectors.txt 2>.err && [ "$(wc -l <vectors.txt)" = "$total" ] &&
    awk 'NF != 48 { exit 1 } { s = 0; for (i = 1; i <= NF; i++) s += $i * $i; if (s < 0.9999 || s > 1.0001) exit 1 }' \
        vectors.txt
result $? "embed: a line of numbers of length 1 for each" "$(cat .err; head -c 300 vectors.txt)"
"$QUIPU" embed -t 3 -m match.safetensors -f test.tgt -o other.txt && cmp -s vectors.txt other.txt &&
    [ "$(sed -n 7p test.tgt | "$QUIPU" embed -m match.safetensors)" = "$(sed -n 7p vectors.txt)" ]
result $? "embed: neither threads nor neighbours change a vector" ""
"$QUIPU" embed -m match.safetensors -f test.tgt -o vectors.npz 2>.err &&
    "$QUIPU" embed -t 2 -m match.safetensors -o other.npz <test.tgt 2>>.err && cmp -s vectors.npz other.npz
result $? "embed: the same .npz file" "$(cat .err)"
fails 2 "give one of them" "$QUIPU" embed -m match.safetensors -f test.tgt test.src
fails 66 "nothing.txt" "$QUIPU" embed -m match.safetensors -o none.npz nothing.txt
[ ! -e none.npz ]
result $? "embed: no file after a failure" ""

# ---- search ----
"$QUIPU" search -m match.safetensors --index vectors.npz --texts test.tgt -k 3 test.src >found 2>.err &&
    [ "$(wc -l <found)" = $((3 * total)) ] &&
    awk -F '\t' '(NR - 1) % 3 == 0 { right += $1 == $3 } END { exit !(right >= 33) }' found
result $? "search: the own text is found" "$(cat .err; head -n 3 found)"
"$QUIPU" search -t 3 -m match.safetensors --index vectors.npz --texts test.tgt -k 3 -f test.src | cmp -s - found
result $? "search: 3 threads, the same lines" ""
sed -n 5p test.src | "$QUIPU" search -m match.safetensors --index vectors.npz --texts test.tgt -k 3 >.out
[ "$(cut -f 2- .out)" = "$(sed -n 13,15p found | cut -f 2-)" ]
result $? "search: a line alone finds the same" ""
head -n 1 test.src | "$QUIPU" search --json -k 100 -m match.safetensors --index vectors.npz --texts test.tgt >.out &&
    grep -q '^{"query":"a[0-9].*","found":\[{"line":[0-9]*,"cosine":0' .out &&
    [ "$(grep -o '"line"' .out | wc -l)" = "$total" ]
result $? "search --json, more than there are" "$(cat .out)"
head -n 30 test.tgt >short
fails 65 "short: 30 lines, but vectors.npz has $total vectors" \
    "$QUIPU" search -m match.safetensors --index vectors.npz --texts short test.src
fails 65 "pairs: more than $total lines" "$QUIPU" search -m match.safetensors --index vectors.npz --texts pairs test.src
"$QUIPU" train $match --vector-size 24 --steps 2 -m narrow.safetensors 2>.err
fails 65 "vectors of 48 numbers, but this model's have 24" \
    "$QUIPU" search -m narrow.safetensors --index vectors.npz --texts test.tgt test.src
fails 65 "not a whole .npz" "$QUIPU" search -m match.safetensors --index test.tgt --texts test.tgt test.src
fails 2 "add --index" "$QUIPU" search -m match.safetensors --texts test.tgt test.src
fails 2 "use quipu embed" "$QUIPU" predict -m match.safetensors test.src
