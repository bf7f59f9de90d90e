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

# Labels of one example each: whichever part has it, the label is one, and what is wrong is said.
awk 'BEGIN { for (i = 0; i < 200; i++) print (i % 2 ? "odd" : "even") "\tnumber " i
    for (i = 0; i < 60; i++) print "once" i "\tmore " i }' >once.tsv
holds "labels of one example each" "$QUIPU" train --task classify --train once.tsv --progress never -m once.safetensors
grep -q '^labels     62: ' .err &&
    grep -q "^warning: once.tsv:2[0-9]*: label 'once[0-9]*' has examples only in the part \
held back for validation, as have others; --valid none trains on them too" .err
result $? "a label whose example is held back" "$(cat .err)"
holds "the advice is followed" "$QUIPU" train --task classify --train once.tsv --valid none -m once.safetensors \
    --overwrite --progress never
grep -q "^warning: once.tsv:201: label 'once0' has only this example, as have others; is it misspelled?" .err
result $? "all examples are trained on" "$(cat .err)"
