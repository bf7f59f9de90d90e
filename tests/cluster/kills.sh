# A random rank is killed at a random moment, N times while it trains (kill -9 or TERM): all ranks end within 10 s, with
# a reason, and the same command, with another number of ranks, continues to the file of a run that nobody disturbed.
# N=3, SEED=time; prints how many kills hit what.
. tests/cluster/support
wanted=${N:-3} seed=${SEED:-$(date +%s)}

toy_pairs 300 >pairs
long="--train pairs --valid pairs --tokenizer word --encoder transformer --decoder transformer --layers 1 \
    --emb-size 32 --ff-size 64 --heads 2 --batch-size 512 --shard-rows 64 --lr 0.001 --lr-schedule constant \
    --average 1 --steps 400 --epochs 100000 --valid-freq 100 --save-freq 5 --disp-freq 5 --seed 7 --threads 1 -q"
"$QUIPU" train $long -m whole.safetensors 2>.err
result $? "one process" "$(cat .err)"

# draw COUNT - *drawn* is a number from 0 to COUNT - 1, the next one of SEED.
draws=0
draw() {
    draws=$((draws + 1))
    drawn=$(awk -v seed=$((seed + 7919 * draws)) -v count="$1" \
        'BEGIN { srand(seed); rand(); print int(rand() * count) }')
}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
log_bytes() { if [ -e run.run/train.log ]; then wc -c <run.run/train.log; else echo 0; fi; }

# start RANKS - the training in the background: *launcher*.
start() {
    if [ "$1" = 1 ]; then
        "$QUIPU" train $long -m run.safetensors >/dev/null 2>.err &
    else
        run=exec ranks "$1" "$QUIPU" train $long -m run.safetensors >/dev/null 2>.err &
    fi
    launcher=$!
}

# process_of RANK - its number, or nothing.
process_of() {
    for pid in $(pgrep -P "$launcher" -x "$(basename "$QUIPU")"); do
        tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$1" && echo "$pid"
    done
}

running() { grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }

# all_ended PID... - none of them runs any more, 10 s after the kill at the latest.
all_ended() {
    for pid; do
        while running "$pid"; do
            [ $(($(milliseconds) - killed)) -lt 10000 ] || return 1
            sleep 0.02
        done
    done
}

# reason SIGNAL RANK - the output says why the ranks ended, and names the one that was killed.
reason() {
    case $1 in
    KILL) grep -q "rank $2 .*signal 9" .err ;;
    TERM) grep -q "stopped after update\|rank $2 .*signal 15" .err ;;
    esac
}

complain() { wrong="$wrong kill $hits ($1 to rank $rank of $several): $2: $(head -c 300 .err | tr '\n' '~');"; }

# strike - start, wait, kill; counts *training*, *starting* (before the first update) or *late* (the run had ended).
strike() {
    draw 3
    several=$((2 + drawn))
    draw $several
    rank=$drawn signal=KILL
    draw 3
    [ "$drawn" = 0 ] && signal=TERM
    before=$(log_bytes)
    start $several
    # one in five at any moment, so perhaps before the first update
    draw 5
    if [ "$drawn" = 0 ]; then
        draw 1000
    else
        while [ "$(log_bytes)" = "$before" ] && running "$launcher"; do sleep 0.01; done
        draw 300
    fi
    sleep "0.$(printf '%03d' "$drawn")"
    victim=$(process_of "$rank")
    everyone="$launcher $(pgrep -P "$launcher" | tr '\n' ' ')"
    after=$(log_bytes)
    killed=$(milliseconds)
    hit=no
    [ -n "$victim" ] && running "$victim" && [ ! -e run.safetensors ] &&
        kill -s $signal "$victim" 2>/dev/null && hit=yes
    [ $hit = no ] && all_ended $everyone
    [ $hit = yes ] && { all_ended $everyone || complain $signal "still running after 10 s"; }
    { wait "$launcher"; } 2>/dev/null
    code=$?
    if [ $hit = no ] || [ -e run.safetensors ]; then
        late=$((late + 1))
    elif [ $code -eq 0 ]; then
        complain $signal "exit code 0"
    else
        reason $signal "$rank" || complain $signal "no reason"
        if [ "$after" -gt "$before" ]; then hits=$((hits + 1)); else starting=$((starting + 1)); fi
        [ "$after" = "$before" ] || echo "$signal to rank $rank of $several" >>kinds
    fi
}

# finish - a run that was killed is completed, and compared; the next one begins from nothing.
finish() {
    draw 4
    several=$((1 + drawn))
    start $several
    { wait "$launcher"; } 2>/dev/null || wrong="$wrong completed by $several ranks: $(head -c 300 .err | tr '\n' '~');"
    cmp -s whole.safetensors run.safetensors || wrong="$wrong another file after $hits kills;"
    runs=$((runs + 1))
    rm -rf run.safetensors run.run
}

hits=0 starting=0 late=0 runs=0 tries=0 wrong=''
while [ $hits -lt "$wanted" ] && [ $tries -lt $((5 * wanted + 20)) ]; do
    tries=$((tries + 1))
    strike
    [ -e run.safetensors ] && finish
done
finish
echo "# seed $seed: $hits kills of a rank that trained, $starting of one that started, $late came too late;" \
    "$runs runs compared"
sort kinds | uniq -c | sed 's/^ */# /'
[ $hits -ge "$wanted" ]
result $? "$wanted kills hit a training" "$hits of $tries"
[ -z "$wrong" ]
result $? "after each kill: all ended, said why, and continued to the same file" "$wrong"
