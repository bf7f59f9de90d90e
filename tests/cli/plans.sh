# Lengths and rates that cannot work are refused, and those that do not fit the run are reported by train itself.
. tests/cli/support

toy_pairs 40 >pairs
toy_pairs 5 >valid
train() {
    "$QUIPU" train --train pairs --valid valid --valid-metrics loss --tokenizer space --encoder transformer \
        --decoder transformer --emb-size 16 --heads 2 --threads 1 --progress never -m m.safetensors --overwrite "$@"
}
warns() {
    pattern=$1
    shift
    train --layers 1 "$@" 2>err
    [ $? -eq 0 ] && [ "$(grep -c '^warning: ' err)" -eq 1 ] && grep -q "^warning: $pattern" err
    result $? "$*" "$(cat err)"
}
fails 2 "layers 0: a model has at least one layer" train --layers 0
fails 2 "lr 0: nothing would be learned" train --layers 1 --lr 0
warns "--average 5: this run has only 3 validations" --steps 6 --valid-freq 2 --average 5 --lr-warmup 2
warns "--lr-warmup 50 does not end within the 6 updates .* use --lr-warmup 0" \
    --steps 6 --lr-schedule constant --lr-warmup 50
warns "the schedule ends after 4 updates, the run after 6: .* stays at 0; use --lr-total 6" --steps 6 --lr-warmup 2 \
    --lr-schedule linear --lr-total 4
train --layers 1 --steps 6 --valid-freq 2 --average 3 --lr-warmup 2 --lr-schedule cosine 2>err && ! grep -q warning err
result $? "a plan that fits" "$(cat err)"
fails 2 "'10x' is not a duration" train --layers 1 --time-limit 10x
fails 2 "reset" train --layers 1 --reset zebra

# What a configuration file says is not replaced by what the data would choose.
toy_pairs 40 >pairs
printf 'train: pairs\nemb-size: 24\nencoder: lstm\ndecoder: lstm\ntokenizer: word\nbatch-size: 99\n' >few.yaml
"$QUIPU" train few.yaml --steps 2 -q -m few.safetensors 2>err && "$QUIPU" info few.safetensors --json >info
grep -q '"encoder": *"lstm"' info && grep -q '"emb_size": *"\{0,1\}24' info &&
    grep -q '^  tokenizer: "word"' few.run/config.yaml && grep -q '^  batch-size: 99' few.run/config.yaml
result $? "options of a configuration file are kept" "$(cat err) $(head -c 300 info)"
cp few.safetensors before
"$QUIPU" train few.run/config.yaml --steps 2 2>err && cmp -s before few.safetensors
result $? "the configuration that a run wrote is that run's" "$(cat err)"
fails 2 "max-length 0 leaves no room" "$QUIPU" translate --max-length 0 -m m.safetensors

# Latin letters in Korean lines do not make them one script with English.
awk 'BEGIN { for (i = 0; i < 60; i++) print "오늘 날씨가 아주 좋아서 공원에 갑니다 " i "\tthe weather is fine today " i
    print "abcdefghijklmnopqrstuvwxyz\ta" }' >scripts
awk -F '\t' '{ print $2 "\t" $1 }' scripts >turned
for data in scripts turned; do
    "$QUIPU" train --train $data --dry-run -m no.safetensors >plan 2>&1 && grep -q 'two scripts' plan
    result $? "$data: two scripts" "$(head -n 5 plan)"
done

# A mean of more checkpoints than there will be is warned about only where it was asked for.
train --layers 1 --steps 3 --lr-warmup 1 2>err && grep -q "^run .*--average 5" err && ! grep -q warning err
result $? "a short run averages what it has" "$(cat err)"

# A terminal of 40 columns: no line is wider, and no word is broken.
command -v script >/dev/null || { skip "progress in a narrow terminal" "no script(1)"; exit 0; }
cat >narrow <<END
stty cols 40
exec "$QUIPU" train --train pairs --steps 30 --layers 1 --emb-size 16 --threads 1 -m narrow.safetensors
END
script -qec "sh narrow" /dev/null </dev/null | tr '\r' '\n' | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' >seen
widest=$(awk '{ if (length($0) > widest) widest = length($0) } END { print widest + 0 }' seen)
[ -s narrow.safetensors ] && [ "$widest" -gt 20 ] && [ "$widest" -le 40 ] && grep -q 'saved$\|saved ' seen
result $? "progress and notes fit a terminal of 40 columns" "$widest: $(cat seen)"
