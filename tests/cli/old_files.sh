# Files of released versions (tests/old/VERSION, made by that version) load for ever and still mean the same: models of
# every task, tokenizers, and a run that was stopped.
. tests/cli/support
old=$top/tests/old

# near NAME FILE EXPECTED - the same words; numbers may differ by a ten-thousandth (kernels differ in the last bits).
near() {
    paste -d '\n' "$2" "$3" | awk '
        NR % 2 { line = $0; next }
        { n = split(line, a, /[ \t]+/); if (n != split($0, b, /[ \t]+/)) exit 1
          for (i = 1; i <= n; i++) {
              number = a[i] ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ && b[i] ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/
              away = number ? a[i] - b[i] : a[i] != b[i]
              if (away > 0.0001 * (1 + (b[i] < 0 ? -b[i] : b[i])) || -away > 0.0001 * (1 + (b[i] < 0 ? -b[i] : b[i])))
                  exit 1 } }'
    result $? "$1" "$(head -n 2 "$2" | tr '\n' '~')"
}

for version in "$old"/*/; do
    v=$(basename "$version")
    printf 'w1 w2 w0\nw3 w0\n' >lines
    printf 'w1 w2 w0\tv1 v2\nw3 w0\tv0\n' >pairs
    printf 'see Ann\n' >words
    for name in gru transformer labels tags series language ngram; do
        model=$version$name.safetensors
        case $name in
        gru | transformer) command="score pairs" ;;
        labels) command="predict lines" ;;
        tags) command="predict words" ;;
        series) command="predict ${version}series.csv" ;;
        language | ngram) command="score lines" ;;
        esac
        "$QUIPU" ${command%% *} -m "$model" "${command#* }" >out 2>err
        result $? "$v: $command, $name" "$(head -c 300 err)"
        [ -z "$RECORD" ] || cp out "$version$name.expected"
        near "$v: what $name says" out "$version$name.expected"
    done
    for name in word bpe; do
        "$QUIPU" tokenizer encode -m "$version$name.json" lines >out 2>err
        result $? "$v: tokenizer $name" "$(head -c 300 err)"
        [ -z "$RECORD" ] || cp out "$version$name.expected"
        cmp -s out "$version$name.expected"
        result $? "$v: ids of $name" "$(head -n 1 out)"
    done
    rm -rf run.*
    cp -r "${version}run.run" "${version}run.safetensors" "${version}run-pairs" .
    "$QUIPU" train run.run/config.yaml --steps 6 2>err >out && "$QUIPU" info run.safetensors >out 2>>err
    result $? "$v: a stopped run goes on" "$(head -c 300 err)"
    [ -e run.run/state-00000006.safetensors ] && ! grep -q -i 'damaged' err
    result $? "$v: from its last save" "$(ls run.run | tr '\n' ' ')"
done
