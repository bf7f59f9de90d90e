# Files of labels: examples per label; a header line and swapped columns are reported by train and --dry-run alike.
. tests/cli/support

for i in 1 2 3 4 5 6 7 8; do
    printf 'good\tI liked movie number %s\nbad\tI did not like movie %s at all\n' $i $i
done >plain
{ printf 'label\ttext\n'; cat plain; } >header
awk -F '\t' '{ print $2 "\t" $1 }' plain >swapped
{ cat plain; printf 'godo\tI liked this\n'; } >misspelled
train() {
    "$QUIPU" train --task classify --encoder transformer --tokenizer char --layers 1 --emb-size 16 --heads 2 --steps 1 \
        --threads 1 --lr-warmup 0 --progress never "$@"
}
train --train plain -m plain.safetensors 2>err
grep -q '^labels     2: good 8, bad 8$' err && ! grep -q warning err
result $? "examples of each label" "$(cat err)"
train --train header -m header.safetensors 2>err
grep -q "^warning: header:1: label 'label' has only this example; is it a header line, or misspelled?" err
result $? "a header line" "$(cat err)"
train --train misspelled -m misspelled.safetensors 2>err
grep -q "^warning: misspelled:17: label 'godo' has only this example; is it misspelled?" err
result $? "a misspelled label" "$(cat err)"
train --train swapped -m swapped.safetensors 2>err
grep -q "^warning: swapped: its labels look like texts (16 of them, such as 'I liked movie number 1')" err
result $? "swapped columns" "$(cat err)"
for file in header swapped; do train --train $file --dry-run; done >out 2>err
grep -q '  header:1: label' out && grep -q '  swapped: its labels look like texts' out && grep -q 'good 8, bad 8' err
result $? "--dry-run reports the same" "$(cat out err)"

# A text in the first column: every line has a label of its own, and those of the part held back are not learned.
awk 'BEGIN { for (i = 0; i < 400; i++) print "question " i "\tanswer " i "\t" i % 3 }' >swapped.tsv
fails 65 "label TAB text: if the columns have another order" "$QUIPU" train --task classify --train swapped.tsv -q \
    -m swapped.safetensors
