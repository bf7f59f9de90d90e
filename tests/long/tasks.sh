# The one-file tasks on public data, one command each: time and quality of labels, tags and forecasts. About eight
# minutes of one core. The scored parts are never trained on.
. tests/cli/support
data=$top/../shared/data
[ -d "$data/nsmc" ] || { skip "tasks" "no ../shared/data"; exit 0; }

# learns NAME OPTION... - train NAME.safetensors, quietly.
learns() {
    name=$1
    shift
    holds "$name is learned" "$QUIPU" train "$@" --lr-schedule cosine --quiet -m "$name.safetensors"
}

# reaches LEAST METRIC NAME FILE - the model's score on the file.
reaches() {
    "$QUIPU" evaluate "$2" -m "$3.safetensors" --test "$4" --json >score.json
    score=$(sed 's/.*"'"$2"'": *{*\("score": *\)*\([0-9.]*\).*/\2/' score.json)
    echo "# $3: $(cat score.json)"
    awk -v s="$score" -v t="$1" 'BEGIN { exit !(s >= t) }'
    result $? "$3: $2 of $1 or more" "$score"
}

# Names of 18 languages; one in ten distinct names is scored (PyTorch's tutorial).
awk 'FNR == 1 { language = FILENAME; gsub(/.*\/|\.txt/, "", language) }
    !seen[language, $0]++ { print language "\t" $0 > (++n % 10 == 5 ? "names.test" : "names.train") }' \
    "$data"/names/*.txt
learns names --task classify --train names.train --tokenizer char --vocab-size 400 --encoder lstm --bidirectional \
    --hidden-size 128 --emb-size 64 --enc-layers 1 --dropout 0.3 --batch-size 1000 --lr 0.004 \
    --lr-warmup 100 --steps 1200
reaches 80 accuracy names names.test

# Korean film reviews, good or bad.
learns reviews --task classify --train "$data/nsmc/train.tsv.gz" --tokenizer bpe --vocab-size 8000 --encoder lstm \
    --bidirectional --hidden-size 64 --emb-size 64 --enc-layers 1 --pooling max --dropout 0.4 --batch-size 4000 \
    --lr 0.003 --lr-warmup 100 --steps 400
reaches 80 accuracy reviews "$data/nsmc/dev.tsv"

# Parts of speech with subword pieces.
tagger="--task tag --tokenizer bpe --encoder lstm --bidirectional --enc-layers 1 --dropout 0.4 --batch-size 2000"
learns english-tags $tagger --train "$data/ud_english_ewt/train.conllu.gz" --vocab-size 8000 --hidden-size 128 \
    --emb-size 128 --lr 0.003 --lr-warmup 100 --steps 600
reaches 91 accuracy english-tags "$data/ud_english_ewt/dev.conllu.gz"
learns korean-tags $tagger --train "$data/ud_korean_gsd/train.conllu.gz" --vocab-size 4000 --hidden-size 96 \
    --emb-size 96 --lr 0.004 --lr-warmup 50 --steps 500
reaches 90 accuracy korean-tags "$data/ud_korean_gsd/dev.conllu.gz"

# Names of people, places, times ...: tags of whole sentences by a conditional random field.
names="--task tag --crf --encoder lstm --bidirectional --dropout 0.4 --lr-warmup 50 --steps 500"
learns korean-names $names --train "$data/klue_ner/train.tsv.gz" --tokenizer word --vocab-size 2000 --enc-layers 2 \
    --hidden-size 96 --emb-size 96 --batch-size 4000 --lr 0.004
reaches 65 entity-f1 korean-names "$data/klue_ner/dev.tsv"
learns rare-names $names --train "$data/wnut17/train.conll" --tokenizer bpe --vocab-size 4000 --enc-layers 1 \
    --word-layers 1 --hidden-size 100 --emb-size 100 --batch-size 2000 --lr 0.003
reaches 21 entity-f1 rare-names "$data/wnut17/dev.conll"

# The same after pretraining on the parts of speech of EWT, which tell names from other words.
names="--task tag --encoder lstm --bidirectional --enc-layers 1 --word-layers 1 --hidden-size 128 --emb-size 128
    --lr 0.003 --lr-warmup 50 --batch-size 2000"
holds "speech is learned" "$QUIPU" train $names --train "$data/ud_english_ewt/train.conllu.gz" --tokenizer bpe \
    --vocab-size 6000 --dropout 0.33 --lr-schedule linear --lr-total 460 --epochs 4 --quiet -m speech.safetensors
learns rare-pretrained $names --crf --train "$data/wnut17/train.conll" --init-from speech.safetensors --dropout 0.5 \
    --word-dropout-src 0.05 --steps 500
reaches 26 entity-f1 rare-pretrained "$data/wnut17/dev.conll"

# Korean names after pretraining on the morphemes of GSD: each character with its morpheme's tag, a space between words.
zcat "$data/ud_korean_gsd/train.conllu.gz" | LC_ALL=C awk -F'\t' '
    function put(text, tag,    at, bytes, first) {
        for (at = 1; at <= length(text); at += bytes) {
            first = substr(text, at, 1)
            bytes = first < "\300" ? 1 : first < "\340" ? 2 : first < "\360" ? 3 : 4
            print substr(text, at, bytes) "\t" (at == 1 ? "B-" : "I-") tag
        }
    }
    $1 ~ /^[0-9]+$/ {
        if (space) print " \tO"
        parts = split($3, lemma, "+"); tags = split($5, tag, "+"); joined = $3; gsub(/\+/, "", joined)
        if (parts == tags && joined == $2) for (k = 1; k <= parts; k++) put(lemma[k], tag[k])
        else put($2, $5 ~ /\+/ ? $4 : $5)
        space = $10 !~ /SpaceAfter=No/
    }
    /^$/ { print ""; space = 0 }' >morphemes
{
    cut -f 1 morphemes | tr '\n' ' '
    echo
    zcat "$data/klue_ner/train.tsv.gz" | grep -v '^##' | cut -f 1 | tr '\n' ' '
} >characters
"$QUIPU" tokenizer train --type char --vocab-size 3000 -o characters.json characters 2>/dev/null
names="--task tag --crf --tokenizer characters.json --encoder lstm --bidirectional --enc-layers 2 --hidden-size 128
    --emb-size 96 --lr 0.003 --lr-schedule linear --quiet"
holds "morphemes is learned" "$QUIPU" train $names --train morphemes --dropout 0.3 --batch-size 3000 --lr-warmup 50 \
    --lr-total 420 --steps 267 -m morphemes.safetensors
holds "names-pretrained is learned" "$QUIPU" train $names --train "$data/klue_ner/train.tsv.gz" \
    --init-from morphemes.safetensors --dropout 0.4 --batch-size 2000 --lr-warmup 20 --lr-total 610 --epochs 5 \
    -m names-pretrained.safetensors
reaches 67 entity-f1 names-pretrained "$data/klue_ner/dev.tsv"

# Sunspots, twelve months ahead; the last fifth of the years is scored.
sunspots=$data/timeseries/monthly_sunspots.csv
head -2257 "$sunspots" >sun.train
{ head -1 "$sunspots"; tail -n +2258 "$sunspots"; } >sun.test
learns sunspots --task regress --train sun.train --column Sunspots --window 48 --horizon 12 --encoder gru \
    --hidden-size 32 --emb-size 32 --enc-layers 1 --dropout 0.3 --batch-size 64 --batch-type sentence \
    --lr 0.003 --lr-warmup 100 --steps 1500
"$QUIPU" evaluate mae,rmse -m sunspots.safetensors --test sun.test --train sun.train | tee forecasts | sed 's/^/# /'
awk '/^model/ { mae = $2; rmse = $3 } /^(naive|line)/ && (mae >= $2 || rmse >= $3) { exit 1 } END { exit !mae }' \
    forecasts
result $? "sunspots: better than the naive, the straight and the linear forecast" "$(cat forecasts)"

# Few labels: 300 sentences alone, and after pretraining a masked language model on the whole text.
zcat "$data/ud_english_ewt/train.conllu.gz" | awk -F'\t' '$1 ~ /^[0-9]+$/ { line = line (line == "" ? "" : " ") $2 }
    /^$/ { if (line != "") print line; line = "" }' >text
zcat "$data/ud_english_ewt/train.conllu.gz" | awk '/^$/ && ++n == 300 { exit } { print }' >few
learns mlm --task mlm --train text --tokenizer bpe --vocab-size 4000 --encoder lstm --bidirectional --enc-layers 1 \
    --hidden-size 96 --emb-size 96 --dropout 0.1 --batch-size 4000 --lr 0.004 --lr-warmup 100 --steps 600
few="--task tag --train few --tokenizer mlm.run/tokenizer-source.json --encoder lstm --bidirectional --enc-layers 1
    --hidden-size 96 --emb-size 96 --dropout 0.4 --batch-size 500 --lr 0.003 --lr-warmup 50 --steps 250"
learns alone $few
learns pretrained $few --init-from mlm.safetensors
reaches 50 accuracy alone "$data/ud_english_ewt/dev.conllu.gz"
alone=$score
reaches "$(awk -v s="$alone" 'BEGIN { print s + 3 }')" accuracy pretrained "$data/ud_english_ewt/dev.conllu.gz"
