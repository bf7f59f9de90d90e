# --word-drop, --word-swap, --word-blank: the same bits for any number of threads; where they make sense.
. tests/cli/support
has train || { skip "word noise" "no train"; exit 0; }

awk 'BEGIN { for (i = 0; i < 300; i++) { a = i % 7; b = (i * 5) % 11
    printf "%s\tw%d w%d w%d\n", a < 3 ? "low" : "high", a, b, (i * 3) % 5 } }' >texts
toy_pairs 300 >pairs
common="--valid none --tokenizer word --layers 1 --emb-size 8 --hidden-size 8 --batch-type sentence --batch-size 32 \
    --lr 0.01 --lr-schedule constant --lr-warmup 0 --seed 3 --save-freq 5 -q"
noise="--word-drop 0.2 --word-swap 2 --word-blank 0.1"
classify="--task classify --train texts --encoder gru $common"
translate="--train pairs --encoder gru --decoder gru $common"

for task in classify translate; do
    options=$(eval echo \$$task)
    "$QUIPU" train $options $noise --steps 30 --threads 1 -m $task.safetensors 2>.err
    result $? "$task: trained" "$(cat .err)"
    for threads in 2 3 4; do
        rm -rf other.*
        "$QUIPU" train $options $noise --steps 30 --threads $threads -m other.safetensors 2>.err &&
            cmp -s $task.safetensors other.safetensors
        result $? "$task: $threads threads, the same bytes" "$(cat .err)"
    done
    rm -rf other.*
    "$QUIPU" train $options $noise --steps 13 -m other.safetensors 2>.err &&
        "$QUIPU" train $options $noise --steps 30 -m other.safetensors 2>.err &&
        cmp -s $task.safetensors other.safetensors
    result $? "$task: resumed, the same bytes" "$(cat .err)"
    for one in "--word-drop 0.2" "--word-swap 2" "--word-blank 0.1"; do
        rm -rf plain.* one.*
        "$QUIPU" train $options --steps 5 -m plain.safetensors 2>.err &&
            "$QUIPU" train $options $one --steps 5 -m one.safetensors 2>.err &&
            ! cmp -s plain.safetensors one.safetensors
        result $? "$task: $one changes what is learned" "$(cat .err)"
    done
done
printf 'w1\n' | "$QUIPU" predict -m classify.safetensors >.out 2>.err && [ "$(wc -l <.out)" = 1 ]
result $? "a model made with noise predicts" "$(cat .err)"
fails 2 "change a source of words" "$QUIPU" train --task lm --train texts --decoder gru --word-drop 0.1 -q \
    -m bad.safetensors
