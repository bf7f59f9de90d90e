# Several ranks: the bytes of the model do not depend on the ranks and threads, in no task, and not on where a run was
# stopped.
. tests/cluster/support

# ---- toy data of every task ----
toy_pairs 200 >pairs
awk 'BEGIN { for (i = 0; i < 200; i++) { a = i % 7; b = (i * 5) % 11
    printf "%s\tw%d w%d w%d\n", a < 3 ? "low" : a < 5 ? "mid" : "high", a, b, (i * 3) % 5 } }' >texts
sed 's/^mid/low,high/' texts >label_sets
cut -f 2 texts >lines
awk -v OFS='\t' '{ print $0, NR % 5 / 4 }' pairs >scored_pairs
awk 'BEGIN { for (i = 0; i < 120; i++) { for (j = 0; j <= i % 4; j++) { n = (i * 7 + j * 3) % 10
    printf "w%d\tx\t%s\n", n, n < 4 ? "O" : n < 7 ? "B-PER" : "B-LOC" } print "" } }' >words.conll
awk 'BEGIN { print "day,temp,wind"
    for (i = 0; i < 200; i++) printf "%d,%.3f,%.2f\n", i, 10 + 5 * sin(i / 4), i % 3 }' >days.csv
awk 'BEGIN { for (i = 0; i < 300; i++) printf "aab"; print "" }' >running

# Small shards, so that a batch has several; --dropout, so that the random numbers matter.
common="--layers 1 --emb-size 16 --dropout 0.1 --batch-type sentence --batch-size 96 --shard-rows 32 \
    --lr 0.02 --lr-schedule inv-sqrt --lr-warmup 5 --epochs 1000 --steps 12 --valid-freq 6 --average 1 --seed 3 -q"
small="$common --ff-size 32 --heads 2"
cells="$common --hidden-size 24"
translate="--train pairs --valid pairs --tokenizer word --encoder transformer --decoder transformer $small"
lm="--task lm --train lines --valid lines --tokenizer char --decoder lstm $cells"
classify="--task classify --train texts --valid texts --tokenizer word --encoder gru $cells"
tag="--task tag --train words.conll --valid words.conll --tokenizer char --encoder lstm --word-layers 0 $cells"
regress="--task regress --train days.csv --valid days.csv --column temp,wind --window 12 --horizon 3 \
    --encoder gru $cells"
autoencode="--task autoencode --train lines --valid lines --tokenizer word --encoder gru --decoder gru \
    --valid-metrics accuracy $cells"
mlm="--task mlm --train lines --valid lines --tokenizer word --encoder transformer $small"
match="--task match --train scored_pairs --valid scored_pairs --tokenizer word --encoder gru $cells"
# what an update sums beside the gradient, and states that follow the weights
accumulated="$translate --accum 3 --accum-mean batches --weight-noise 0.01 --ema 0.9 --clip-norm 1 --average 2"
counted="$translate --experts 4 --optimizer schedule-free --lr-schedule constant"
carried="--task lm --train running --valid running --tokenizer char --decoder gru --lm-window 4 --carry \
    --max-length 2000 $cells"
sampled="--train pairs --valid pairs --tokenizer word --encoder gru --decoder gru --scheduled-sampling 0.5 $cells"

# optimizers that ranks divide, and two that they do not
ahead="$translate --optimizer adagrad --lookahead 3 --ema 0.9 --freeze *norm*"
whole="$translate --optimizer adafactor --ema 0.9"
limited="$translate --max-norm 0.7 --clip-value 0.1"

rounded="$translate --gradient-type bf16"
rounded_whole="$translate --gradient-type bf16 --optimizer adafactor"
batch_norm="--task classify --train texts --valid texts --tokenizer word --encoder conv --norm-type batch $common"
bahdanau="--train pairs --valid pairs --tokenizer word --encoder lstm --decoder lstm --bidirectional $cells"
mixed="--task classify --train texts --valid texts --tokenizer word --encoder gru --mixup 0.4 $cells"
sets="--task classify --multi-label --train label_sets --valid label_sets --tokenizer word --encoder gru $cells"
in_batch="--task match --train pairs --valid pairs --tokenizer word --encoder gru $cells"

# options NAME - the value of the variable of this name; of encoder:KIND and both:KIND a small model of this kind.
options() {
    few="--layers 1 --emb-size 16 --batch-type sentence --batch-size 96 --shard-rows 32 --lr 0.02 \
        --lr-schedule constant --steps 3 --valid none --average 1 -q"
    case $1 in
    encoder:*) echo "--task classify --train texts --tokenizer word --encoder ${1#*:} $few" ;;
    both:*) echo "--train pairs --tokenizer word --encoder ${1#*:} --decoder ${1#*:} $few" ;;
    *) eval echo \$"$1" ;;
    esac
}

tasks="translate lm classify tag regress autoencode mlm match"
variants="accumulated counted carried sampled ahead whole limited rounded rounded_whole batch_norm bahdanau mixed \
    in_batch sets"
kinds="encoder:text-cnn encoder:bag both:mamba both:rnn both:rnn-layer-norm both:lstm-layer-norm both:gru-layer-norm \
    both:lstm-peephole both:lstm-coupled both:gru-reset-before both:mgu both:min-gru both:min-lstm both:sru \
    encoder:qrnn"

# Ranks and threads, "RANKSxTHREADS". Small buckets: some are sent before the backward pass ends. A task runs with all
# combinations, the others with one each. By hand, LONG=1: everything with all of them, and more.
combinations="2x1 3x2 4x1"
[ -n "$LONG" ] && combinations="2x1 2x2 3x1 3x2 4x1 4x2 16x1 16x2"

set -f # --freeze *norm* and --train part-*.gz are words for quipu
turn=0
for task in $tasks $variants $kinds; do
    "$QUIPU" train $(options $task) --threads 2 -m $task.safetensors 2>.err
    result $? "$task: one process" "$(cat .err)"
    grep 'validation at' $task.run/train.log >alone.valid
    different= chosen=$combinations
    case " $tasks $LONG " in
    *" $task "* | *" 1 ") ;;
    *) turn=$((turn % 3 + 1)) chosen=$(echo $combinations | cut -d ' ' -f $turn) ;;
    esac
    for combination in $chosen; do
        rm -rf other.safetensors other.run
        ranks ${combination%x*} "$QUIPU" train $(options $task) --threads ${combination#*x} --gradient-bucket 0.01 \
            -m other.safetensors 2>.err && cmp -s $task.safetensors other.safetensors &&
            grep 'validation at' other.run/train.log | cmp -s - alone.valid ||
            different="$different $combination: $(head -c 300 .err);"
    done
    [ -z "$different" ]
    result $? "$task: the same bytes and metrics with $chosen ranks and threads" "$different"
done
rm -rf other.safetensors other.run
ranks 16 "$QUIPU" train $accumulated --threads 1 -m other.safetensors 2>.err &&
    cmp -s accumulated.safetensors other.safetensors
result $? "16 ranks" "$(head -c 300 .err)"

# ---- a run continues with another number of ranks ----
for task in accumulated carried counted ahead whole; do
    rm -rf other.safetensors other.run
    { ranks 3 "$QUIPU" train $(options $task) --steps 5 -m other.safetensors &&
        "$QUIPU" train $(options $task) --steps 8 -m other.safetensors &&
        ranks 2 "$QUIPU" train $(options $task) -m other.safetensors; } 2>.err
    grep -c 'resuming after update' other.run/train.log | grep -qx 2 && cmp -s $task.safetensors other.safetensors
    result $? "$task: 3 ranks, one process, 2 ranks" "$(cat .err)"
done
ranks 2 "$QUIPU" train $whole -m other.safetensors 2>.err && cmp -s whole.safetensors other.safetensors
result $? "a finished run is left unchanged" "$(cat .err)"

# ---- a text that is read in portions, by two ranks ----
awk 'BEGIN { for (w = "x"; length(w) < 120;) w = w w
    for (i = 0; i < 9000; i++) printf "%s%d %s%d\tv%d v%d\n", w, i % 7, w, (i * 5) % 11, (i * 3) % 5, (i * 5) % 11 }' \
    >long_lines
split -l 4000 long_lines part- && gzip part-aa part-ab part-ac
streamed="--train part-*.gz --valid none --tokenizer word --encoder gru --decoder gru $cells --steps 14 --stream \
    --stream-buffer 1 --batch-size 900 --lr-warmup 3 --save-freq 5"
rm -rf other.safetensors other.run
"$QUIPU" train $streamed -m streamed.safetensors 2>.err
result $? "--stream: one process" "$(cat .err)"
ranks 2 "$QUIPU" train $streamed --steps 8 -m other.safetensors 2>.err &&
    "$QUIPU" train $streamed -m other.safetensors 2>>.err && cmp -s streamed.safetensors other.safetensors
result $? "--stream: two ranks, then one process, the same bytes" "$(cat .err)"

# ---- tokenizers: each rank counts the words of its part ----
awk 'BEGIN { srand(1); for (i = 0; i < 4000; i++) { line = ""
    for (k = 0; k < 8; k++) { word = ""
        for (c = 0; c < 2 + rand() * 6; c++) word = word sprintf("%c", 97 + int(rand() * rand() * 20))
        line = line (k == 4 ? "\t" : k ? " " : "") word }
    print line } }' >spread
pieces() { (cd "$1" && ls | grep '^tokenizer-' | xargs cat); }
for tokenizer in bpe "unigram --no-share-vocab" wordpiece; do
    learned="--valid none --tokenizer $tokenizer --vocab-size 600 --encoder gru --decoder gru $cells --steps 1"
    rm -rf other.safetensors other.run alone.safetensors alone.run
    "$QUIPU" train --train spread $learned -m alone.safetensors 2>.err &&
        ranks 3 "$QUIPU" train --train spread $learned -m other.safetensors 2>>.err &&
        pieces alone.run >alone.json && pieces other.run >other.json &&
        cmp -s alone.json other.json && cmp -s alone.safetensors other.safetensors
    result $? "$tokenizer: the pieces of one process, from parts of the text" "$(cat .err)"
done

# ---- translating and scoring ----
cut -f 1 long_lines | head -n 3000 >sources
head -n 3000 long_lines >scored
"$QUIPU" translate -m streamed.safetensors -b 1 --max-length 4 --threads 1 sources >alone.txt 2>.err &&
    ranks 2 "$QUIPU" translate -m streamed.safetensors -b 1 --max-length 4 --threads 1 sources >.out 2>.err &&
    cmp -s alone.txt .out
result $? "translate: two ranks, the same lines" "$(cat .err)"
"$QUIPU" score -m streamed.safetensors --threads 1 scored >alone.txt 2>.err &&
    ranks 3 "$QUIPU" score -m streamed.safetensors --threads 1 scored >.out 2>.err && cmp -s alone.txt .out
result $? "score: three ranks, the same lines" "$(cat .err)"

# ---- what people see ----
ranks 2 "$QUIPU" train $(echo $classify | sed 's/ -q / /') --threads 1 -m seen.safetensors >.out 2>.err
head -n 1 .err | grep -q '^cluster *2 ranks of 1 thread  (' && [ "$(grep -c 'parameters' .err)" = 1 ] && [ ! -s .out ]
result $? "the first line names ranks and threads; one rank reports" "$(cat .err)"
ranks 2 "$QUIPU" train $classify --dry-run >.out 2>.err && [ "$(grep -c 'per epoch' .out)" = 1 ] &&
    grep -q '^memory .* on each of 2 ranks (.* more on rank 0 during a save) ' .out
result $? "one rank makes a dry run" "$(cat .out .err)"
