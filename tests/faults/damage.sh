# Every byte of small files flipped, set, cut off, doubled and left out, files of quipu also with the right checksum
# made again. Every reader must refuse them or give something usable; a crash or a broken promise names the byte.
#   STEP=N every N-th byte (1: all)   DAMAGE: the program
POINTS_HERE=1
. tests/faults/common
STEP=${STEP:-307}
small_models
other_models
rm labels.safetensors tags.safetensors series.safetensors
encoder="--encoder gru --hidden-size 8 --valid none"   # small ones: every byte is damaged
make_one train --task classify --train labels $encoder $small -m labels.safetensors
make_one train --task tag --train tags $encoder $small -m tags.safetensors
make_one train --task regress --train series --column temp --window 4 $encoder ${small#*word} -m series.safetensors
rm -rf labels.run tags.run series.run
"$QUIPU" tokenizer train --type unigram --vocab-size 300 -o unigram.json lines 2>"$work/err"
gzip -kn pairs
printf 'learning_rate: 0.1\nlayers: 2\nencoder: gru\n' >options.yaml
printf '#version: 0.2\nw 1</w>\nw 2</w>\n' >codes
printf '[UNK]\n[CLS]\n[SEP]\nw\n##1\n##2\n' >vocab.txt
printf 'dzE= 0\nIHcx 1\ndw== 2\nMQ== 3\n' >ranks.tiktoken
printf '["high","low"]' >names.json
for file in ctranslate2:.bin marian:.npz vocabulary.json:; do
    tail -c +2 "$top/tests/fuzz/corpus/imports/${file%:*}" >${file%:*}${file#*:}
done
printf 'train\n--lr\n0.1\n-m\nx.safetensors\n--encoder=gru\n' >words
total=0 failed=0
while read -r target kind file; do
    report=$("$DAMAGE" $target $kind "$file" $STEP 2>&1)
    code=$?
    last=$(printf '%s\n' "$report" | tail -n 1)
    echo "$target $kind: $last"
    [ $code -eq 0 ] || { failed=$((failed + 1)); printf '%s\n' "$report" | head -n 20; }
    total=$((total + $(echo "$last" | awk '{ print $1 + 0 }')))
done <<FILES
models 0 gru.safetensors
models 1 gru.safetensors
models 1 transformer.safetensors
models 1 labels.safetensors
models 1 tags.safetensors
models 1 series.safetensors
models 1 language.safetensors
models 1 ngram.safetensors
models 1 int8.safetensors
models 1 match.safetensors
models 1 images.safetensors
models 2 n.arpa
models 3 part.run/state-00000003.safetensors
models 4 part.run/state-00000003.safetensors
readers 7 words.json
readers 7 bpe.json
readers 7 unigram.json
readers 0 hf.json
readers 2 spm.model
readers 4 ranks.tiktoken
readers 5 vocab.txt
readers 6 codes
store 1 options.yaml
store 0 gru.safetensors
data 0 tags
data 1 series
data 2 pairs
data 3 labels
data 4 lines
data 5 pairs.gz
data 6 names.json
options - words
imports 0 gpt.gguf
imports 1 llama2c_0.bin
imports 2 five.bin
imports 3 ctranslate2.bin
imports 4 vocabulary.json
imports 6 marian.npz
imports 6 vectors.npz
FILES
echo "damage: $total damaged files, $failed kinds of file with findings"
[ $failed -eq 0 ]
