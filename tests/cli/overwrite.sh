# --overwrite keeps the old model and its run until the new ones can take their place; one writer per model file.
. tests/cli/support
has train || { skip "overwriting" "no train"; exit 0; }
toy_pairs 600 >pairs
toy_train m.safetensors
cp -r m.run old.run
cp m.safetensors old.safetensors
kept() {
    cmp -s m.safetensors old.safetensors && diff -r m.run old.run >.diff &&
        [ -z "$(ls -d *.lock m.run/next 2>/dev/null)" ]
    result $? "the old model and run are kept after: $1" "$(ls -d m.*; cat .diff)"
}

# Mistakes that are found before the first update, each at another moment.
echo "no tab" >bad
fails 65 bad:1 toy_train m.safetensors --overwrite --train bad
kept "bad data"
fails 66 absent toy_train m.safetensors --overwrite --train absent
kept "absent data"
fails 65 bad:1 toy_train m.safetensors --overwrite --valid bad
kept "bad validation data"
fails 2 heads toy_train m.safetensors --overwrite --emb-size 15 --heads 4
kept "a wrong model"
fails 2 time-limit toy_train m.safetensors --overwrite --time-limit soon
kept "a wrong schedule"
fails 2 "matches no parameter" toy_train m.safetensors --overwrite --freeze 'nothing*'
kept "a wrong pattern"
fails 2 "other options" toy_train m.safetensors --emb-size 64
kept "other options without --overwrite"

holds "overwriting" toy_train m.safetensors --overwrite --seed 8
! cmp -s m.safetensors old.safetensors && [ ! -e m.run/next ] && ! cmp -s m.run/config.yaml old.run/config.yaml
result $? "a new model and run take their place" "$(ls m.run)"
holds "the new run is finished" toy_train m.safetensors --seed 8
holds "overwriting with the old model as a start" toy_train m.safetensors --overwrite --init-from m.safetensors

# A model without a run is not replaced, also after a failed --overwrite.
rm -rf m.run
fails 73 overwrite toy_train m.safetensors
fails 65 bad:1 toy_train m.safetensors --overwrite --train bad
[ ! -e m.run ]
result $? "a failed --overwrite leaves no run where there was none"
fails 73 overwrite toy_train m.safetensors

# The place of the model is checked before training.
mkdir closed
fails 73 "closed: cannot be created" toy_train closed --steps 1000000
rm -rf closed closed.run

# Symbolic links are written through, also to a file that does not exist yet.
mkdir there
ln -s there/real.safetensors link.safetensors
holds "a link to an absent file as -m" toy_train link.safetensors
[ -L link.safetensors ] && cmp -s there/real.safetensors old.safetensors
result $? "the link is kept and its file written" "$(ls -l link.safetensors there)"

# One writer: a training holds the lock of its model from its beginning to its end, however it ends.
begin() {
    rm -rf run.*
    run=exec toy_train run.safetensors --steps 1000000 --save-freq 20 "$@" 2>err &
    pid=$!
    for i in $(seq 1000); do
        ls run.run/state-* >/dev/null 2>&1 && break
        sleep 0.01
    done
}
begin
fails 73 "locked by pid $pid" toy_train run.safetensors --steps 1000000 --save-freq 20
fails 73 "locked by pid $pid" toy_train run.safetensors --overwrite
fails 73 "locked by pid $pid" "$QUIPU" average -o run.safetensors old.safetensors
fails 73 "locked by pid $pid" "$QUIPU" quantize -m old.safetensors --type bf16 -o run.safetensors
fails 73 "locked by pid $pid" "$QUIPU" train --task lm --decoder ngram --order 2 --train pairs --overwrite \
    -q -m run.safetensors
kill -KILL $pid
{ wait $pid; } 2>/dev/null
[ -e run.run.lock ]
result $? "kill -9 leaves a lock file"
holds "which blocks nobody" "$QUIPU" average -o run.safetensors old.safetensors
[ -e run.safetensors ] && [ ! -e run.run.lock ]
result $? "and goes with its next holder" "$(ls)"
holds "and blocks no training" toy_train run.safetensors --overwrite

# Pairs that begin at the same moment: one trains, the other is refused.
both=0
for i in 1 2 3 4 5 6; do
    rm -rf pair.*
    toy_train pair.safetensors --steps 30 --seed 1 2>err1 & one=$!
    toy_train pair.safetensors --steps 30 --seed 2 2>err2 & two=$!
    wait $one; a=$?
    wait $two; b=$?
    { [ $a -eq 0 ] && [ $b -eq 73 ]; } || { [ $a -eq 73 ] && [ $b -eq 0 ]; } || both="$a $b"
done
[ "$both" = 0 ]
result $? "six pairs of trainings: one each is refused" "exit codes $both: $(cat err1 err2)"
