# --class-weights: rare labels count more; the same bits for any number of threads; lists that do not fit.
. tests/cli/support
has train || { skip "class weights" "no train"; exit 0; }

# One text in ten is rare, and nothing but chance says which.
awk 'BEGIN { for (i = 0; i < 400; i++)
    printf "%s\tw%d w%d\n", i % 10 == 3 ? "rare" : "usual", i % 3, (i + 1) % 3 }' >texts
common="--task classify --train texts --valid none --tokenizer word --encoder gru --layers 1 --emb-size 8 \
    --hidden-size 8 --batch-type sentence --batch-size 32 --lr 0.01 --lr-schedule constant --lr-warmup 0 \
    --dropout 0.1 --seed 3 --save-freq 5 -q"
balanced="$common --class-weights balanced"

"$QUIPU" train $balanced --steps 30 --threads 1 -m one.safetensors 2>.err
result $? "balanced: trained" "$(cat .err)"
for threads in 2 3 4; do
    rm -rf other.*
    "$QUIPU" train $balanced --steps 30 --threads $threads -m other.safetensors 2>.err &&
        cmp -s one.safetensors other.safetensors
    result $? "balanced: $threads threads, the same bytes" "$(cat .err)"
done
rm -rf other.*
"$QUIPU" train $balanced --steps 13 -m other.safetensors 2>.err &&
    "$QUIPU" train $balanced --steps 30 -m other.safetensors 2>.err && cmp -s one.safetensors other.safetensors
result $? "balanced: resumed, the same bytes" "$(cat .err)"
"$QUIPU" train $balanced --steps 200 -m long.safetensors 2>.err
"$QUIPU" train $common --class-weights usual:0.555555556,rare:5 --steps 200 -m named.safetensors 2>.err
"$QUIPU" train $common --steps 200 -m plain.safetensors 2>.err
for model in plain long named; do
    cut -f 2 texts | "$QUIPU" predict --all -m $model.safetensors |
        awk -F '\t' '{ sum += $1 == "rare" ? $2 : $4 } END { printf "%.3f ", sum / NR }'
done >shares
awk '{ exit !($1 < 0.2 && $2 > 0.4 && $2 < 0.6 && $3 > 0.4 && $3 < 0.6) }' shares
result $? "a rare label is as likely as a usual one if it counts as much" "$(cat shares)"

fails 2 "no such label" "$QUIPU" train $common --class-weights never:2 --steps 1 -m bad.safetensors
fails 2 "not balanced, and not LABEL:N" "$QUIPU" train $common --class-weights rare --steps 1 -m bad.safetensors
fails 2 "no number above 0" "$QUIPU" train $common --class-weights rare:0 --steps 1 -m bad.safetensors
fails 2 "named twice" "$QUIPU" train $common --class-weights rare:2,rare:3 --steps 1 -m bad.safetensors
fails 2 "leave one of them out" "$QUIPU" train $balanced --loss focal --steps 1 -m bad.safetensors
fails 2 "it is for --task classify or tag" "$QUIPU" train --task lm --train texts --class-weights balanced \
    -m bad.safetensors
