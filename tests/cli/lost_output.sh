# Output that cannot be written: every command reports it in one line, exits with 73 or 74 and leaves no partial file.
. tests/cli/support
has train || { skip "lost output" "no train"; exit 0; }
holds "train a small model" toy_train m.safetensors
[ -s m.safetensors ] || exit 1
toy_pairs 5 >pairs
cut -f 1 pairs >src
cut -f 2 pairs >tgt
sed "s/^\(w[0-9]*\)/\1\t\1/; s/\(.*\)\t.*/\1/" pairs >labels
holds "train a small classifier" "$QUIPU" train --task classify --train labels --tokenizer word --encoder gru \
    --layers 1 \
    --emb-size 8 --steps 2 -q -m c.safetensors
rm -rf c.run
others() { ls -A | grep -vE '^(\.out|\.err|before|after|lines)$'; }
others >before

# lost COMMAND LINE - with stdout full, and closed
lost() {
    fails 74 stdout sh -c "\"\$QUIPU\" $1 >/dev/full"
    fails 74 stdout sh -c "\"\$QUIPU\" $1 >&-"
}
lost "translate -m m.safetensors src"
lost "translate -m m.safetensors --json src"
has info && lost "info m.safetensors"
has score && lost "score -m m.safetensors --src src --tgt tgt"
has evaluate && lost "evaluate bleu --hyp tgt --ref tgt"
has attend && lost "attend -m m.safetensors --src w1 -o -"
has predict && lost "predict -m c.safetensors src"
has predict && lost "evaluate -m c.safetensors --test labels"
has tokenizer && lost "tokenizer train --type word -o - src"

# unwritable PREFIX - files that cannot be created: no such folder, a file as folder, a read-only folder
unwritable() {
    for place in absent/out src/out /proc/out; do
        fails 73 "$place" sh -c "\"\$QUIPU\" $1 -o $place$2"
    done
    ln -s /dev/full "full$2"
    fails 74 "full$2" sh -c "\"\$QUIPU\" $1 -o full$2"
    [ -c "full$2" ] && rm "full$2"
    result $? "the device stays"
}
has average && unwritable "average m.safetensors m.safetensors" .safetensors
has attend && unwritable "attend -m m.safetensors --src w1" .html
has tokenizer && unwritable "tokenizer train --type word src" .json
others >after
cmp -s before after
result $? "nothing was left behind" "$(cat after)"

# A signal that ends a command leaves no temporary file and no lock.
ended() {
    signal=$1
    shift
    mkfifo lines
    "$@" <lines >.out 2>.err &
    exec 3>lines
    head -n 1 src >&3
    tries=0
    while others | cmp -s - before && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    made=$(ls -d ./*.tmp)
    kill -s "$signal" $!
    wait $!
    code=$?
    exec 3>&-
    rm lines
    others >after
    [ $code -gt 128 ] && [ "$made" ] && cmp -s before after
    result $? "SIG$signal: $(printf '%s ' "$@" | sed "s|$QUIPU|quipu|")" "exit code $code: $(diff before after)"
}
others >before
for signal in TERM HUP; do
    sh -c "kill -s $signal \$\$" 2>/dev/null && { skip "SIG$signal" "it is ignored here, as under nohup"; continue; }
    ended $signal "$QUIPU" translate -m m.safetensors -o translated
done
