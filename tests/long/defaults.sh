# What `train` gives with the data and -m alone: a row for each corpus, its score, the time it took, and the score it
# must reach: the figure, or 95 % of the best options known for the same time (README, "Your own data"). The
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
    score=$(tr ',{' '\n\n' <score.json | sed -n 's/^"\(score\|nats_per_token\|'"$metric"'\)": *\([-0-9.e]*\).*/\2/p' | head -n 1)
    echo "# $model: $metric $score (bound $bound), $seconds s"
    case $metric in
    mae | perplexity) awk -v s="$score" -v t="$bound" 'BEGIN { exit !(s != "" && s <= t) }' ;;
    *) awk -v s="$score" -v t="$bound" 'BEGIN { exit !(s != "" && s >= t) }' ;;
    esac
    result $? "$model: $metric, bound $bound" "$score"
}
