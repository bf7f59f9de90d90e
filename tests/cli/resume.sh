# Runs: the same command resumes after any kind of stop and ends with the same bytes.
. tests/cli/support
has train || { skip "resuming" "no train"; exit 0; }
toy_pairs 600 >pairs
train() { toy_train "$@" --steps 120 --valid-freq 40 --save-freq 20 --dropout 0.2; }

holds "straight run, two threads" train straight.safetensors
[ -s straight.safetensors ] || exit 1
cp straight.safetensors before
train straight.safetensors >.out 2>.err && cmp -s before straight.safetensors
result $? "a finished run stays as it is" "$(cat .err)"
for threads in 1 3 4; do
    train threads.safetensors --overwrite --threads $threads && cmp -s straight.safetensors threads.safetensors
    result $? "$threads threads: the same bytes"
done

# With --lr-total apart from the run's end, a run that reached a limit can continue to a later one.
prolonged() { toy_train "$1" --valid-freq 20 --lr-schedule cosine --lr-total 60 --dropout 0.2 --steps "$2"; }
prolonged once.safetensors 60
prolonged twice.safetensors 40
holds "prolonging a run whose schedule ends elsewhere" prolonged twice.safetensors 60
cmp -s once.safetensors twice.safetensors
result $? "prolonged: the same bytes"

# state - the newest saved state of the run.
state() { ls run.run/state-*.safetensors 2>/dev/null | tail -n 1; }

# interrupted SIGNAL [DELAY] - start or resume, wait for a new state, send the signal; returns the exit code.
interrupted() {
    before=$(state)
    run="exec env --default-signal=INT" train run.safetensors >/dev/null 2>err &
    pid=$!
    for i in $(seq 3000); do
        [ "$(state)" != "$before" ] && break
        sleep 0.01
    done
    sleep "${2:-0}"
    kill -s "$1" $pid 2>/dev/null
    { wait $pid; } 2>/dev/null
}

# stopped SIGNAL CODE - stop a run three times, then let it end.
stopped() {
    rm -rf run.*
    stops=0
    for delay in 0 0.01 0.025; do
        interrupted "$1" $delay
        code=$?
        [ $code -eq "$2" ] && stops=$((stops + 1))
        [ $code -eq "$2" ] || [ $code -eq 0 ] || result 1 "stop by $1" "exit code $code: $(tail -n 1 err)"
    done
    [ $stops -gt 0 ]
    result $? "stopped by $1: exit code $2" "the last was $code"
    train run.safetensors >/dev/null 2>err && cmp -s straight.safetensors run.safetensors
    result $? "stopped by $1 and resumed: the same bytes" "$(tail -n 1 err)"
    [ -z "$(find . -name '*.tmp*')" ]
    result $? "stopped by $1: nothing half-written is left" "$(find . -name '*.tmp*')"
}
stopped KILL 137
stopped TERM 143
stopped INT 130

# A damaged last state: the one before it is used.
rm -rf run.*
interrupted KILL
interrupted KILL
if [ ! -e run.safetensors ] && [ "$(ls run.run/state-*.safetensors | wc -l)" -ge 2 ]; then
    last=$(state)
    head -c 1000 "$last" >cut && mv cut "$last"
    train run.safetensors >/dev/null 2>err && cmp -s straight.safetensors run.safetensors
    result $? "a damaged state is passed over: the same bytes" "$(tail -n 1 err)"
else
    skip "a damaged state is passed over" "the run was over too soon"
fi
# All states damaged: an error, and nothing is deleted.
rm -rf run.*
interrupted KILL
[ -z "$(state)" ] && { skip "no whole state left" "the run was too slow"; exit 0; }
for last in run.run/state-*.safetensors; do head -c 1000 "$last" >cut && mv cut "$last"; done
cp -r run.run kept
if [ ! -e run.safetensors ]; then
    train run.safetensors >/dev/null 2>err
    code=$?
    [ $code -eq 65 ] && [ "$(grep -c '^quipu: ' err)" -eq 1 ] && cmp -s "$last" "kept/${last#run.run/}"
    result $? "no whole state left: 65, and the files stay" "exit code $code: $(cat err)"
fi

# Another level of kernels: the run continues, and says so.
rm -rf k.*
QUIPU_CPU=scalar toy_train k.safetensors --steps 20 --valid-freq 10
toy_train k.safetensors --steps 25 --valid-freq 10
if "$QUIPU" --version | grep -q '^kernels *scalar'; then
    skip "other kernels are named on resuming" "this machine has one level"
else
    grep -q 'saved with kernels scalar, resuming with' k.run/train.log
    result $? "other kernels are named on resuming" "$(cat k.run/train.log)"
fi
[ "$(grep -c 'saved with kernels' threads.run/train.log)" -eq 0 ]
result $? "equal kernels are not"
