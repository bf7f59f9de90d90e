# --multi-label: texts with several labels or none, from training to scores; the same bits for any number of threads and
# after a stop.
. tests/cli/support
has train || { skip "multi-label" "no train"; exit 0; }

# A text has label a if it has the word "one", b if "two", c if "three".
texts() {
    awk -v count="$1" -v seed="$2" 'BEGIN { srand(seed); split("one two three", word); split("a b c", label)
        for (i = 0; i < count; i++) {
            line = "the"; set = ""
            for (k = 3; k > 0; k--) if (rand() < 0.5) { line = line " " word[k]; set = set (set ? "," : "") label[k] }
            print set "\t" line " end"
        } }'
}
texts 300 1 >train
texts 100 2 >test
common="--task classify --multi-label --train train --valid none --batch-type sentence --batch-size 16 --lr 0.02 \
    --lr-schedule constant --lr-warmup 0 -q"
network="$common --tokenizer word --encoder gru --layers 1 --emb-size 8 --hidden-size 12 --dropout 0 --save-freq 10"
"$QUIPU" train $network --steps 150 -m network.safetensors 2>.err
result $? "a network" "$(cat .err)"
"$QUIPU" train $common --epochs 8 -m bag.safetensors 2>.err
result $? "a bag of n-grams, the default" "$(cat .err)"
for model in network bag; do
    "$QUIPU" evaluate -m $model.safetensors --test test >.out 2>.err
    awk '{ exit !($2 > 95) }' .out && [ "$(cut -d ' ' -f 1 .out | tr '\n' ' ')" = "accuracy f1 micro-f1 " ]
    result $? "$model: the sets of unseen texts" "$(cat .out .err)"
done

cut -f 2 test >texts
"$QUIPU" predict -m network.safetensors texts >.out 2>.err && cut -f 1 .out >sets
awk -F '\t' 'NR == FNR { n = count[FNR] = split($1, part, ","); for (i = 1; i <= n; i++) want[FNR, part[i]] = 1; next }
    { n = split($1, part, ","); good = n == count[FNR]; for (i = 1; i <= n; i++) good = good && (FNR, part[i]) in want
      right += good } END { print right; exit right < 95 }' test sets >.right
result $? "predict writes sets as the training data has them" "$(cat .right; head -n 3 .out)"
head -n 9 texts | while read -r line; do echo "$line" | "$QUIPU" predict -m network.safetensors -t 1; done >alone 2>.err
head -n 9 .out | cmp -s - alone
result $? "one by one, the same lines" "$(cat .err)"
echo "the one two end" | "$QUIPU" predict --json -m network.safetensors >.out 2>.err
grep -q '^{"labels":\["[ab]","[ab]"\],"probabilities":{"[ab]":0.9' .out
result $? "predict --json" "$(cat .out .err)"
[ "$(echo "the one two end" | "$QUIPU" predict --all -m network.safetensors | awk -F '\t' '{ print NF }')" = 6 ]
result $? "predict --all: each label with its own probability"
printf 'a,new\tthe one end\n,\tthe end\n' >new
fails 65 "the label is empty" "$QUIPU" evaluate -m network.safetensors --test new
printf 'a,new\tthe one end\n\tthe end\n' >new
"$QUIPU" evaluate -m network.safetensors --test new >.out 2>.err
grep -q '^accuracy *50.00' .out && grep -q '^micro-f1 *66.67' .out && grep -q '^1 answers are labels' .out
result $? "a label that training did not have is missed" "$(cat .out .err)"
fails 2 "not of texts with several labels" "$QUIPU" evaluate confusion -m network.safetensors --test test
holds "report" "$QUIPU" evaluate report,precision,recall,weighted-f1 --json -m network.safetensors --test test

for model in network bag; do
    holds "info of $model" "$QUIPU" info $model.safetensors
    holds "info --json of $model" "$QUIPU" info --json $model.safetensors
done

# BERT of transformers has such labels too.
cut -f 2 train >words && "$QUIPU" tokenizer train --type wordpiece --byte-fallback false --vocab-size 40 \
    -o pieces.json words 2>.err &&
    "$QUIPU" train $common --tokenizer pieces.json --encoder transformer --layers 1 --emb-size 8 \
    --heads 2 --ff-size 8 --norm post --final-norm=false --embedding-norm --segments 2 --pos learned --begin-token \
    --scale-embeddings=false --activation gelu --pooling first --pooler tanh --steps 2 -m bert.safetensors 2>>.err &&
    "$QUIPU" export --format huggingface -m bert.safetensors -o bert 2>>.err &&
    grep -q '"problem_type": "multi_label_classification"' bert/config.json &&
    "$QUIPU" import bert -o again.safetensors 2>>.err &&
    "$QUIPU" predict --all -m bert.safetensors texts >bert.out 2>>.err &&
    "$QUIPU" predict --all -m again.safetensors texts 2>>.err | cmp -s - bert.out
result $? "exported to Hugging Face and imported, the same sets" "$(cat .err)"

rm -rf one.* other.*
"$QUIPU" train $network --steps 30 --threads 1 -m one.safetensors 2>.err &&
    "$QUIPU" train $network --steps 13 --threads 3 -m other.safetensors 2>.err &&
    "$QUIPU" train $network --steps 30 --threads 2 -m other.safetensors 2>.err &&
    cmp -s one.safetensors other.safetensors
result $? "stopped and resumed with other threads, the same bytes" "$(cat .err)"
sed '1s/^[^\t]*/c/' train >train.new && mv train.new train
fails 2 "data" "$QUIPU" train $network --steps 40 -m other.safetensors

for other in "--loss focal" "--mixup 0.2"; do
    fails 2 "does not combine" "$QUIPU" train $network $other --steps 1 -m bad.safetensors
done
fails 2 "leave --multi-label out" "$QUIPU" train $network --class-weights balanced --steps 1 -m bad.safetensors
fails 2 "leave --multi-label out" "$QUIPU" train $network --balanced-sampling --steps 1 -m bad.safetensors
fails 2 "add --task classify" "$QUIPU" train --task lm --train texts --multi-label -q -m bad.safetensors
