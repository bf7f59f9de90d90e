# Ranks that fail: all end soon, with a reason, and the same command continues to the same file. Ranks that differ are
# refused.
. tests/cluster/support

toy_pairs 300 >pairs
long="--train pairs --valid pairs --tokenizer word --encoder transformer --decoder transformer --layers 1 \
    --emb-size 32 --ff-size 64 --heads 2 --batch-size 512 --shard-rows 64 --lr 0.001 --lr-schedule constant \
    --average 1 --steps 2000 --epochs 100000 --valid-freq 500 --save-freq 10 --seed 7 --threads 1 -q"
"$QUIPU" train $long -m whole.safetensors 2>.err
result $? "one process" "$(cat .err)"

# ---- ranks that end ----

states() { ls run.run/state-* 2>/dev/null | tail -n 1; }

# interrupted SIGNAL WHICH - start 3 ranks, and send the signal to rank WHICH or to mpirun after the next save; *code*
# is how they ended, *took* the seconds until then.
interrupted() {
    before=$(states)
    run=exec ranks 3 "$QUIPU" train $long -m run.safetensors >/dev/null 2>.err &
    launcher=$!
    for i in $(seq 6000); do [ "$(states)" != "$before" ] && break; sleep 0.01; done
    case $2 in
    mpirun) pid=$launcher ;;
    *) for pid in $(pgrep -P $launcher); do
        tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$2" && break; done ;;
    esac
    began=$(date +%s)
    kill -s "$1" "$pid"
    { wait $launcher; } 2>/dev/null
    code=$?
    took=$(($(date +%s) - began))
}

# ends SIGNAL WHICH PATTERN - the ranks ended within 10 s, not with 0, and said why.
ends() {
    interrupted "$1" "$2"
    [ $code -ne 0 ] && [ $took -le 10 ] && grep -q -- "$3" .err
    result $? "$1 to $2: all end, and say why" "code $code after $took s: $(head -c 600 .err | tr '\n' '~')"
}

for signal in "KILL 1 signal.9" "TERM 2 stopped.after.update" "TERM mpirun stopped.after.update" \
    "USR1 mpirun stopped.after.update" "STOP 2 rank.2.of.3.on.*no.sign.of.life" "KILL 0 signal.9"; do
    ends $signal
done
ranks 2 "$QUIPU" train $long -m run.safetensors 2>.err && cmp -s whole.safetensors run.safetensors
result $? "continued by another number of ranks, the same bytes" "$(cat .err)"
[ "$(grep -c 'resuming after update' run.run/train.log)" = 6 ]
result $? "every session continued from a save" "$(cat run.run/train.log)"

# A folder where the model of the first validation goes: rank 0 cannot save it.
mkdir -p full.run/model-00000500.safetensors/taken
ranks 3 "$QUIPU" train $long -m full.safetensors 2>.err
code=$?
[ $code -ne 0 ] && grep -q '^quipu: rank 0 of 3 on .*model-00000500.safetensors' .err
result $? "a save that fails ends all ranks" "code $code: $(cat .err)"
rmdir full.run/model-00000500.safetensors/taken full.run/model-00000500.safetensors
ranks 2 "$QUIPU" train $long -m full.safetensors 2>.err && cmp -s whole.safetensors full.safetensors
result $? "continued from the save before, the same bytes" "$(cat .err)"

# A disk that is full before the run ends, and then has room again.
mkdir disk
if mount -t tmpfs -o size=700k quipu disk 2>/dev/null; then
    trap 'cd / && umount "$work/disk" && rm -rf "$work"' EXIT
    ranks 3 "$QUIPU" train $long -m disk/full.safetensors 2>.err
    code=$?
    [ $code -ne 0 ] && grep -q "^quipu: rank 0 of 3 on .*No space left" .err
    result $? "a full disk ends all ranks" "code $code: $(cat .err)"
    ls disk/full.run/state-* >/dev/null 2>&1 && mount -o remount,size=20m disk &&
        ranks 2 "$QUIPU" train $long -m disk/full.safetensors 2>.err &&
        cmp -s whole.safetensors disk/full.safetensors &&
        grep -q 'resuming after update' disk/full.run/train.log
    result $? "with room again it continues from the last save, the same bytes" "$(ls disk disk/full.run; cat .err)"
else
    skip "a full disk" "no mount here"
fi

# ---- a shard that fails ----
run="timeout 60" ranks 3 "$(dirname "$QUIPU")/tests/cluster" 2>.err
result $? "a shard fails: every rank gets the reason, and nothing is left on its way" "$(cat .err)"

# ---- ranks that differ ----

# differs PATTERN WORD... - one line with PATTERN when rank 1 runs the words in place of those of rank 0; no update.
differs() {
    pattern=$1
    shift
    rm -rf no.*
    mpirun --oversubscribe -np 1 "$QUIPU" train $long -m no.safetensors : -np 1 "$@" >.out 2>.err
    code=$?
    [ $code -ne 0 ] && [ "$(grep -c '^quipu' .err)" = 1 ] && grep -q "^quipu: rank 1 of 2 on .*$pattern" .err &&
        [ ! -e no.safetensors ] && [ -z "$(ls no.run 2>/dev/null | grep state)" ]
    result $? "refused: $pattern" "code $code: $(head -c 600 .err | tr '\n' '~')"
}

differs "CPU kernels is 'scalar' here, and" env QUIPU_CPU=scalar "$QUIPU" train $long -m no.safetensors
differs "option lr is '0.002' here, and '0.001' on rank 0" "$QUIPU" train $long --lr 0.002 -m no.safetensors
differs "option valid is 'none' here" "$QUIPU" train $long --valid none -m no.safetensors # reads less than rank 0
differs "option steps is '2001' here" "$QUIPU" train $long --steps 2001 -m no.safetensors
version=$("$QUIPU" version | sed -n '1s/^quipu //p') # the same program with another version number
VERSION=$version perl -0777 -pe 's/\Q$ENV{VERSION}\E\0/"9" . substr($ENV{VERSION}, 1) . "\0"/ge' "$QUIPU" >other
chmod +x other
differs "version of quipu is '9${version#?}, 32-bit reals' here" "$PWD/other" train $long -m no.safetensors
mkdir elsewhere
sed 's/w3/w4/' pairs >elsewhere/pairs
differs "content of pairs is not what rank 0" sh -c "cd elsewhere && exec \"$QUIPU\" train $long -m no.safetensors"
awk 'BEGIN { print "label,a,b"; for (i = 0; i < 60; i++) printf "k%d,%d,%d\n", i % 3, i % 7, i % 5 }' >rows.csv
head -n 50 rows.csv >elsewhere/rows.csv
long="--task classify --train rows.csv --column label --encoder gru --hidden-size 8 -q"
differs "content of rows.csv is not what rank 0" sh -c "cd elsewhere && exec \"$QUIPU\" train $long -m no.safetensors"
ranks 2 "$QUIPU" train --train missing -q -m no.safetensors 2>.err
[ "$(grep -c '^quipu' .err)" = 1 ] && grep -q '^quipu: rank 0 of 2 on .*missing' .err
result $? "an error of all ranks is reported once" "$(cat .err)"

# ---- commands and programs that are alone ----
ranks 2 "$QUIPU" doctor >.out 2>.err
grep -q '^   cluster  .*MPI.*; this is rank 0 of 2$' .out && grep -q '; this is rank 1 of 2$' .out &&
    [ "$(grep -c '^   network ' .out)" = 2 ] && [ "$(grep -c '^[ !]* threads ' .out)" = 2 ]
result $? "doctor reports each rank, with MPI, network and processors" "$(cat .out .err)"
ranks 2 "$QUIPU" info whole.safetensors >.out 2>.err
[ $? -ne 0 ] && grep -q '^quipu: info runs as one process, and 2 were started' .err
result $? "info runs once" "$(cat .err)"
OMPI_COMM_WORLD_SIZE=2 "$QUIPU" info whole.safetensors >.out 2>.err
[ $? -eq 2 ]
result $? "exit code 2" "$(cat .err)"
