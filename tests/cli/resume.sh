# Runs: the same command goes on where it stopped, whatever stopped it, and ends with the same bytes.
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

# stopped SIGNAL CODE NAME - stop a run at several moments, then let it go on.
stopped() {
    rm -rf run.*
    for delay in 0.3 0.5 0.4; do
        train run.safetensors >/dev/null 2>err &
        pid=$!
        sleep $delay
        child=$(ps -o pid= --ppid $pid 2>/dev/null | head -n 1)
        kill -s "$1" ${child:-$pid} 2>/dev/null
        wait $pid
        code=$?
        [ $code -eq "$2" ] || [ $code -eq 0 ] || { result 1 "stop by $1" "exit code $code: $(tail -n 1 err)"; return; }
    done
    train run.safetensors >/dev/null 2>err && cmp -s straight.safetensors run.safetensors
    result $? "stopped by $1 three times: the same bytes" "$(tail -n 1 err)"
    [ -z "$(find . -name '*.tmp*')" ]
    result $? "stopped by $1: nothing half-written is left" "$(find . -name '*.tmp*')"
}
stopped KILL 137
stopped TERM 143
stopped INT 130

# A damaged last state is passed over for the one before; all damaged is told.
rm -rf run.*
train run.safetensors >/dev/null 2>&1 &
pid=$!
for i in $(seq 200); do
    [ "$(ls run.run/state-* 2>/dev/null | wc -l)" -ge 2 ] && break
    sleep 0.02
done
child=$(ps -o pid= --ppid $pid 2>/dev/null | head -n 1)
kill -KILL ${child:-$pid} 2>/dev/null
wait $pid
last=
[ "$(ls run.run/state-* 2>/dev/null | wc -l)" -ge 2 ] && [ ! -e run.safetensors ] && last=$(ls run.run/state-* | tail -n 1)
if [ -n "$last" ]; then
    head -c 1000 "$last" >cut && mv cut "$last"
    train run.safetensors >/dev/null 2>err && cmp -s straight.safetensors run.safetensors
    result $? "a damaged state is passed over: the same bytes" "$(tail -n 1 err)"
else
    skip "a damaged state is passed over" "the run was over too soon"
fi
