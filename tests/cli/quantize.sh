# quipu quantize: a translator, a character LSTM and a classifier in fewer bits; every command reads the file.
. tests/cli/support

# same_output NAME COMMAND... - the same output with 1, 2, 3, 4 and 7 threads.
same_output() {
    name=$1 differs=
    shift
    "$@" --threads 1 >one 2>.err || differs="fails: $(cat .err)"
    for threads in 2 3 4 7; do
        "$@" --threads $threads 2>/dev/null | cmp -s - one || differs="$differs $threads threads differ"
    done
    [ -z "$differs" ] && [ -s one ]
    result $? "$name" "$differs"
}

# near NAME LIMIT FILE - before and after of a line "metric  X before, Y after" are at most LIMIT apart.
near() {
    awk -v limit="$2" '/before,/ { d = $2 - $4; seen = 1 } END { exit !(seen && d <= limit && d >= -limit) }' "$3"
    result $? "$1" "$(cat "$3")"
}

# ---- a translator ----
toy_train t.safetensors --steps 200
cut -f 1 pairs | head -n 100 >src
cut -f 2 pairs | head -n 100 >ref
for type in int8 bf16 fp16; do
    "$QUIPU" quantize -m t.safetensors -o t.$type.safetensors --type $type --src src --ref ref >out 2>.err
    result $? "translator to $type" "$(cat .err)"
    near "BLEU of $type" 1 out
    same_output "translate in $type" "$QUIPU" translate -m t.$type.safetensors --scores sentence src
    for batch in 1 7 64; do
        "$QUIPU" translate -m t.$type.safetensors --scores sentence --batch-size $batch src | cmp -s - one
        result $? "$type: the same lines in batches of $batch" "differ"
    done
done
[ "$(wc -c <t.int8.safetensors)" -lt "$(wc -c <t.fp16.safetensors)" ] &&
    [ "$(wc -c <t.fp16.safetensors)" -lt "$(wc -c <t.safetensors)" ]
result $? "files become smaller" "$(wc -c t.*safetensors | tr '\n' ' ')"
"$QUIPU" info t.int8.safetensors >out
grep -q '^quantized .*int8: bleu [0-9.]*, before [0-9.]*$' out
result $? "info shows type and loss" "$(head -n 4 out)"
"$QUIPU" info --json t.int8.safetensors | grep -q '"quantized":{"type":"int8","metric":"bleu","before":'
result $? "info --json too" "$("$QUIPU" info --json t.int8.safetensors | grep -o '"quantized":.\{60\}')"
holds "score" "$QUIPU" score -m t.int8.safetensors --src src --tgt ref
holds "attend" "$QUIPU" attend -m t.int8.safetensors --src "w1 w2 w3 w4" -o map.json
holds "evaluate" "$QUIPU" evaluate -m t.int8.safetensors --src src --ref ref
holds "average" "$QUIPU" average -o mean.safetensors t.int8.safetensors t.int8.safetensors
"$QUIPU" info mean.safetensors | grep -q '^quantized'
[ $? -ne 0 ]
result $? "an average is fp32" "quantized"
toy_train again.safetensors --init-from t.int8.safetensors --steps 1 --lr 1e-9 &&
    "$QUIPU" translate -m mean.safetensors src >one && "$QUIPU" translate -m again.safetensors src | cmp -s - one
result $? "--init-from has the numbers of the file" "other translations"
holds "the same file again" "$QUIPU" quantize -m t.safetensors -o other.safetensors --src src --ref ref
cmp -s other.safetensors t.int8.safetensors
result $? "equal models make equal files" "differ"

# ---- a character LSTM ----
awk 'BEGIN { for (i = 0; i < 400; i++)
    printf "the %s sat on the %s\n", i % 3 ? "cat" : "dog", i % 5 ? "mat" : "log" }' >text
"$QUIPU" train --task lm --train text --valid none --tokenizer char --encoder none --decoder lstm --dec-layers 1 \
    --emb-size 24 --hidden-size 48 --lm-window 32 --batch-type sentence --batch-size 16 --lr 0.01 --steps 60 \
    --dropout 0 --seed 2 -q -m lm.safetensors
head -n 50 text >test
for type in int8 bf16; do
    "$QUIPU" quantize -m lm.safetensors -o lm.$type.safetensors --type $type --test test >out 2>.err
    result $? "character LSTM to $type" "$(cat .err)"
    near "perplexity of $type" 0.05 out
    same_output "generate in $type" "$QUIPU" generate -m lm.$type.safetensors -p "the " -n 40 --seed 3
done
"$QUIPU" quantize -m lm.safetensors -o lm.fp16.safetensors --type fp16 >out && [ "$(wc -l <out)" -eq 1 ]
result $? "without --test nothing is measured" "$(cat out)"

# ---- a classifier ----
awk 'BEGIN { for (i = 0; i < 300; i++)
    printf "%s\tw%d w%d w%d\n", i % 7 < 3 ? "low" : "high", i % 7, i % 11, i % 5 }' >texts
"$QUIPU" train --task classify --train texts --valid none --tokenizer word --encoder gru --bidirectional --layers 1 \
    --emb-size 16 --hidden-size 16 --batch-type sentence --batch-size 16 --lr 0.02 --steps 60 --seed 3 \
    -q -m c.safetensors
"$QUIPU" quantize -m c.safetensors -o c.int8.safetensors --test texts >out 2>.err
result $? "classifier to int8" "$(cat .err)"
near "accuracy of int8" 1 out
same_output "predict in int8" "$QUIPU" predict -m c.int8.safetensors text

# ---- mistakes ----
fails 65 "the checksum does not fit" sh -c 'sed "s/encoder/encodeR/" t.int8.safetensors >bad.safetensors
    exec "$QUIPU" translate -m bad.safetensors src'
head -c 3000 t.int8.safetensors >short.safetensors
fails 65 "cut short" "$QUIPU" info short.safetensors
fails 2 "is in int8 already" "$QUIPU" quantize -m t.int8.safetensors -o x.safetensors
fails 2 "is a translator" "$QUIPU" quantize -m t.safetensors -o x.safetensors --test text
fails 2 "is not a translator" "$QUIPU" quantize -m lm.safetensors -o x.safetensors --src src --ref ref
fails 2 "belong together" "$QUIPU" quantize -m t.safetensors -o x.safetensors --src src
fails 2 "name it with -o" "$QUIPU" quantize -m t.safetensors
fails 2 "int4" "$QUIPU" quantize -m t.safetensors -o x.safetensors --type int4
head -n 3 ref >few
fails 65 "fewer lines" "$QUIPU" quantize -m t.safetensors -o x.safetensors --src src --ref few
[ ! -e x.safetensors ]
result $? "nothing was written" "x.safetensors"
