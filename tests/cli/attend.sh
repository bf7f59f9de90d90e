# quipu attend and quipu evaluate -m: a briefly trained model, its maps in every format, its translations scored.
. tests/cli/support

for i in 1 2 3 4 5 6 7 8; do
    printf 'one two three\ntwo one\n가 나 three\n' >>src
    printf 'three two one\none two\nthree 나 가\n' >>tgt
done
holds "train some steps" "$QUIPU" train --encoder transformer --decoder transformer \
    --train-src src --train-tgt tgt --valid-src src --valid-tgt tgt \
    --tokenizer word \
    --emb-size 16 --ff-size 16 --heads 2 --enc-layers 2 --dec-layers 2 --steps 5 --valid-freq 5 --threads 1 --seed 1 \
    -m m.safetensors
[ -s m.safetensors ] || exit 1

"$QUIPU" attend -m m.safetensors --src "one two three" --tgt "three 나" >out 2>err
code=$?
[ $code -eq 0 ] && head -n 1 out | grep -q 'one two three → three 나' &&
    grep -q 'cross attention, layer 2, mean of 2 heads' out &&
    grep -q '나 ' out && ! grep -q "$(printf '\033')" out
result $? "a map in the terminal, without colours in a pipe" "$code: $(cat out err)"
"$QUIPU" attend -m m.safetensors --src "one two" --colour always | grep -q "$(printf '\033')\[38;5;"
result $? "colours on demand"
"$QUIPU" attend -m m.safetensors --src "one two" --kind encoder --layer all --head all >out
[ "$(grep -c '^encoder attention, layer [12], head [12]$' out)" = 4 ]
result $? "all layers and heads" "$(cat out)"
for end in html json npz svg txt; do
    holds "writes .$end" "$QUIPU" attend -m m.safetensors --src "one 가 <script>" -o "map.$end"
done
grep -q '^<!DOCTYPE html>' map.html && [ "$(grep -c '<script' map.html)" = 2 ]
result $? "the page is a page and the sentence is data"
head -c 2 map.npz | grep -q PK && grep -q '</svg>' map.svg &&
    grep -q '"weights":\[\[' map.json
result $? "each is what it is called"
cp map.html first
"$QUIPU" attend -m m.safetensors --src "one 가 <script>" -o map.html && cmp -s first map.html
result $? "the same again is the same, byte for byte"

fails 2 "no model given\|-m" "$QUIPU" attend --src "one"
fails 2 "add --text" "$QUIPU" attend -m m.safetensors
fails 65 "empty" "$QUIPU" attend -m m.safetensors --src ""
echo "one two" >sentence
"$QUIPU" attend -m m.safetensors --src sentence >from_file &&
    "$QUIPU" attend -m m.safetensors --text "one two" >from_text &&
    cmp -s from_file from_text
result $? "--src names a file" "$(head -n 1 from_file)"
: >nothing
fails 65 "is empty" "$QUIPU" attend -m m.safetensors --src nothing
fails 2 "unknown format" "$QUIPU" attend -m m.safetensors --src one -o map.gif
fails 2 "use .svg" "$QUIPU" attend -m m.safetensors --src one -o map.png
fails 2 "1 to 2" "$QUIPU" attend -m m.safetensors --src one --layer 3
fails 2 "1 to 2" "$QUIPU" attend -m m.safetensors --src one --head zebra
fails 73 "no/such" "$QUIPU" attend -m m.safetensors --src one -o no/such/map.html
fails 74 "writing failed" sh -c '"$QUIPU" attend -m m.safetensors --src one >/dev/full'

"$QUIPU" translate -m m.safetensors src >hyp && "$QUIPU" evaluate bleu,chrf,ter --hyp hyp --ref tgt >expected
"$QUIPU" evaluate bleu,chrf,ter -m m.safetensors --src src --ref tgt >out
cmp -s out expected
result $? "evaluate -m is translate and evaluate" "$(cat out expected)"
fails 65 "25 lines\|24 lines" sh \
    -c '{ cat src; echo one; } >longer; "$QUIPU" evaluate -m m.safetensors --src longer --ref tgt'

# A model without attention has no map of any kind.
holds "a language model of one LSTM is learned" "$QUIPU" train --task lm --train src --tokenizer char --decoder lstm \
    --layers 1 --hidden-size 8 --emb-size 8 --steps 1 --valid none -q -m recurrent.safetensors
fails 2 "this model has no attention" "$QUIPU" attend -m recurrent.safetensors --text one

# Models that write no text: the encoder's self-attention. Rows of the JSON's maps are distributions.
awk 'BEGIN { split("red blue green gray pink", w, " ")
    for (i = 0; i < 60; i++) print (i % 7 < 3 ? "low" : "high") "\t" w[i % 5 + 1] " " w[i % 4 + 1] }' >labels
cut -f 2 labels >lines
awk 'BEGIN { for (i = 0; i < 60; i++) printf "%s\nblue\tO\n\n", i % 2 ? "red\tO" : "green\tB-X" }' >tags
small="--tokenizer word --encoder transformer --layers 2 --emb-size 16 --ff-size 16 --heads 2 --steps 2 --valid none -q"
words="red blue green"
for task in classify:labels tag:tags mlm:lines; do
    "$QUIPU" train --task ${task%:*} --train ${task#*:} $small -m ${task%:*}.safetensors 2>.err &&
        "$QUIPU" attend -m ${task%:*}.safetensors --text "$words" --layer 2 -o map.txt &&
        "$QUIPU" attend -m ${task%:*}.safetensors --text "$words" -o map.npz &&
        "$QUIPU" attend -m ${task%:*}.safetensors --src "$words" -o map.json && grep -q '"encoder"' map.json &&
        grep -q '^ *[^ ]*red ' map.txt && grep -q 'blue' map.txt && grep -q '</s>' map.txt && [ -s map.npz ]
    result $? "attend: ${task%:*}" "$(cat .err map.txt)"
done
"$QUIPU" attend -m mlm.safetensors --text "red [MASK] green" -o map.txt && grep -q '^ *.MASK. ' map.txt
result $? "attend: a mask is one token" "$(cat map.txt)"
"$QUIPU" attend -m mlm.safetensors --text "red [mask] green" 2>&1 | grep -q 'warning: --text: .mask. is read as text'
result $? "attend: a mask that is spelled in another way"
"$QUIPU" train --task classify --train labels $small --pooling class-token -m token.safetensors 2>.err &&
    "$QUIPU" attend -m token.safetensors --text "red blue" -o map.txt && grep -q class map.txt
result $? "attend: a class token comes first" "$(cat .err map.txt)"
"$QUIPU" train --task classify --train labels $small --pooling attention -m pooled.safetensors 2>.err &&
    "$QUIPU" attend -m pooled.safetensors --text "red blue" --kind cross -o map.txt && grep -q label map.txt &&
    "$QUIPU" attend -m pooled.safetensors --text "red blue" --kind encoder -o map.txt
result $? "attend: weights of attention pooling" "$(cat .err map.txt)"
fails 2 "drop --tgt" "$QUIPU" attend -m tag.safetensors --text one --tgt two
fails 65 "nothing to attend to" "$QUIPU" attend -m tag.safetensors --text "  "
"$QUIPU" train --task classify --train labels --tokenizer word --encoder gru --emb-size 8 --hidden-size 8 --steps 1 \
    --valid none -q -m gru.safetensors 2>.err
fails 2 "this model has no attention" "$QUIPU" attend -m gru.safetensors --text red
