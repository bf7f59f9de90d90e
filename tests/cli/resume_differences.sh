# A run that is started again with other options or data: the message names what differs.
. tests/cli/support

toy_pairs 30 | cut -f 1 >src
toy_pairs 30 | cut -f 2 >tgt
toy_pairs 6 >valid
train() {
    "$QUIPU" train --train-src src --train-tgt tgt --valid valid --valid-metrics loss --tokenizer space --layers 1 \
        --encoder transformer --decoder transformer --emb-size 16 --ff-size 16 --heads 2 \
        --dropout 0.1 --lr-schedule inv-sqrt --threads 1 --steps 4 --save-freq 2 --lr 0.001 -q -m m.safetensors "$@"
}
holds "a run" train
fails 2 "(lr: 0.002, was 0.001)" train --lr 0.002
fails 2 "(emb-size: 32, was 16; dropout: 0.5, was 0.1)" train --emb-size 32 --dropout 0.5
cp src kept
sed 's/w1/w2/' kept >src
fails 2 "(train-src: its content changed)" train
cp kept src
sed 1d valid >shorter && cp valid whole && cp shorter valid
fails 2 "the content of the validation data changed" train
cp whole valid
holds "the same again" train --steps 6
