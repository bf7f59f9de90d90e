# Multi30k, German to English, from fixed context to attention: the models of bentrevett's tutorials, which differ only
# in their flags. BLEU on test_2016 in lower case, beam 5. WHICH="gru" runs some of them; all take about an hour of one
# core. THREADS=1 uses one thread.
. tests/cli/support
data=$top/../shared/data/multi30k
[ -d "$data" ] || { skip "translators" "no ../shared/data/multi30k"; exit 0; }

# translates NAME LEAST OPTION...
translates() {
    model=$1 least=$2
    shift 2
    [ -z "$WHICH" ] || case " $WHICH " in *" $model "*) ;; *) return 0 ;; esac
    holds "$model is learned" "$QUIPU" train --train-src "$data/train.de.gz" --train-tgt "$data/train.en.gz" \
        --valid-src "$data/val.de" --valid-tgt "$data/val.en" --lower-case --tokenizer bpe --vocab-size 8000 \
        --share-vocab --label-smoothing 0.1 --clip-norm 1 --lr-schedule cosine ${THREADS:+-t $THREADS} "$@" \
        -m "$model.safetensors"
    "$QUIPU" translate -m "$model.safetensors" -b 5 "$data/test_2016.de" >said.en
    "$QUIPU" evaluate bleu --lower-case --hyp said.en --ref "$data/test_2016.en" --json >score.json
    score=$(sed 's/.*"score": *\([0-9.]*\).*/\1/' score.json)
    echo "# $model: $(cat score.json)"
    awk -v s="$score" -v t="$least" 'BEGIN { exit !(s >= t) }'
    result $? "$model: BLEU of $least or more" "$score"
}

recurrent="--layers 1 --emb-size 256 --hidden-size 384 --dropout 0.3 --batch-size 1536 --lr 0.002 --lr-warmup 200"
translates lstm 14 --encoder lstm --decoder lstm --attention none $recurrent --steps 900 --valid-freq 300
translates gru 21 --encoder gru --decoder gru --attention none --context-feeding $recurrent --steps 1500 \
    --valid-freq 500
translates bigru 29 --encoder gru --bidirectional --decoder gru --attention bahdanau $recurrent --steps 1800 \
    --valid-freq 600
translates transformer 37 --tied-embeddings-all --layers 4 --emb-size 128 --ff-size 256 --heads 4 --dropout 0.3 \
    --batch-size 2048 --lr 0.004 --lr-warmup 1000 --steps 6000 --valid-freq 300 --average 5
