# Word vectors: word2vec (text, binary), GloVe and fastText files as first values of the embeddings.
. tests/cli/support
has train || { skip "embeddings" "no train"; exit 0; }

# The words of toy_pairs with four numbers each, two of them twice, some in no text. 0.5 is 00 00 00 3f as a float.
words="w0 w1 W2 w3 w4 v0 v1 v2 far away"
for word in $words; do echo "$word 0.5 -2 1.5 0.125"; done >glove
{ echo "10 4" && cat glove; } >fast.vec
{ echo "10 4" && sed 's/$/ /' glove; } >word2vec.txt
gzip -c fast.vec >fast.vec.gz
float='\000\000\000\077\000\000\000\300\000\000\300\077\000\000\000\076'
{ echo "10 4" && for word in $words; do printf "$word $float\n"; done; } >word2vec.bin
{ echo "10 4" && for word in $words; do printf "$word $float"; done; } >plain.bin
{ cat glove && echo "w0 9 9 9 9" && echo "w1 9 9 9 9"; } >twice

toy_pairs 300 >pairs
learn() {
    name=$1
    shift
    "$QUIPU" train --train pairs --valid none --tokenizer space --layers 1 --hidden-size 8 --encoder gru --decoder gru \
        --attention none --batch-size 512 --steps 3 --lr 0.01 --lr-schedule constant --seed 3 --threads 2 \
        -m "$name.safetensors" "$@" 2>".$name"
}

# tensor FILE NAME - the bytes of one array in hexadecimal.
tensor() {
    length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    place=$(tail -c +9 "$1" | head -c "$length" | grep -o "\"$2\":{[^}]*}" | grep -o '\[[0-9]*,[0-9]*\]}' | tr -d '[]}')
    [ -n "$place" ] || { echo "no $2"; return; }
    tail -c +$((9 + length + ${place%,*})) "$1" | head -c $((${place#*,} - ${place%,*})) | od -An -v -t x4 -w16
}

learn glove --embeddings glove
result $? "a GloVe file, --emb-size from it" "$(cat .glove)"
grep -q -e '--emb-size 4 ' .glove &&
    grep -q 'glove: 4 of [0-9]* rows of src_embed.weight replaced (0 in lower' .glove &&
    grep -q 'glove: 3 of [0-9]* rows of tgt_embed.weight replaced .*the file has 10 words' .glove
result $? "it reports the width and the rows" "$(cat .glove)"
for file in fast.vec word2vec.txt fast.vec.gz word2vec.bin plain.bin twice; do
    cp "$file" same && learn "m.$file" --embeddings same && cmp -s glove.safetensors "m.$file.safetensors"
    result $? "$file gives the same model" "$(cat ".m.$file")"
done
grep -q 'warning: same: 1 vectors of words that occurred before' .m.twice || grep -q 'warning: same: 2 vectors' .m.twice
result $? "a word twice: the first counts, with a warning" "$(cat .m.twice)"
{ cat glove && echo "w0 9 9 9 9"; } >one_twice
learn one_twice --embeddings one_twice && grep -q 'warning: one_twice: 1 vectors of words that occ' .one_twice &&
    ! grep -q 'occurred before' .glove
result $? "one word twice, and none" "$(cat .glove .one_twice)"
learn none --emb-size 4 && [ -s glove.safetensors ] && ! cmp -s glove.safetensors none.safetensors
result $? "without them the model is another" "it is the same"

learn frozen --embeddings glove --freeze 'src_embed*'
count=$(tensor frozen.safetensors src_embed.weight | grep -c '3f000000 c0000000 3fc00000 3e000000')
[ "$count" -eq 4 ]
result $? "frozen rows keep their vectors" "$count rows: $(cat .frozen)"
count=$(tensor frozen.safetensors tgt_embed.weight | grep -c '3f000000 c0000000 3fc00000 3e000000')
[ -s frozen.safetensors ] && [ "$count" -eq 0 ]
result $? "rows that are not frozen are tuned" "$count rows are unchanged"
learn side --src-embeddings glove && grep -q 'rows of src_embed' .side && ! grep -q 'rows of tgt_embed' .side
result $? "--src-embeddings: one side only" "$(cat .side)"

sed 's/w/W/g' pairs >upper
"$QUIPU" train --task lm --train upper --tokenizer space --encoder none --decoder gru --hidden-size 8 --layers 1 \
    --steps 1 --embeddings glove -m lower.safetensors 2>.err &&
    grep -q 'rows of tgt_embed.weight replaced (4 in lower' .err
result $? "words of other case take those in lower case" "$(cat .err)"

# A run is resumed with the vectors that it began with.
learn glove --embeddings glove --steps 6 && learn whole --embeddings glove --steps 6 &&
    cmp -s glove.safetensors whole.safetensors
result $? "a resumed run ends with the same model" "$(cat .glove)"
cp glove first && sed 's/0.125/0.25/' first >glove
fails 2 "embeddings: its content changed" "$QUIPU" train --train pairs --valid none --tokenizer space --layers 1 \
    --hidden-size 8 --encoder gru --decoder gru --attention none --batch-size 512 --steps 9 --lr 0.01 \
    --lr-schedule constant --seed 3 -q -m glove.safetensors --embeddings glove

mini="$QUIPU train --train pairs --tokenizer space --encoder gru --decoder gru --steps 1 -q -m mini.safetensors"
fails 2 "give --emb-size 4" $mini --emb-size 8 --embeddings first
fails 66 absent $mini --embeddings absent
printf 'w0 1 2\nw1 1\n' >short
fails 65 "short:2: 1 numbers" $mini --embeddings short
printf 'w0 1 2\nw1 1 nan\n' >nan
fails 65 "nan:2: 'nan' is not a finite number" $mini --embeddings nan
printf '900000000000 300\nw0 1 2\n' >huge
fails 65 "huge:1: the header promises" $mini --embeddings huge
head -c 60 word2vec.bin >cut.bin
fails 65 "cut.bin:1: the header promises 10 words" $mini --embeddings cut.bin
fails 2 "would change nothing here" "$QUIPU" train --task regress --train pairs --column 1 -m mini.safetensors \
    --embeddings first
