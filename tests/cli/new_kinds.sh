# Kinds of layers, of codes and of vectors: each is stopped and resumed to the same bytes with other numbers of threads,
# and answers each line alike, whatever is in its batch.
. tests/cli/support
has train || { skip "new kinds" "no train"; exit 0; }
toy_pairs 300 >pairs
cut -f 1 pairs | head -n 40 >source
awk '{ print $0, $1, $2 }' source | awk 'NR % 3 { print } NR % 3 == 0 { print $1, $2 }' >lines

common="--valid none --tokenizer word --layers 1 --emb-size 16 --batch-size 256 --lr 0.01 --lr-schedule constant
    --lr-warmup 0 --dropout 0.1 --save-freq 4 -q"

# resumed NAME OPTION... - leaves the model in one.safetensors.
resumed() {
    name=$1
    shift
    rm -rf one.* other.*
    "$QUIPU" train $common "$@" --steps 12 --threads 1 -m one.safetensors 2>.err &&
        "$QUIPU" train $common "$@" --steps 5 --threads 3 -m other.safetensors 2>.err &&
        "$QUIPU" train $common "$@" --steps 12 --threads 4 -m other.safetensors 2>.err &&
        cmp -s one.safetensors other.safetensors
    result $? "$name: stopped and resumed with other threads, the same bytes" "$(cat .err)"
}
# alone NAME COMMAND OPTION... - the same output one by one and in batches.
alone() {
    name=$1 command=$2
    shift 2
    "$QUIPU" "$command" -m one.safetensors "$@" --batch-size 1 -t 1 lines >small 2>.err &&
        "$QUIPU" "$command" -m one.safetensors "$@" --batch-size 64 -t 4 lines >large 2>>.err && cmp -s small large &&
        [ "$(wc -l <small)" -eq 40 ]
    result $? "$name: each line alike, whatever its batch" "$(head -n 3 .err small)"
}

pairs="--train pairs --ff-size 16 --heads 2"
resumed "experts" $pairs --encoder transformer --decoder transformer --experts 4 --experts-per-token 2
alone "experts" translate -b 3 --scores sentence
resumed "mamba" --train pairs --encoder mamba --bidirectional --decoder mamba --heads 2
alone "mamba" translate -b 3 --scores sentence
resumed "coverage" --train pairs --encoder gru --decoder gru --attention coverage
alone "coverage" translate -b 3 --scores sentence
resumed "batch norm" --train pairs --encoder conv --decoder lstm --rnn-norm --norm-type batch --highway
alone "batch norm and highway" translate -b 3 --scores sentence

cut -f 1 pairs >text
resumed "codes" --task autoencode --train text --encoder gru --decoder gru --codebook 8 --codes 4
"$QUIPU" predict -m one.safetensors -t 1 lines >codes 2>.err && "$QUIPU" predict -m one.safetensors -t 4 lines |
    cmp -s - codes
result $? "codes: the same with other threads" "$(cat .err)"
mv lines texts && cp codes lines
alone "codes" translate --from-codes
mv texts lines
"$QUIPU" train --task lm --lm-window 0 --train codes --valid none --tokenizer space --decoder gru --layers 1 \
    --emb-size 8 --epochs 30 --batch-size 64 --lr 0.02 --lr-warmup 0 -q -m code-lm.safetensors 2>.err &&
    "$QUIPU" generate -m code-lm.safetensors -n 0 --samples 6 --temp 0.3 2>.err | grep -v -e --- |
    awk 'NF == 4' >written && [ -s written ] &&
    [ "$("$QUIPU" translate -m one.safetensors --from-codes written 2>>.err | wc -l)" -eq "$(wc -l <written)" ]
result $? "a language model over codes writes codes, and they become text" "$(cat .err written)"

resumed "matching texts" --task match --train pairs --encoder transformer --ff-size 16 --heads 2 --pooling attention
"$QUIPU" embed -m one.safetensors -t 4 -f lines 2>.err | head -n 5 >together
head -n 5 lines | while read -r line; do echo "$line" | "$QUIPU" embed -m one.safetensors -t 1; done >alone 2>>.err
cmp -s together alone && [ "$(wc -l <alone)" -eq 5 ]
result $? "matching texts: each vector alike, whatever its batch" "$(cat .err)"
"$QUIPU" attend -m one.safetensors --text "$(head -n 1 lines)" >.out 2>.err && grep -q '^vector' .out
result $? "matching texts: attend draws what a vector is made of" "$(cat .err)"
