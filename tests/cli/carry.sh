# --carry: the state of a recurrent language model continues from window to window, in training, evaluation and
# resuming.
. tests/cli/support

# Two tokens do not determine the position in "aab": a model whose state restarts at each window must guess.
awk 'BEGIN { for (i = 0; i < 400; i++) printf "aab"; print "" }' >text
lm() {
    "$QUIPU" train --task lm --train text --valid text --tokenizer char --decoder gru --layers 1 --emb-size 16 \
        --lm-window 2 --max-length 2000 --batch-type sentence --batch-size 8 --dropout 0 --lr 0.02 \
        --lr-schedule inv-sqrt --lr-warmup 100 --valid-freq 100 --threads 1 -q "$@"
}
lm --steps 500 -m apart.safetensors && lm --carry --steps 500 -m carried.safetensors
for model in apart carried; do "$QUIPU" evaluate perplexity -m $model.safetensors --test text |
    awk 'NR == 1 { print $2 }'; done >found
awk 'NR == 1 { apart = $1 } END { exit !(apart > 1.2 && $1 < 1.1) }' found
result $? "only with --carry is the text before the window known" "$(cat found)"
# windows with carried state are one text: the same perplexity as the whole line at once
whole_text() {
    "$QUIPU" score -m "$1" text | awk '{ printf "%.3f\n", exp(-$1 / 1201) }' >whole
    "$QUIPU" evaluate perplexity -m "$1" --test text --json | sed 's/.*"score"://; s/,.*//' |
        awk '{ printf "%.3f\n", $1 }' | cmp -s - whole
    result $? "windows of $1 with carried state give the perplexity of the whole text" "$(cat whole)"
}
whole_text carried.safetensors

lm --carry --steps 90 --decoder lstm --layers 2 -m one.safetensors
whole_text one.safetensors
lm --carry --steps 41 --decoder lstm --layers 2 -m two.safetensors &&
    lm --carry --steps 90 --decoder lstm --layers 2 -m two.safetensors && cmp -s one.safetensors two.safetensors
result $? "stopped inside an epoch and resumed: the same file"
for threads in 2 3; do
    lm --carry --steps 90 --decoder lstm --layers 2 --threads $threads --batch-size 96 --overwrite -m two.safetensors
    cp two.safetensors threads$threads
done
cmp -s threads2 threads3
result $? "any number of threads makes the same file"
# a text far longer than the window and the longest line: the state continues
"$QUIPU" generate -m carried.safetensors -p aab -n 3000 --temp 0 --no-echo | tr -d '\n' >made
[ "$(wc -c <made)" -eq 3000 ] && [ "$(sed 's/aab//g' made | wc -c)" -lt 30 ]
result $? "generate continues without end" "$(head -c 60 made)"

fails 2 "accum" lm --carry --accum 2 --steps 2 -m x.safetensors
fails 2 "carry" lm --carry --decoder transformer --steps 2 -m x.safetensors
fails 2 "carry" lm --carry --lm-window 0 --steps 2 -m x.safetensors
fails 65 "700 streams" lm --carry --batch-size 700 --steps 2 -m x.safetensors
echo "1..$number"
