# quipu average: models whose weights mean something else are refused, not averaged.
. tests/cli/support

printf 'a b\nb a\na a\n' >ab
printf 'c d\nd c\nc c\n' >cd
printf 'x\ta b\ny\tb a\n' >labels
printf 'y\ta b\nx\tb a\n' >other_labels
for scale in 1 10; do
    awk -v s=$scale 'BEGIN { print "v"; for (i = 0; i < 60; i++) print s * (i % 7) }' >series$scale.csv
done
train() {
    "$QUIPU" train --threads 1 --layers 1 --emb-size 16 --ff-size 16 --heads 2 --steps 2 --valid none -q "$@"
}
lm() { train --task lm --tokenizer char --decoder transformer --activation relu --lm-window 0 "$@"; }
average() { "$QUIPU" average -o mean.safetensors "$@"; }
lm --train ab --dropout 0 -m a.safetensors && lm --train ab --dropout 0.3 --seed 2 -m b.safetensors
lm --train cd -m tokens.safetensors && lm --train ab --heads 4 -m heads.safetensors &&
    lm --train ab --activation gelu -m gelu.safetensors
for order in labels other_labels; do
    train --task classify --encoder transformer --tokenizer char --train $order -m $order.safetensors
done
for scale in 1 10; do
    train --task regress --encoder transformer --train series$scale.csv --window 6 -m series$scale.safetensors
done
holds "models of one kind" average a.safetensors b.safetensors
fails 65 "heads is 4, that of a.safetensors is 2" average a.safetensors heads.safetensors
fails 65 "activation is gelu" average a.safetensors b.safetensors gelu.safetensors
fails 65 "tokens.safetensors: its target tokenizer is not that of a.safetensors" \
    average a.safetensors tokens.safetensors
fails 65 "list of labels, or its order" average labels.safetensors other_labels.safetensors
fails 65 "scaling or list of columns" average series1.safetensors series10.safetensors
