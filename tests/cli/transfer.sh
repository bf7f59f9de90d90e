# Weights of another model, frozen parameters, --reset, presets, --log, and the output of info and --dry-run.
. tests/cli/support
has train || { skip "transfer" "no train"; exit 0; }
toy_pairs 600 >pairs
train() { toy_train "$@"; }
holds "a model to begin with" train base.safetensors
[ -s base.safetensors ] || exit 1

# tensor FILE NAME - the bytes of one array, located by the header.
tensor() {
    length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    place=$(tail -c +9 "$1" | head -c "$length" | grep -o "\"$2\":{[^}]*}" | grep -o '\[[0-9]*,[0-9]*\]}' | tr -d '[]}')
    [ -n "$place" ] || { echo "no $2"; return; }
    tail -c +$((9 + length + ${place%,*})) "$1" | head -c $((${place#*,} - ${place%,*})) | sha256sum
}
same_tensor() { [ "$(tensor "$1" "$3")" = "$(tensor "$2" "$3")" ]; }

# --init-from
"$QUIPU" train --train pairs --enc-layers 2 --dec-layers 1 --emb-size 32 --ff-size 64 --heads 2 --steps 1 --seed 9 \
    --init-from base.safetensors --freeze 'src_embed*,encoder.layers.0.*' --log told -m deep.safetensors 2>.err
result $? "--init-from a smaller model" "$(cat .err)"
grep -q 'base.safetensors: taken: .*src_embed, encoder.layers.0' .err &&
    grep -q 'new, not in the file.*encoder.layers.1' .err
result $? "--init-from reports what it took and what is new" "$(cat .err)"
grep -q taken told && grep -q 'training  ' told
result $? "--log holds what was reported" "$(cat told)"
same_tensor base.safetensors deep.safetensors src_embed.weight &&
    same_tensor base.safetensors deep.safetensors encoder.layers.0.linear1.weight
result $? "frozen parameters are those of the other model" "they differ"
! same_tensor base.safetensors deep.safetensors decoder.layers.0.linear1.weight
result $? "the others are learned" "they are the same"
sed 's/w/q/g' pairs >others
"$QUIPU" train --train others --tokenizer char --enc-layers 1 --dec-layers 1 --emb-size 32 --ff-size 64 --heads 2 \
    --steps 1 \
    --init-from base.safetensors -m words.safetensors 2>.err
grep -q 'its vocabulary has [0-9]* of the [0-9]* pieces' .err && grep -q 'rows of common pieces taken: .*src_embed' .err
result $? "of the embeddings of another vocabulary the common rows are taken" "$(cat .err)"
mini="$QUIPU train --train pairs --emb-size 8 --ff-size 8 --heads 2 --layers 1 --steps 1 -q -m mini.safetensors"
fails 65 "none of its arrays" $mini --init-from base.safetensors --tokenizer char
fails 66 absent $mini --init-from absent.safetensors
fails 65 pairs $mini --init-from pairs --tokenizer word
fails 2 "matches no parameter" $mini --tokenizer word --freeze 'nothing*' --overwrite
rm -rf mini.*

# --reset
cp -r base.run kept.run && cp base.safetensors kept.safetensors
fails 2 "other options" sh -c ". $top/tests/cli/support; cd $work; toy_train kept.safetensors --lr 0.001"
train kept.safetensors --lr 0.001 --steps 90 --reset optimizer,schedule 2>.err
result $? "--reset goes on with other options" "$(cat .err)"
grep -q 'reset: optimizer schedule' kept.run/train.log && grep -q 'resuming after update 60' kept.run/train.log
result $? "--reset keeps weights and counters" "$(cat kept.run/train.log)"
cp kept.safetensors once
train kept.safetensors --lr 0.001 --steps 90 --reset optimizer,schedule && cmp -s once kept.safetensors
result $? "the same command again: finished, nothing forgotten again" "it was"
train kept.safetensors --lr 0.001 --steps 30 --reset counters && [ -e kept.run/state-00000030.safetensors ] &&
    [ ! -e kept.run/state-00000090.safetensors ]
result $? "--reset counters counts from 0" "$(ls kept.run)"
fails 2 "another model" sh \
    -c ". $top/tests/cli/support; cd $work; toy_train kept.safetensors --heads 4 --reset optimizer"
fails 2 "unknown 'optimiser'" $mini --tokenizer word --reset optimiser
rm -rf mini.*

# --preset
"$QUIPU" train --train pairs --tokenizer word --preset tiny --layers 1 --steps 1 -m preset.safetensors 2>.err &&
    grep -q '^preset     tiny .*--emb-size 128' .err
result $? "--preset reports what it sets" "$(cat .err)"
"$QUIPU" info preset.safetensors >.out && grep -q '^emb_size *128' .out && grep -q '^enc_layers *1' .out
result $? "the command line goes before the preset" "$(head -n 20 .out)"
fails 2 "did you mean tiny" "$QUIPU" train --train pairs --preset tinny -m mini.safetensors
fails 2 "choose from tiny, " "$QUIPU" train --train pairs --preset something-else -m mini.safetensors

# info
"$QUIPU" info base.safetensors >.out
grep -A 1 'encoder.layers.0.linear1' .out | grep -q '\[64, 32\] *2112 *4.10 k *12.3 k' &&
    grep -q 'all, per target token' .out &&
    grep -q 'to train with batches of 8192 tokens' .out
result $? "info: modules, shapes, operations, memory" "$(tail -n 8 .out)"
grep -q '^heads ' .out && ! grep -qE '^(rope_base|kernel_size|forget_bias|horizon) ' .out
result $? "info: what a transformer reads, and nothing else" "$(cat .out)"
"$QUIPU" info base.safetensors preset.safetensors >.out && grep -q '^emb_size *32 *128$' .out &&
    ! grep -q '^task ' .out && grep -q '^equal weights *0 of ' .out
result $? "info of two models: what differs" "$(cat .out)"
"$QUIPU" info base.safetensors base.safetensors >.out && [ "$(wc -l <.out)" -eq 3 ] &&
    awk '/^equal/ { if ($3 != $5) exit 1 }' .out
result $? "info of a model and itself" "$(cat .out)"
"$QUIPU" info --json --length 7 --threads 1 base.safetensors >.out && grep -q '"training_flops_per_token":' .out &&
    grep -q '"training_memory":{' .out
result $? "info --json: the same" "$(head -c 300 .out)"

# --dry-run
head -n 20 pairs >few
ls >before
"$QUIPU" train --dry-run --train few --valid pairs --tokenizer word --layers 1 --emb-size 32 --ff-size 64 --heads 2 \
    --batch-size 512 --lr-schedule inv-sqrt --lr-warmup 1000 --steps 100 --log nowhere >.out 2>.err
result $? "--dry-run" "$(cat .err)"
ls | grep -v '^before$' | diff before - >.diff
[ ! -s .diff ] || grep -qv '[<>]' .diff
result $? "--dry-run writes nothing" "$(cat .diff)"
for word in 'memory ' 'per epoch' 'length mean' 'overlap: ' 'validation lines are training lines' \
    'smaller than one batch' \
    'learned well: use --' '--lr-warmup 1000 does not end'; do
    grep -q -e "$word" .out
    result $? "--dry-run reports: $word" "$(tail -n 5 .out)"
done
