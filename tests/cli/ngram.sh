# n-gram models: train, score, generate, evaluate, export to ARPA and import; KenLM's numbers.
. tests/cli/support

printf 'the cat sees the dog\nthe dog sees a cat\n\na cat , a dog .\nthe dog sleeps\n' >text
ngrams() { "$QUIPU" train --task lm --decoder ngram -q "$@"; }
ngram() { ngrams --train text "$@"; }
holds "counts words between white space" ngram --order 2 --tokenizer space -m m.safetensors
"$QUIPU" evaluate perplexity -m m.safetensors --test text --json >found &&
    [ "$(tr ',' '\n' <found | grep -c '"tokens":24\|"unknown":0')" -eq 2 ]
result $? "perplexity counts words, unknown ones, ends of lines, empty lines" "$(cat found)"
# the score of a line is its perplexity
printf 'the cat sleeps\n' >one
"$QUIPU" score -m m.safetensors one >score && "$QUIPU" evaluate perplexity -m m.safetensors --test one >found &&
    awk 'NR == FNR { s = $1; next } /^perplexity/ { d = $2 - exp(-s / 4); exit !(d < 0.001 && d > -0.001) }' score found
result $? "score and perplexity agree" "$(cat score found)"

# export to ARPA and import, also with another tokenizer's words
"$QUIPU" export -m m.safetensors -o m.arpa && "$QUIPU" import m.arpa -o back.safetensors &&
    "$QUIPU" score -m m.safetensors text >a && "$QUIPU" score -m back.safetensors text >b && cmp -s a b
result $? "out to ARPA and in again: the same scores" "$(diff a b | head -n 3)"
grep -q 'ngram 1=11' m.arpa && grep -q '	sees	' m.arpa
result $? "its words are those of the text" "$(head -n 12 m.arpa)"
ngram --tokenizer bpe --vocab-size 290 --order 3 -m p.safetensors && "$QUIPU" export p.safetensors -o p.arpa &&
    "$QUIPU" export p.safetensors -o p.json && "$QUIPU" import p.arpa --tokenizer p.json -o back.safetensors &&
    "$QUIPU" score -m p.safetensors text >a && "$QUIPU" score -m back.safetensors text >b &&
    paste a b | awk 'NF && ($1 - $2 > 0.001 || $2 - $1 > 0.001) { exit 1 }'
result $? "the same with subwords" "$(paste a b | head -n 3)"

# generated text ends by itself and is the same for any number of threads
"$QUIPU" generate -m m.safetensors -p 'the' --samples 8 --seed 5 --threads 1 >a &&
    "$QUIPU" generate -m m.safetensors -p 'the' --samples 8 --seed 5 --threads 4 >b && cmp -s a b &&
        [ "$(wc -l <a)" -eq 15 ]
result $? "generates the same text with any threads" "$(cat a)"
ngram --tokenizer char --order 6 --valid one -m c.safetensors &&
    "$QUIPU" generate -m c.safetensors --temp 0 -p 'the d' >a &&
    grep -q '^the dog' a
result $? "characters too" "$(cat a)"

fails 73 "overwrite" ngram --tokenizer space -m m.safetensors
holds "overwrites when asked" ngram --tokenizer space -m m.safetensors --overwrite
fails 2 "task lm" "$QUIPU" train --decoder ngram --train text -m x.safetensors
fails 2 "lm-window" ngram --lm-window 8 -m x.safetensors
fails 2 "prune" ngram --tokenizer space --prune 0,x -m x.safetensors
fails 2 "begin with 0" ngram --tokenizer space --prune 1,1 -m x.safetensors
fails 2 "decoder ngram" "$QUIPU" train --task lm --train text --order 3 -m x.safetensors
fails 66 "nowhere" ngrams --train nowhere -m x.safetensors
: >nothing
fails 65 "no lines" ngrams --tokenizer byte --train nothing -m x.safetensors
fails 65 "ARPA" "$QUIPU" import text -o x.safetensors
fails 2 "arpa" "$QUIPU" export m.safetensors -o x.gguf
fails 2 "use quipu generate" "$QUIPU" translate -m m.safetensors text
fails 2 "averaged" "$QUIPU" average -o x.safetensors m.safetensors m.safetensors
[ ! -e x.safetensors ]
result $? "nothing was made of what is wrong"

# KenLM's perplexity, of its ARPA file and of quipu's
cases=$top/../shared/oracles2/ngram/en
if [ -d "$cases" ]; then
    "$QUIPU" train --task lm --decoder ngram --order 3 --tokenizer space --train "$cases/train.txt" \
        -q -m k.safetensors &&
        "$QUIPU" import "$cases/kenlm_3.arpa" -o kenlm.safetensors &&
        for model in k kenlm; do "$QUIPU" evaluate perplexity -m $model.safetensors --test "$cases/test.txt"; done \
            >found
    [ "$(grep -c '^perplexity *76.5866$' found)" -eq 2 ]    # kenlm 2024: 10^(-sum of its log10 / 346 tokens)
    result $? "kenlm's perplexity to four digits" "$(cat found)"
else
    skip "kenlm's perplexity to four digits" "no ../shared/oracles2"
fi
echo "1..$number"
