# A pipe that stays open gets an answer for each line before the next one is written.
. tests/cli/support
has train || { skip "open pipes" "no train"; exit 0; }

# answers LINE COMMAND... - three times the line, each answered before the next.
answers() {
    line=$1
    shift
    rm -f pipe answer
    mkfifo pipe
    : >answer
    "$@" <pipe >answer 2>.err &
    exec 3>pipe
    why=
    for asked in 1 2 3; do
        printf '%s\n' "$line" >&3
        tries=0
        while [ "$(wc -l <answer)" -lt $asked ] && [ $tries -lt 100 ]; do
            sleep 0.1
            tries=$((tries + 1))
        done
        [ "$(wc -l <answer)" -eq $asked ] || why="$why line $asked has no answer;"
    done
    exec 3>&-
    wait $! || why="$why exit code $?"
    [ -z "$why" ]
    result $? "$(printf '%s ' "$@" | sed "s|$QUIPU|quipu|")" "$why $(cat .err)"
}
toy_pairs 60 >pairs
cut -f 1 pairs >src
cut -f 2 pairs >tgt
sed 's/^\(w[0-9]*\)/\1\t\1/; s/\(.*\)\t.*/\1/' pairs >labels
awk '{ for (i = 1; i <= NF; i++) print $i "\t" substr($i, 1, 2); print "" }' src >words.conll
small="--encoder gru --layers 1 --emb-size 8 --steps 2 -q --overwrite"
"$QUIPU" train --train pairs --tokenizer word --decoder gru $small -m pairs.safetensors &&
    "$QUIPU" train --task lm --train src --tokenizer word --decoder gru --layers 1 --emb-size 8 --steps 2 -q \
        -m lm.safetensors &&
    "$QUIPU" train --task classify --train labels $small -m labels.safetensors &&
    "$QUIPU" train --task tag --train words.conll $small -m tags.safetensors &&
    "$QUIPU" train --task match --train pairs $small -m match.safetensors &&
    "$QUIPU" embed -m match.safetensors -o src.npz src &&
    "$QUIPU" tokenizer train --type bpe --vocab-size 300 -q -o pieces.json src &&
    "$QUIPU" tokenizer learn-bpe -s 20 -o codes src
result $? "small models"
answers "w1 w2" "$QUIPU" translate -m pairs.safetensors
answers "w1 w2" "$QUIPU" translate -m pairs.safetensors --json
answers "w1 w2" "$QUIPU" score -m lm.safetensors
answers "w1 w2" "$QUIPU" predict -m labels.safetensors
answers "w1 w2" "$QUIPU" predict -m tags.safetensors
answers "w1 w2" "$QUIPU" embed -m match.safetensors
answers "w1 w2" "$QUIPU" search -m match.safetensors --index src.npz --texts src --top 1
answers "w1 w2" "$QUIPU" tokenizer encode -m pieces.json
answers "w1 w2" "$QUIPU" tokenizer encode -m pieces.json -t 3 --json
answers "" "$QUIPU" tokenizer encode -m pieces.json
answers "262 263" "$QUIPU" tokenizer decode -m pieces.json
answers "262 263" "$QUIPU" tokenizer decode -m pieces.json -t 3
answers "w1 w2" "$QUIPU" tokenizer moses
answers "w1 w2" "$QUIPU" tokenizer apply-bpe -c codes
