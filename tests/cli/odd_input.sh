# Input that models used to answer with noise: masks, blank lines, bytes, escapes.
. tests/cli/support

for i in 1 2 3 4 5 6; do printf 'I saw the movie .\nI saw it .\nthe movie was good .\n'; done >lines
"$QUIPU" train --task mlm --train lines --tokenizer word --encoder gru --enc-layers 1 --emb-size 16 --threads 1 \
    --steps 10 -q -m mlm.safetensors
printf 'I saw  Zoé [MASK]\n(Ünknown) <mask> was [MASK] !\n' | "$QUIPU" predict -m mlm.safetensors >out 2>err
sed -n 1p out | grep -q '^I saw  Zoé' && sed -n 2p out | grep -q '^(Ünknown).* was.* !$' && ! grep -qi 'mask' out
result $? "predict leaves words that are not masked as they are" "$(cat out err)"
printf 'I saw [mask]\nthe <MASK> was\nI saw\n' | "$QUIPU" predict -m mlm.safetensors >out 2>err
[ "$(grep -c warning err)" -eq 1 ] &&
    grep -q '1: \[mask\] is read as text; write \[MASK\] or <mask> (the same in 2 more lines)' err
result $? "other spellings of the mask" "$(cat err)"

toy_pairs 20 >pairs
"$QUIPU" train --train pairs --tokenizer byte --layers 1 --emb-size 16 --heads 2 --threads 1 --steps 1 -q \
    -m bytes.safetensors
printf 'w1 w2\n   \n\t \n\nw3\n' | "$QUIPU" translate --max-length 30 -m bytes.safetensors >out
[ "$(wc -l <out)" -eq 5 ] && [ -z "$(sed -n 2,4p out | tr -d '\n')" ] && [ -n "$(sed -n 1p out)" ]
result $? "blank lines have empty translations" "$(cat out | head -c 300)"
iconv -f UTF-8 -t UTF-8 out >/dev/null
result $? "translations are UTF-8"

"$QUIPU" train --task lm --train lines --tokenizer char --layers 1 --emb-size 16 --heads 2 --threads 1 --steps 1 \
    -q -m lm.safetensors
"$QUIPU" generate -m lm.safetensors -n 2 --stop '\n' >out 2>err
[ $? -eq 0 ] && grep -q "warning: --stop '.n' has a backslash and a letter" err
result $? "--stop with an escape" "$(cat err)"
