# Multi30k, English to German, from the raw files: one `quipu train`, BLEU on test_2016 in lower case with beam 5.
# After 20 million target tokens: 38 or more. At the end of the run, 18,000 updates or 36.7 million tokens: 41 or more.
# Half an hour each on two cores. The README has the same commands.
. tests/cli/support
data=$top/../shared/data/multi30k
[ -d "$data" ] || { skip "Multi30k" "no ../shared/data/multi30k"; exit 0; }

train() {
    "$QUIPU" train --train-src "$data/train.en.gz" --train-tgt "$data/train.de.gz" \
        --valid-src "$data/val.en" --valid-tgt "$data/val.de" \
        --tokenizer bpe --vocab-size 10000 --share-vocab --tied-embeddings-all --lower-case \
        --layers 4 --emb-size 128 --ff-size 256 --heads 4 --dropout 0.3 --label-smoothing 0.1 \
        --batch-size 2048 --lr 0.004 --lr-schedule cosine --lr-warmup 2000 --lr-total 18000 --clip-norm 1 \
        --valid-freq 300 --average 10 "$@" -m en-de.safetensors
}

# reaches BLEU NAME - the model's score on the test set.
reaches() {
    "$QUIPU" translate -m en-de.safetensors -b 5 "$data/test_2016.en" >said.de
    "$QUIPU" evaluate bleu --lower-case --hyp said.de --ref "$data/test_2016.de" --json >score.json
    score=$(sed 's/.*"score": *\([0-9.]*\).*/\1/' score.json)
    echo "# $2: $(cat score.json)"
    awk -v s="$score" -v t="$1" 'BEGIN { exit !(s >= t) }'
    result $? "$2: BLEU of $1 or more" "$score"
}

holds "training on 20 million target tokens" train --train-tokens 20000000
reaches 38 "20 million target tokens"
holds "the run to its end" train --steps 18000
reaches 41 "18,000 updates"
