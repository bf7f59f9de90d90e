# quipu train --lora, quipu merge, --layer-decay.
. tests/cli/support
has merge || { skip "adapters" "no merge"; exit 0; }
toy_pairs 600 >pairs
toy_train base.safetensors
result $? "a model to adapt"
sum=$(sha256sum <base.safetensors)
adapt() { # MODEL OPTION...
    model=$1
    shift
    "$QUIPU" train --train pairs --valid none --encoder transformer --decoder transformer --enc-layers 1 \
        --dec-layers 1 --emb-size 32 --ff-size 64 --heads 2 \
        --tokenizer base.safetensors --init-from base.safetensors --dropout 0 \
        --batch-size 512 --lr 0.01 --lr-warmup 0 --lr-schedule constant --label-smoothing 0 --seed 3 --threads 2 \
        -m "$model" "$@"
}
# score MODEL - ln P of the targets.
score() { "$QUIPU" score -m "$1" pairs 2>.err | awk '{ s += $1 } END { printf "%.3f\n", s }'; }
cut -f 1 pairs | head -n 20 >source

adapt none.safetensors --lora 4 --steps 1 --lr 1e-9 2>.err &&
    grep -q '^lora  *[0-9]* weights are trained and saved' .err
result $? "--lora says what it trains" "$(cat .err)"
holds "a model of an adapter that has learned nothing" "$QUIPU" merge -m none.safetensors -o none-merged.safetensors
"$QUIPU" info --json none-merged.safetensors >a; "$QUIPU" info --json base.safetensors >b
"$QUIPU" translate -m base.safetensors source >a &&
    "$QUIPU" translate -m none-merged.safetensors source >b && cmp -s a b
result $? "is the base"

holds "the best adapter of two validations" \
    adapt best.safetensors --lora 4 --steps 4 --valid pairs --valid-freq 2 --average 1 -q
holds "and their mean" adapt mean.safetensors --lora 4 --steps 4 --valid pairs --valid-freq 2 --average 2 -q
holds "an adapter of rank 4" adapt ad.safetensors --lora 4 --lora-alpha 8 --steps 30 -q
[ "$(sha256sum <base.safetensors)" = "$sum" ] &&
    [ "$(wc -c <ad.safetensors)" -lt "$(($(wc -c <base.safetensors) * 2 / 3))" ]
result $? "is a small file, and the base is as it was" "$(ls -l ad.safetensors base.safetensors)"
holds "merge" "$QUIPU" merge -m ad.safetensors -o merged.safetensors
old=$(score base.safetensors) new=$(score merged.safetensors) direct=$(score ad.safetensors)
awk -v a="$old" -v b="$new" 'BEGIN { exit !(b > a + 1) }'
result $? "it has learned" "$old, then $new"
[ "$direct" = "$new" ]
result $? "commands read the adapter itself, with the same result" "$direct, merged $new"
"$QUIPU" info --tensors merged.safetensors >.out && ! grep -q lora .out && "$QUIPU" info --tensors base.safetensors |
    grep -c '\[' >a && grep -c '\[' .out >b && cmp -s a b
result $? "a merged model has the arrays of the base" "$(tail -n 3 .out)"

# Equal bits whatever the threads, and after a stop.
holds "the same with one thread" adapt one.safetensors --lora 4 --lora-alpha 8 --steps 30 -q --threads 1
cmp -s ad.safetensors one.safetensors
result $? "equal bits for any number of threads"
adapt half.safetensors --lora 4 --lora-alpha 8 --steps 15 -q --save-freq 5 &&
    adapt half.safetensors --lora 4 --lora-alpha 8 --steps 30 -q --save-freq 5 && cmp -s ad.safetensors half.safetensors
result $? "equal bits of a resumed run"

# New parts are trained and saved with the adapter.
awk -F '\t' '{ print (index($1, "w1") ? "one" : "none") "\t" $1 }' pairs >labels
holds "a classifier on the encoder" "$QUIPU" train --task classify --train labels --valid none --encoder transformer \
    --enc-layers 1 --emb-size 32 --ff-size 64 --heads 2 --tokenizer base.safetensors --init-from base.safetensors \
    --lora 2 --lora-layers 'encoder.*.self_attn.*' --batch-size 512 --lr 0.01 --lr-warmup 0 --lr-schedule constant \
    --steps 20 -q -m class.safetensors
"$QUIPU" predict -m class.safetensors source >.out 2>.err && [ "$(wc -l <.out)" -eq 20 ]
result $? "predict reads it" "$(cat .err)"
"$QUIPU" predict --all -m class.safetensors -t 4 source >large 2>.err &&
    while read -r one; do
        printf '%s\n' "$one" | "$QUIPU" predict --all -m class.safetensors -t 1
    done <source >small &&
    cmp -s small large
result $? "each line alike, whatever its batch" "$(cat .err)"
mkdir moved && cp class.safetensors base.safetensors moved && cd moved && mv ../base.safetensors ../hidden &&
    "$QUIPU" predict -m class.safetensors ../source >../again 2>../.err
code=$?
cd ..
mv hidden base.safetensors
[ $code -eq 0 ] && cmp -s .out again
result $? "the base may be beside the adapter" "$(cat .err)"

# Refused.
cp base.safetensors keep && mv base.safetensors away
fails 66 "put it beside the adapter" "$QUIPU" merge -m ad.safetensors -o no.safetensors
toy_train base.safetensors --seed 8 --overwrite
fails 65 "it has changed since" "$QUIPU" merge -m ad.safetensors -o no.safetensors
mv -f keep base.safetensors
fails 65 "not an adapter" "$QUIPU" merge -m base.safetensors -o no.safetensors
fails 2 "name it with -m" "$QUIPU" merge -o no.safetensors
fails 2 "name it with -o" "$QUIPU" merge -m ad.safetensors
few="$QUIPU train --train pairs --valid none --encoder transformer --decoder transformer --enc-layers 1 --dec-layers 1
    --emb-size 32 --ff-size 64 --heads 2 --dropout 0 --batch-size 512 --lr 0.01 --steps 1 -q
    -m no.safetensors --overwrite"
fails 65 "make a model of it with quipu merge" $few --tokenizer ad.safetensors --init-from ad.safetensors
fails 2 "name it with --init-from" $few --tokenizer word --lora 4
fails 2 "it is for --lora" $few --tokenizer word --init-from base.safetensors --lora-alpha 4
fails 2 "matches no matrix" $few --tokenizer base.safetensors --init-from base.safetensors --lora 4 --lora-layers 'x*'
fails 2 "matches no matrix" $few --tokenizer base.safetensors --init-from base.safetensors --lora 32
fails 2 "nothing to adapt" $few --enc-layers 2 --tokenizer base.safetensors --init-from base.safetensors --lora 4

# Layer-wise rates: with a factor near 0 the embeddings hardly move, with 1 the bits are those without it.
holds "--layer-decay 1" adapt plain.safetensors --steps 5 -q
holds "--layer-decay 1, spelled out" adapt one-decay.safetensors --steps 5 -q --layer-decay 1
cmp -s plain.safetensors one-decay.safetensors
result $? "equal bits"

# floats FILE NAME - the numbers of one array. moved NAME - how far its numbers moved at most, from base to decay.
floats() {
    length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    place=$(tail -c +9 "$1" | head -c "$length" | grep -o "\"$2\":{[^}]*}" | grep -o '\[[0-9]*,[0-9]*\]}' | tr -d '[]}')
    tail -c +$((9 + length + ${place%,*})) "$1" | head -c $((${place#*,} - ${place%,*})) | od -An -v -t f4 -w4
}
moved() {
    floats base.safetensors "$1" >a
    floats decay.safetensors "$1" >b
    paste a b | awk '{ d = $1 - $2; d = d < 0 ? -d : d; if (d > most) most = d } END { printf "%.4f", most }'
}
# The first step of Adam moves a weight by its rate: 0.01, times 0.5 in the only layer, times 0.25 in the embedding.
holds "--layer-decay" adapt decay.safetensors --steps 1 -q --layer-decay 0.5 --optimizer adam
found="$(moved encoder.norm.weight) $(moved encoder.layers.0.linear1.weight) $(moved src_embed.weight)"
[ "$found" = "0.0100 0.0050 0.0025" ]
result $? "rates of the last norm, the layer and the embedding" "$found"
