# quipu tokenizer: training, encoding line by line, import from and export to other projects' formats.
. tests/cli/support
T="$QUIPU tokenizer"
text() {
    for i in $(seq 60); do
        echo "the cat number $i sat on the mat, and they'll see the hat $((i * 7))"
        echo "학교에 간다 $i 학교에서 온다"
    done
}
text >corpus
holds "train" $T train --vocab-size 420 -o bpe.json corpus
[ -s bpe.json ] || exit 1
grep -q 'bytes each; unknown 0.0000 %' .err && grep -q '^longest pieces: ' .err && grep -q 'piece of their own' .err
result $? "training reports coverage, bytes per token, unknown, longest pieces" "$(tr '\n' '~' <.err)"
holds "train quietly from stdin" sh \
    -c "$T train --type unigram --pattern spaces --normalization none --vocab-size 400 -q -o uni.json <corpus"
[ ! -s .err ]
result $? "-q says nothing" "$(cat .err)"
holds "train for GPT-2" $T train --type byte-bpe --pattern gpt2 --normalization none --vocab-size 400 -q -o gpt2.json \
    corpus
holds "train in jamo" $T train --jamo --strip-accents --case-fold --vocab-size 420 -q -o jamo.json corpus
fails 66 "nofile: cannot be read" $T train --type ngram -o x.json corpus nofile
fails 66 "nofile: cannot be read" $T train --type byte -o x.json nofile
fails 2 "n-grams need 6 or more" $T train --type ngram --vocab-size 5 -o x.json
holds "n-grams need no text" $T train --type ngram --vocab-size 1000 -o ngram.json
grep -q "^1000 features; n-grams are hashed, nothing is learned from text$" .err
result $? "n-grams are not learned" "$(cat .err)"
fails 2 "needs --normalization" $T train --jamo --normalization none -o x.json corpus
fails 2 "normal form" $T train --strip-accents --normalization none -o x.json corpus
fails 2 "exclude" $T train --lower-case --case-fold -o x.json corpus

# same FILE NAME - encoding and decoding returns the text, byte for byte.
back() { $T encode -m "$1" "$2" >.ids && $T decode -m "$1" .ids >.back && cmp -s .back "$2"; }
for model in bpe.json uni.json gpt2.json jamo.json; do
    back $model corpus
    result $? "text comes back: $model" "$(cmp .back corpus 2>&1)"
done
printf 'a\0b\r\n\n \xff\xfe x\n\tend  \n' >odd
back gpt2.json odd
result $? "NUL, CR, bad UTF-8, tabs and spaces come back" "$(od -c .back | head -n 3 | tr '\n' '~')"
for i in $(seq 9); do cat corpus odd; done >many
for way in "--pieces" "--json --offsets" "--dropout 0.3 --seed 7"; do
    $T encode -m gpt2.json $way many odd >one && $T encode -m gpt2.json $way -t 3 many odd >three && cmp -s one three
    result $? "encode $way: three threads write what one does" "$(cmp one three 2>&1)"
done
$T encode -m gpt2.json many | sed '$s/$/ nothing/' | tee ids | $T decode -m gpt2.json >one 2>one.err
$T decode -m gpt2.json -t 3 ids >three 2>three.err
[ $? -eq 65 ] && cmp -s one three && sed 's/stdin/ids/' one.err | cmp -s - three.err && [ -s three ]
result $? "decode by three threads: all up to the line that fails, and its number" "$(cat one.err three.err)"
cp corpus itself
$T decode -m gpt2.json odd -o itself 2>/dev/null
[ $? -eq 65 ] && cmp -s itself corpus
result $? "a failure leaves the file that was there" "$(cmp itself corpus 2>&1)"
gzip -c corpus >packed.gz
$T encode -m gpt2.json packed.gz >.ids && $T decode -m gpt2.json .ids | cmp -s - corpus
result $? "gzipped text is read as it is"
if awk '/^MemAvailable/ { exit $2 < 4000000 }' /proc/meminfo; then
    fails 65 "/dev/zero:1: a line of more than 67108864 bytes" $T encode -m gpt2.json /dev/zero
else
    skip "an endless line is refused" "less than 4 GB of memory free"
fi
{ head -c 10000000 /dev/zero | tr '\0' w; echo; echo "the cat"; } >long
back bpe.json long
result $? "a line of 10 MB comes back"
head -c 3000000 /dev/urandom | base64 -w 0 >wide
echo >>wide
back uni.json wide
result $? "a line of 4 MB of one word through unigram comes back"
{ yes "the cat sat on the mat" | head -n 200000; } | $T encode -m bpe.json 2>.err | head -n 1 >.out
[ -s .out ] && ! grep -q -i "segm\|abort" .err
result $? "a closed pipe ends it" "$(cat .err)"
# The sanitizers reserve more address space than a useful limit allows.
limited() { (ulimit -v 400000 && exec $T "$@"); }
if (unset ASAN_OPTIONS; limited info bpe.json) >/dev/null 2>&1; then
    yes "the cat sat on the mat" | head -n 300000 | limited encode -m bpe.json | tail -n 1 >.out
    [ "$(cat .out)" = "$(echo "the cat sat on the mat" | $T encode -m bpe.json)" ]
    result $? "a long stream takes little memory" "$(cat .out)"
else
    skip "a long stream takes little memory" "this program does not run within 400 MB of addresses"
fi

echo "the cat" | $T encode -m bpe.json --pieces --offsets >.out
grep -q '@0:3' .out
result $? "pieces with offsets" "$(cat .out)"
printf 'caf\303\251 \355\225\231\n' | $T encode -m bpe.json --json --offsets >.out
grep -q '"characters":\[\[0,' .out && grep -q ',\[[0-9]*,6\]\]' .out
result $? "JSON reports bytes and characters" "$(cat .out)"
[ "$(echo "the cat" | $T encode -m bpe.json --special --json | grep -c '"type_ids":\[0,')" = 1 ]
result $? "--special adds the tokens of a template"
[ "$(printf 'the cat\tthe mat\n' | $T encode -m bpe.json --special --pairs --json |
    grep -c 'type_ids":\[0.*,1\]')" = 1 ]
result $? "--pairs: the second text has type 1"
[ "$(echo "the cat" | $T encode -m bpe.json | $T decode -m bpe.json --json)" = '{"text":"the cat"}' ]
result $? "decode --json"
[ "$(echo "the cat" | $T encode -m bpe.json --pieces | $T decode -m bpe.json --pieces)" = "the cat" ]
result $? "pieces back to text"

# Other tools' files. twice NAME FORMAT MODEL [IMPORT-OPTION...] - exported, imported again, and the same as before.
twice() {
    name=$1 format=$2 model=$3
    shift 3
    rm -rf out.$format
    holds "export $name" $T export --format $format $model -o out.$format
    files=out.$format
    [ -d out.$format ] && files="out.$format/vocab.json out.$format/merges.txt"
    holds "import $name" $T import "$@" $files -o again.json
    holds "compare $name" $T compare --json $model again.json corpus
    grep -q '"equal":true' .out && grep -q '"lines_with_other_ids":0' .out
    result $? "equal ids after $name" "$(cut -c 1-300 .out)"
}
twice tokenizer.json huggingface bpe.json
twice "a sentencepiece model" sentencepiece uni.json
holds "train for sentencepiece" $T train --pattern spaces --normalization none --vocab-size 400 -q -o flat.json corpus
holds "a sentencepiece model of BPE" $T export --format sentencepiece flat.json -o flat.model
twice "a sentencepiece model as tokenizer.json" huggingface flat.model
twice "GPT-2's files" gpt2 gpt2.json
twice "tiktoken's ranks" tiktoken gpt2.json --pattern gpt2
twice "tiktoken's ranks by another name" tiktoken gpt2.json --pattern r50k_base
holds "info" $T info bpe.json again.json out.huggingface out.sentencepiece
[ "$(grep -c '^type ' .out)" -eq 4 ]
result $? "info of four files" "$(tr '\n' '~' <.out)"
holds "two tokenizers differ" $T compare bpe.json uni.json corpus
grep -q 'ids differ in' .out && grep -q '^corpus:1, token' .out
result $? "the first differences are shown" "$(head -n 4 .out | tr '\n' '~')"
fails 65 "normal form" $T export --format sentencepiece bpe.json -o x.model
fails 65 "byte fallback cannot be expressed in subword-nmt codes" $T export --format subword-nmt bpe.json -o x.codes
fails 65 "cannot be expressed in a tokenizer.json" $T export --format huggingface uni.json -o x.json
fails 65 "a unigram model" $T export --format huggingface out.sentencepiece -o x.json
fails 2 "pattern" $T import out.tiktoken -o x.json
fails 2 "no encoding is named" $T import out.tiktoken --pattern cl100k -o x.json
fails 2 "the format is missing" $T export bpe.json -o x
# Every type in every format: a file, or a refusal.
for type in char byte word bpe byte-bpe unigram wordpiece space ngram; do
    $T train --type $type --vocab-size 420 -q -o type.json corpus 2>err || cat err
    for format in quipu sentencepiece huggingface gpt2 tiktoken bert subword-nmt; do
        rm -rf made
        $T export --format $format type.json -o made 2>err
        exit=$?
        { [ $exit -eq 0 ] && [ -e made ]; } || { [ $exit -eq 65 ] && [ ! -e made ] && grep -q expressed err; }
        result $? "export $type as $format" "$exit $(cat err)"
    done
done
fails 2 "two files" $T import --format gpt2 out.gpt2/vocab.json -o x.json
fails 65 "not a known tokenizer file" $T info corpus
fails 66 "cannot" $T import nothing.json -o x.json
[ ! -e x.json ] && [ ! -e x.model ]
result $? "a refusal leaves no file"

# A damaged file of quipu's own format is an error.
sed 's/"nfc"/"nfd"/' bpe.json >edited.json
fails 65 "damaged or edited" $T info edited.json
head -c 2000 bpe.json >cut.json
fails 65 "cut or edited" $T info cut.json
sed 's/"version": 2/"version": 9/' bpe.json >newer.json
fails 65 "version 9 is unknown" $T info newer.json

# Subcommands with other tools' names.
holds "spm-train" $T spm-train --model_type=bpe --vocab_size=120 --byte-fallback=false \
    --user-defined-symbols "<x>" -o spm.model corpus
holds "spm-train into a tokenizer file of quipu" $T spm-train --model-type bpe --vocab-size 120 \
    --user-defined-symbols "<x>" -o spm.json corpus
holds "the same model in both" $T compare --json spm.model spm.json corpus
grep -q '"equal":true' .out
result $? "equal ids of both" "$(cut -c 1-200 .out)"
[ "$(echo "<x>the cat" | $T encode -m spm.model --pieces | grep -c '<x>')" = 1 ]
result $? "a user-defined symbol is one piece"
holds "learn-bpe" $T learn-bpe -s 30 -o codes corpus
head -n 1 codes | grep -q '^#version: 0.2$'
result $? "codes have a version" "$(head -n 1 codes)"
[ "$(echo "the hatter" | $T apply-bpe -c codes | sed "s/@@ //g")" = "the hatter" ]
result $? "apply-bpe: words come back without @@"
fails 2 "no codes given" $T apply-bpe corpus
fails 65 "not two symbols" $T apply-bpe -c corpus corpus

toy_pairs 30 >pairs
one_step="--steps 1 -q -m"
holds "a .model trains" "$QUIPU" train --train pairs --tokenizer spm.model $one_step x.safetensors
holds "a .model as JSON trains" "$QUIPU" train --train pairs --tokenizer spm.json $one_step y.safetensors

: >nothing
fails 65 "nothing: no text to learn pieces from" $T train --type bpe -o x.json nothing
fails 65 "stdin: no text to learn pieces from" $T train --type word -q -o x.json
