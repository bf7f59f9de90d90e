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
