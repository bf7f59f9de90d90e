# --dry-run never gives advice that fails: every "use --option value" of its warnings is followed, with data of every
# task, and the advice has to come to an end.
. tests/cli/support
COLUMNS=999 # a warning is one line
export COLUMNS

# follow NAME OPTION... - dry-run with the options, and with what its warnings say, until there are none with a remedy.
follow() {
    name=$1 advice= round=0
    shift
    while [ $round -lt 6 ]; do
        # shellcheck disable=SC2086
        "$QUIPU" train "$@" $advice --dry-run --threads 1 -m none.safetensors >report 2>&1 || break
        more=$(sed -n '/^warnings/,$p' report | sed -n 's/.*use \(--[a-z-]* [a-z0-9.]*\).*/\1/p' | head -n 1)
        [ -n "$more" ] || break
        round=$((round + 1)) advice="$advice $more"
    done
    tail -n 12 report | grep -q 'warnings$\|^  ' && [ $round -lt 6 ] && ! grep -q '^quipu:' report
    result $? "$name:$advice" "$(grep '^quipu:' report) $(sed -n '/^warnings/,$p' report)"
}

for lines in 3 60; do
    toy_pairs $lines >pairs
    cut -f 1 pairs >text
    awk '{ print (NR % 2 ? "odd" : "even") "\t" $0 }' text >labels
    awk '{ for (i = 1; i <= NF; i++) print $i "\t" (i % 2 ? "A" : "B"); print "" }' text >tags
    awk 'BEGIN { print "v" } { print NR % 7 }' text >series.csv
    follow "pairs of $lines lines" --train pairs
    follow "pairs of $lines lines, words" --train pairs --tokenizer word --batch-size 4000
    follow "pairs of $lines lines, pieces" --train pairs --src-tokenizer bpe --vocab-size 9000 --emb-size 512
    follow "pairs of $lines lines, a transformer" --train pairs --encoder transformer --decoder transformer
    follow "pairs of $lines lines, held out" --train pairs --valid pairs
    follow "text of $lines lines" --task lm --train text
    follow "text of $lines lines, pieces" --task lm --train text --tokenizer bpe --steps 10 \
        --lr-schedule constant --lr-warmup 20
    follow "masked text of $lines lines" --task mlm --train text
    follow "codes of $lines lines" --task autoencode --train text
    follow "labels of $lines lines" --task classify --train labels
    ! grep -q 'by heart' report
    result $? "labels of $lines lines: the weights of n-grams are no cause for a warning" "$(cat report)"
    follow "labels of $lines lines, lstm" --task classify --train labels --encoder lstm
    follow "tags of $lines lines" --task tag --train tags
    [ $lines -gt 3 ] && follow "series of $lines rows" --task regress --train series.csv --column v --window 4
done
