# A text longer than a language model reads at once: score, evaluate, generate and attend read it alike and report it.
. tests/cli/support

awk 'BEGIN { srand(3); for (i = 0; i < 300; i++) printf "%c", 97 + int(4 * rand() * rand()); print "" }' >text
head -c 40 text >short
echo >>short
lm() {
    "$QUIPU" train --task lm --train text --tokenizer char --layers 1 --emb-size 16 --dropout 0 --lr 0.02 \
        --batch-size 16 --threads 1 -q "$@"
}
close() {
    awk 'NR == FNR { s = $1; next }
        { split($0, a, /"logprob":/); d = a[2] + 0 - s; exit !(d < 0.01 && d > -0.01) }' "$@"
}
lm --lm-window 16 --decoder transformer --heads 2 --batch-type sentence --steps 30 -m running.safetensors
lm --lm-window 16 --decoder gru --batch-type sentence --steps 30 -m gru.safetensors
for model in running gru; do
    "$QUIPU" score -m $model.safetensors text >score 2>err
    "$QUIPU" evaluate perplexity --json -m $model.safetensors --test text >found && close score found
    result $? "$model: score and perplexity of one long line agree" "$(cat score found)"
    grep -q '^quipu: warning: text:1: 301 tokens are more than the 16 the model reads at once; read in overlapping' err
    result $? "$model: score reports the windows" "$(cat err)"
done

# what generate finds likeliest is what score finds likeliest
"$QUIPU" generate -m running.safetensors -f text --temp 0 -n 1 >next 2>err
grep -q 'warning: the prompt: 300 tokens are more than the 16' err
result $? "generate reports a prompt that is read in windows" "$(cat err)"
next=$(tail -c 2 next | head -c 1)
for letter in a b c d; do
    printf '%s%s\n' "$(cat text)" $letter >longer
    "$QUIPU" score --scores token -m running.safetensors longer 2>/dev/null | awk -v l=$letter '{ print $(NF - 1), l }'
done | sort -g | tail -n 1 >best
[ "$(awk '{ print $2 }' best)" = "$next" ]
result $? "generate continues a long prompt with the letter that score prefers" "$(cat best; echo "$next")"

"$QUIPU" attend -m running.safetensors --tgt "$(cat short)" >map 2>err
grep -q 'warning: --tgt: 40 tokens are more than the model reads; cut to 15' err
result $? "attend reports what it cuts" "$(cat err)"

# lines: --max-length
printf '%s\n' "$(cat short)" ab "$(cat short)" "$(cat short)" >lines
"$QUIPU" train --task lm --train lines --tokenizer char --layers 1 --emb-size 16 --heads 2 \
    --decoder transformer --lm-window 0 --max-length 20 \
    --steps 3 -q \
    -m lines.safetensors 2>err
"$QUIPU" score -m lines.safetensors lines >score 2>err
[ "$(grep -c warning err)" -eq 1 ] && grep -q 'lines:1: 41 tokens .* (the same in 2 more lines)' err
result $? "one warning for all long lines" "$(cat err)"
"$QUIPU" evaluate perplexity --json -m lines.safetensors --test lines >found 2>err &&
    awk '{ s += $1 } END { print s }' score >sum && close sum found &&
    grep -q '3 lines have more than the 20 tokens' err
result $? "evaluate reads lines in the windows of score" "$(cat sum found err)"
