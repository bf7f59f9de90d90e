# One seed gives one model file: the demo with 1, 2, 3 and 4 threads, repeated, and killed (-9) and resumed several
# times. Translations do not depend on the batch. STEPS=150 makes it short.
. tests/cli/support
steps=${STEPS:+--steps $STEPS}

# demo FOLDER THREADS
demo() { "$QUIPU" demo $steps --folder "$1" -t "$2" --progress never >"$1.out" 2>"$1.err"; }
sum_of() { sha256sum <"$1/ko-en.safetensors" | cut -d ' ' -f 1; }

holds "one thread" demo one 1
[ -e one/ko-en.safetensors ] || exit 1
expected=$(sum_of one)
echo "# $expected"
for threads in 1 2 3 4; do
    demo "with$threads" $threads && [ "$(sum_of "with$threads")" = "$expected" ]
    result $? "the same file with $threads threads" "$(sum_of "with$threads")"
done

kills=0
for moment in 2 5 3 7 4 9 6 3 11 5; do
    "$QUIPU" demo $steps --folder killed -t 2 --progress never >killed.out 2>killed.err &
    child=$!
    sleep $moment
    kill -9 $child 2>/dev/null && kills=$((kills + 1))
    wait $child 2>/dev/null
    [ -e killed/ko-en.safetensors ] && break
done
demo killed 2
[ $kills -gt 0 ] && [ "$(sum_of killed)" = "$expected" ]
result $? "the same file after $kills kills" "$(sum_of killed)"

for size in 1 7 64; do
    "$QUIPU" translate -m one/ko-en.safetensors --batch-size $size one/test.ko >said.$size && [ -s said.1 ] &&
        cmp -s said.1 said.$size
    result $? "the same translations in batches of $size" "they differ"
done
