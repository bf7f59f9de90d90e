# Options that the chosen model, optimizer, schedule or task does not read are refused; what a run wrote can be loaded.
. tests/cli/support

toy_pairs 20 >pairs
train() { "$QUIPU" train --train pairs --threads 1 --layers 1 --emb-size 16 --steps 1 -q -m m.safetensors "$@"; }
refused() {
    pattern=$1
    shift
    fails 2 "$pattern" train "$@"
}
refused "for --optimizer momentum, nesterov, lars or muon: add that, or leave --momentum out" \
    --optimizer sgd --momentum 0.9
refused "for --optimizer rmsprop" --rmsprop-alpha 0.9
refused "for --optimizer adam or adamw" --optimizer lion --amsgrad
refused "for convolutions (--encoder conv or text-cnn)" --kernel-size 5
refused "for --pos rope" --rope-base 500
refused "for --task regress" --horizon 3
refused "for --loss focal" --focal-gamma 1
refused "for --loss poly1, z-loss, confidence-penalty or unlikelihood" --loss-weight 0.1
refused "for --loss quantile" --quantiles 0.1,0.9
refused "for --lr-schedule multistep" --lr-schedule cosine --lr-milestones 10
refused "for --lr-cycle exp-range" --lr-schedule cyclical --lr-max 1 --lr-gamma 0.9
refused "for a transformer" --encoder gru --decoder gru --heads 4
refused "for recurrent layers" --rnn-residual --encoder transformer --decoder transformer
refused "for n-grams (--decoder ngram)" --order 4
refused "for --accum above 1" --accum-mean batches
refused "for --weight-decay, --decoupled-decay or --l2" --decay-all
refused "for an optimizer other than rprop" --optimizer rprop --clip-norm 1
refused "for --lr-warmup" --lr-warmup 0 --lr-warmup-start 0.5
cut -f 1 pairs >texts && awk '{ print (NR % 2 ? "a" : "b") "\t" $0 }' texts >labels
labels="$QUIPU train --task classify --train labels --encoder transformer --steps 1 -q -m n.safetensors"
fails 2 "for models with a decoder" $labels --dec-layers 3
fails 2 "for tasks with a decoder, or --task mlm" $labels --tied-embeddings-all
for kind in "bag --input-noise 0.1" "bag --embedding-dropout 0.1" "bag --init normal" "bag --begin-token" \
    "bag --pooler tanh" "gru --forget-bias 2"; do
    fails 2 "would change nothing here" "$QUIPU" train --task classify --train labels --encoder $kind -m n.safetensors
done
awk '{ print $1 "\tO\n" $2 "\tB\n" }' texts >tags
holds "--forget-bias of the words of tagged sentences" "$QUIPU" train --task tag --train tags --tokenizer char \
    --encoder transformer --word-layers 1 --forget-bias 2 --steps 1 -q -m n.safetensors --overwrite
# What a script gives to every kind of model is worth a warning.
for kind in "bag --layers 2" "bag --enc-layers 2" "bag --emb-size 8" "bag --dropout 0.1" "bag --precision bf16" \
    "text-cnn --enc-layers 2"; do
    "$QUIPU" train --task classify --train labels --encoder $kind --steps 1 --overwrite -m n.safetensors >out 2>&1 &&
        grep -q "^warning: this kind of model does not read --$(expr "$kind" : '.*--\([a-z-]*\)');" out
    result $? "$kind is warned of" "$(cat out)"
done
for option in src-vocab-size tgt-vocab-size labels features; do
    fails 2 "--$option is counted in the data" \
        "$QUIPU" train --task classify --train labels --$option 3 -m n.safetensors
done
for option in scale-output "output-softcap 3" "input-noise 0.1" "label-smoothing 0.1" "scheduled-sampling 0.5" \
    "lora 2" "accum 2" "weight-noise 0.1" "freeze x" "layer-decay 0.9" "gradient-type bf16" decay-all; do
    fails 2 "would change nothing here" \
        "$QUIPU" train --task lm --decoder ngram --train texts --$option -m n.safetensors
done
# An option of a network keeps --task classify from choosing a linear classifier, which has no layers.
for option in "--ff-size 16:transformer" "--heads 2:transformer" "--layers 2:lstm" "--emb-size 16:lstm" \
    "--dropout 0.2:lstm" "--bidirectional:lstm" "--pooling mean:lstm" "--qk-norm:transformer" \
    "--hidden-size 8:bag" "--precision bf16:bag"; do
    "$QUIPU" train --task classify --train labels ${option%:*} --steps 1 --overwrite -m n.safetensors >out 2>&1 &&
        grep -q "^model .*--encoder ${option#*:} " out
    result $? "classify ${option%:*} chooses ${option#*:}" "$(cat out)"
done
"$QUIPU" train --task lm --decoder ngram --train texts --emb-size 8 --max-length 9 -m n.safetensors --overwrite 2>&1 |
    grep -q 'warning: n-grams do not read --emb-size, --max-length; leave that out'
result $? "n-grams have no widths"
"$QUIPU" train --task lm --decoder ngram --train texts --steps 8 --epochs 2 --average 2 --overwrite \
    -m n.safetensors 2>&1 |
    grep -q 'warning: n-grams do not read --epochs, --steps, --average; leave that out'
result $? "n-grams have no updates"
holds "n-grams --valid none" "$QUIPU" train --task lm --decoder ngram --train texts --valid none -q -m n.safetensors \
    --overwrite
fails 2 "for models with an encoder" "$QUIPU" train --task lm --train texts --enc-layers 3 --steps 1 -m n.safetensors
fails 2 "ngram counts, it has no updates" "$QUIPU" train --task lm --decoder ngram --train pairs \
    --beta1 0.5 -m n.safetensors
holds "the same options where they are read" train --optimizer momentum --momentum 0.8 --pos rope --rope-base 500 \
    --heads 4 --accum 2 --accum-mean batches --weight-decay 0.1 --decay-all \
    --lr-schedule multistep --lr-milestones 10 --lr-gamma 0.1
holds "a preset with other options than the command's" train --preset seq2seq-lstm --hidden-size 16 --overwrite
cp m.run/config.yaml own.yaml
"$QUIPU" train own.yaml -m own.safetensors --quiet >out 2>&1
result $? "the configuration that a run wrote" "$(cat out)"
for kind in "classify --train labels" "classify --train labels --encoder gru" "lm --train texts" "tag --train tags" \
    "translate --train pairs" "translate --train pairs --encoder transformer" "mlm --train texts"; do
    "$QUIPU" train --task $kind --steps 1 -q -m written.safetensors --overwrite &&
        "$QUIPU" train written.run/config.yaml --progress never -m own.safetensors --overwrite >out 2>&1 &&
        ! grep -i warning out
    result $? "the configuration of --task $kind, without a warning" "$(cat out)"
done
printf 'model:\n  hidden_size: 24\n' >hand.yaml
"$QUIPU" train hand.yaml --train pairs --steps 1 --progress never -m h.safetensors >out 2>&1 && ! grep warning out &&
    grep -q '^model .*--decoder gru ' out
result $? "an option of a configuration file chooses the kind that reads it" "$(cat out)"
printf 'model:\n  kernel_size: 7\n' >hand.yaml
"$QUIPU" train hand.yaml --train pairs --layers 1 --emb-size 16 --steps 1 --overwrite -m h.safetensors >out 2>&1
[ $? -eq 0 ] && grep -q 'warning: options of the configuration file that nothing reads in this model: kernel-size' out
result $? "an option of a configuration file that nothing reads" "$(cat out)"
fails 2 "--qk-norm would change nothing here, it is for a transformer" "$QUIPU" train --train pairs --qk-norm \
    --encoder gru --steps 1 -m chosen.safetensors
for kind in "--heads 4" "--encoder transformer" --qk-norm "--experts 2" "--attention-window 4" "--layer-drop 0.1"; do
    "$QUIPU" train --train pairs --emb-size 16 $kind --steps 1 --overwrite --progress never -m chosen.safetensors \
        >out 2>&1
    grep -q '^model .*--decoder transformer .*(the kind of network that was asked for)$' out
    result $? "$kind asks for a kind of network" "$(cat out)"
done
"$QUIPU" train --task lm --train texts --lm-window 0 --emb-size 16 --recurrent-dropout 0.1 --steps 1 --progress never \
    --overwrite -m chosen.safetensors >out 2>&1
grep -qE '^model .*--decoder (gru|lstm) ' out
result $? "--recurrent-dropout asks for recurrent layers" "$(cat out)"
