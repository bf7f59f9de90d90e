# The three demonstrations: exact match on unseen sentences is 98 % in both directions of the toy translator and 99 %
# for the reversal of numbers (Joey NMT's task).
. tests/cli/support

# exact PERCENT DIRECTION
exact() {
    begun=$(date +%s)
    "$QUIPU" demo --direction "$2" --folder demo --progress never >out 2>err
    result $? "demo $2" "$(tail -n 1 err)"
    percent=$(sed -n 's/^exact match: \([0-9.]*\) %$/\1/p' out)
    echo "# demo $2: exact match $percent %, $(($(date +%s) - begun)) s"
    awk -v s="$percent" -v t="$1" 'BEGIN { exit !(s >= t) }'
    result $? "demo $2: $1 % exact or more" "$percent"
}

exact 98 ko-en
exact 98 en-ko
exact 99 reverse
