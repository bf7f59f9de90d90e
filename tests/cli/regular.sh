# Regularization options: the same file for any number of threads and after a stop; off by default.
. tests/cli/support

all="--input-noise 0.05 --weight-noise 0.01 --layer-drop 0.1 --word-dropout-src 0.05 --word-dropout-tgt 0.05 \
    --l1 1e-6 --l2 1e-6 --clip-value 0.5"
toy_train a.safetensors $all --threads 1 && toy_train b.safetensors $all --threads 3 &&
    cmp -s a.safetensors b.safetensors
result $? "any number of threads makes the same file"
toy_train c.safetensors $all --steps 35 && toy_train c.safetensors $all && cmp -s a.safetensors c.safetensors
result $? "stopped and resumed: the same file"
toy_train plain.safetensors
for option in "--input-noise 0.05" "--weight-noise 0.01" "--layer-drop 0.3" "--word-dropout-src 0.2" \
    "--word-dropout-tgt 0.2"; do
    toy_train one.safetensors $option --steps 3 --overwrite && toy_train none.safetensors --steps 3 --overwrite
    "$QUIPU" score -m one.safetensors pairs >one && "$QUIPU" score -m none.safetensors pairs >none && ! cmp -s one none
    result $? "$option changes what is learned"
done
awk 'BEGIN { for (i = 0; i < 300; i++) print "label" i % 3 "\tw" i % 7 " k" i % 3 " w" i % 5 }' >labelled
classify() {
    "$QUIPU" train --task classify --train labelled --valid labelled --tokenizer word --encoder gru --emb-size 16 \
        --steps 60 \
        --batch-type sentence --batch-size 96 --lr 0.02 --lr-warmup 5 -q "$@"
}
classify --mixup 0.4 --threads 1 -m m1.safetensors && classify --mixup 0.4 --threads 3 -m m3.safetensors &&
    cmp -s m1.safetensors m3.safetensors && classify -m m0.safetensors && ! cmp -s m0.safetensors m1.safetensors &&
    "$QUIPU" evaluate accuracy -m m1.safetensors --test labelled | awk '{ exit !($2 > 95) }'
result $? "--mixup: any number of threads makes the same classifier, and it has learned"
grep -q 'perplexity' plain.run/train.log
result $? "trains without them"
fails 2 "task classify" toy_train x.safetensors --mixup 0.2
fails 2 "transformer" toy_train x.safetensors --layer-drop 0.2 --encoder gru --decoder gru
fails 2 "word-dropout-src" "$QUIPU" train --task lm --train pairs --word-dropout-src 0.1 -q -m x.safetensors
echo "1..$number"
