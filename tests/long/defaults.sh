# What `train` gives with the data and -m alone: a row for each corpus, its score, the time it took, and the score it
# must reach: the issue's figure, or 95 % of the best options known for the same time (README, "Your own data"). The
# scored parts are never trained on. ROWS="names nsmc" runs some of them; the rows of Multi30k, 15 minutes or an hour
# each, run only when they are named. THREADS=1 uses one thread.
. tests/cli/support
data=$top/../shared/data
[ -d "$data/nsmc" ] || { skip "defaults" "no ../shared/data"; exit 0; }

# row NAME METRIC BOUND TEST OPTION... - train with the options and compare evaluate's score with the bound: at least
# it, or at most it for errors and nats. TEST: the options of evaluate.
row() {
    model=$1 metric=$2 bound=$3 test=$4
    shift 4
    case " $ROWS " in "  ") case $model in multi30k*) return 0 ;; esac ;; *" $model "*) ;; *) return 0 ;; esac
    begun=$(date +%s)
    holds "$model is learned" "$QUIPU" train "$@" ${THREADS:+--threads $THREADS} --quiet -m "$model.safetensors"
    seconds=$(($(date +%s) - begun))
    # shellcheck disable=SC2086
    "$QUIPU" evaluate "$metric" -m "$model.safetensors" $test --json >score.json
    score=$(tr ",{}" "\n\n\n" <score.json |
        sed -n "s/^\"\(score\|$metric\)\": *\([-0-9.e][-0-9.e]*\)\$/\2/p" | head -n 1)
    # Nats per character, whatever the pieces.
    [ "$metric" = perplexity ] && score=$(tr ",{}" "\n\n\n" <score.json |
        awk -F : '/^"bits_per_character"/ { print $2 * log(2) }')
    echo "# $model: $metric $score (bound $bound), $seconds s"
    case $metric in
    mae | perplexity) awk -v s="$score" -v t="$bound" 'BEGIN { exit !(s != "" && s <= t) }' ;;
    *) awk -v s="$score" -v t="$bound" 'BEGIN { exit !(s != "" && s >= t) }' ;;
    esac
    result $? "$model: $metric, bound $bound" "$score"
}

# Texts with a label.
awk 'FNR == 1 { language = FILENAME; gsub(/.*\/|\.txt/, "", language) }
    !seen[language, $0]++ { print language "\t" $0 > (++n % 10 == 5 ? "names.test" : "names.train") }' \
    "$data"/names/*.txt
row names accuracy 80 "--test names.test" --task classify --train names.train
row rt-polarity accuracy 77.7 "--test $data/rt_polarity/dev.tsv" --task classify --train "$data/rt_polarity/train.tsv"
row sms-spam accuracy 98.5 "--test $data/sms_spam/dev.tsv" --task classify --train "$data/sms_spam/train.tsv"
row nsmc accuracy 83.9 "--test $data/nsmc/dev.tsv" --task classify --train "$data/nsmc/train.tsv.gz"

# Words with a tag.
row ewt accuracy 92.5 "--test $data/ud_english_ewt/dev.conllu.gz" --task tag \
    --train "$data/ud_english_ewt/train.conllu.gz"
row gsd accuracy 88.8 "--test $data/ud_korean_gsd/dev.conllu.gz" --task tag \
    --train "$data/ud_korean_gsd/train.conllu.gz"
row klue entity-f1 66 "--test $data/klue_ner/dev.tsv" --task tag --train "$data/klue_ner/train.tsv.gz"

# Series, a year or twelve steps ahead; the last fifth is scored.
series() {
    rows=$(($(wc -l <"$1") - 1))
    head -n $((rows * 4 / 5 + 1)) "$1" >"$2.train"
    { head -n 1 "$1" && tail -n +$((rows * 4 / 5 + 2)) "$1"; } >"$2.test"
}
series "$data/timeseries/monthly_sunspots.csv" sunspots
series "$data/timeseries/co2_monthly_mlo.csv" co2
series "$data/timeseries/daily_min_temperatures.csv" temperatures
row sunspots mae 18.7 "--test sunspots.test" --task regress --train sunspots.train --column Sunspots --horizon 12
row co2 mae 0.64 "--test co2.test" --task regress --train co2.train --column Average --horizon 12
row temperatures mae 2.08 "--test temperatures.test" --task regress --train temperatures.train --column Temp \
    --horizon 12

# Running text, in nats per character.
row shakespeare perplexity 1.60 "--test $data/tinyshakespeare/val.txt" --task lm \
    --train "$data/tinyshakespeare/train.txt"

head -n 3384 "$data/wikitext2/valid.txt" >wikitext.train
tail -n +3385 "$data/wikitext2/valid.txt" >wikitext.test
row wikitext perplexity 1.39 "--test wikitext.test" --task lm --train wikitext.train

# Pairs of sentences.
row ko-en bleu 16.5 "--src $data/tatoeba_eng_kor/dev.ko --ref $data/tatoeba_eng_kor/dev.en" \
    --train-src "$data/tatoeba_eng_kor/train.ko" --train-tgt "$data/tatoeba_eng_kor/train.en"
row en-ko bleu 7 "--src $data/tatoeba_eng_kor/dev.en --ref $data/tatoeba_eng_kor/dev.ko" \
    --train-src "$data/tatoeba_eng_kor/train.en" --train-tgt "$data/tatoeba_eng_kor/train.ko"
multi30k="--train-src $data/multi30k/train.en.gz --train-tgt $data/multi30k/train.de.gz"
german="--src $data/multi30k/test_2016.en --ref $data/multi30k/test_2016.de --lower-case"
# shellcheck disable=SC2086
row multi30k bleu 33 "$german" $multi30k --time-limit 15m
# shellcheck disable=SC2086
row multi30k-hour bleu 39 "$german" $multi30k --time-limit 60m

# The other directions, 15 minutes each.
for pair in de-en:40 en-fr:56; do
    bound=${pair#*:} pair=${pair%:*}
    from=${pair%-*} to=${pair#*-}
    # shellcheck disable=SC2086
    row multi30k-$pair bleu "$bound" \
        "--src $data/multi30k/test_2016.$from --ref $data/multi30k/test_2016.$to --lower-case" \
        --train-src "$data/multi30k/train.$from.gz" --train-tgt "$data/multi30k/train.$to.gz" --time-limit 15m
done
