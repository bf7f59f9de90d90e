# Mistakes before and during training: one line, the right exit code, no model and no partial files.
. tests/cli/support
has train || { skip "mistakes in training" "no train"; exit 0; }
toy_pairs 600 >pairs
cut -f 1 pairs >src
cut -f 2 pairs >tgt
train() { toy_train "$@"; }
nothing_made() {
    [ ! -e m.safetensors ] && [ -z "$(find . -name '*.tmp*')" ]
    result $? "no model was made" "$(ls)"
}
try="$QUIPU train --encoder transformer --decoder transformer --emb-size 32 --ff-size 64 --heads 2 \
    --enc-layers 1 --dec-layers 1 --steps 2 --tokenizer word -q \
    -m m.safetensors"

fails 2 -m "$QUIPU" train --train pairs
fails 2 train $try
fails 66 absent $try --train absent
fails 66 absent $try --train-src src --train-tgt absent
fails 2 train-tgt $try --train-src src
head -n 599 tgt >short
fails 65 short $try --train-src src --train-tgt short
fails 65 short $try --train-src short --train-tgt src
fails 65 short $try --train pairs --valid-src src --valid-tgt short
: >empty
fails 65 empty $try --train empty
fails 65 empty $try --train-src empty --train-tgt empty
fails 65 empty $try --train pairs --valid empty
fails 65 src:1 $try --train src
{ head -n 5 pairs; printf 'w1 \377\tv1\n'; } >latin
fails 65 latin:6 $try --train latin
rm -rf m.*
gzip -c pairs | head -c 200 >cut.gz
fails 65 cut.gz $try --train cut.gz
fails 66 . $try --train .
mkfifo pipe
fails 2 "pipe: can be read only once" $try --train pipe
fails 2 "stdin: can be read only once" $try --train -
fails 2 "/dev/zero: can be read only once" $try --train /dev/zero
fails 71 "smaller model" $try --train pairs --emb-size 65536 --ff-size 1048576 --enc-layers 128
"$QUIPU" tokenizer train --type word -q -o words.json src tgt
(cat pairs >pipe &)
holds "a pipe is read once where the tokenizer is a file" $try --train pipe --tokenizer words.json
fails 2 "stdin: can be read only once.*valid-metrics" sh \
    -c "cat pairs | $try --train pairs --valid - --valid-metrics bleu"
rm -rf m.*

fails 2 "did you mean --heads" $try --train pairs --head 2
fails 2 "did you mean --emb-size" $try --train pairs --emb_siz 2
fails 2 "--heads: 'two'" $try --train pairs --heads two
fails 2 "--heads: 0" $try --train pairs --heads 0
fails 2 "--lr: 'fast'" $try --train pairs --lr fast
fails 2 "--lr: its value is missing" $try --train pairs --lr
fails 2 "heads" $try --train pairs --heads 3
fails 2 "did you mean adam" $try --train pairs --optimizer adan
fails 2 "time-limit" $try --train pairs --time-limit soon
fails 2 "bleuh" $try --train pairs --valid pairs --valid-metrics bleuh
fails 66 absent.json $try --train pairs --tokenizer absent.json
fails 65 pairs $try --train pairs --tokenizer pairs
fails 2 "tokenizer" $try --train pairs --tokenizer wurd

echo "heads: 2" >good.yaml
printf 'heads: 2\nhaeds: 2\n' >key.yaml
fails 2 "key.yaml:2: .*did you mean heads" "$QUIPU" train key.yaml --train pairs -m m.safetensors
printf 'lr: fast\n' >value.yaml
fails 2 "value.yaml:1: lr" "$QUIPU" train value.yaml --train pairs -m m.safetensors
printf 'model: [\n' >form.yaml
fails 2 "form.yaml:" "$QUIPU" train form.yaml --train pairs -m m.safetensors
fails 66 absent.yaml "$QUIPU" train absent.yaml --train pairs -m m.safetensors
nothing_made

# Output that cannot be created or completed.
fails 73 pairs/m sh -c "$(echo "$try" | sed 's/ -m .*//') --train pairs -m pairs/m.safetensors"
mkdir taken.safetensors
fails 73 taken sh -c "$(echo "$try" | sed 's/ -m .*//') --train pairs -m taken.safetensors"
(ulimit -f 20; $try --train pairs --steps 4 >/dev/null 2>err; echo $? >code)
[ "$(cat code)" = 74 ] && [ "$(grep -c '^quipu: ' err)" = 1 ] && [ ! -e m.safetensors ]
result $? "full disk: 74, one line, no model" "$(cat code err)"
holds "room again: the same command goes on" train m.safetensors --overwrite

# NaN: a learning rate at which any model diverges.
rm -rf m.*
train m.safetensors --lr 1e9 --lr-warmup 1 --lr-schedule constant --optimizer sgd --clip-norm 0 --steps 50 \
    >/dev/null 2>err
code=$?
[ $code -eq 65 ] && grep -q 'quipu: .*update' err && [ ! -e m.safetensors ]
result $? "a loss that is not finite stops with the update" "exit code $code: $(tail -n 2 err)"
