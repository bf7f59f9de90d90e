# Which lines a pass reads and how much they count: shares of files, balanced sampling, a curriculum, weights of lines;
# the same bits for any number of threads and after a stop; what does not fit together.
. tests/cli/support
has train || { skip "sampling" "no train"; exit 0; }

# A text in ten is rare, and nothing but chance says which.
awk 'BEGIN { for (i = 0; i < 360; i++) printf "usual\tw%d w%d\n", i % 3, (i + 1) % 3 }' >usual
awk 'BEGIN { for (i = 0; i < 40; i++) printf "rare\tw%d w%d\n", i % 3, (i + 1) % 3 }' >rare
cat usual rare >texts
awk '{ print $1 == "rare" ? 9 : 1 }' texts >weights
common="--task classify --valid none --tokenizer word --encoder gru --layers 1 --emb-size 8 --hidden-size 8
    --batch-type sentence --batch-size 32 --lr 0.01 --lr-schedule constant --lr-warmup 0 --dropout 0.1 --seed 3
    --save-freq 5 -q"

# trained NAME OPTION... - as long as it takes to learn how likely a rare label is.
trained() {
    model=$1
    shift
    "$QUIPU" train $common --steps 90 "$@" -m "$model.safetensors" 2>.err &&
        head -n 30 texts | cut -f 2 | "$QUIPU" predict --all -m "$model.safetensors" |
        awk -F '\t' '{ sum += $1 == "rare" ? $2 : $4 } END { printf "%s\n", sum / NR }' >.share
    awk -v low="$low" -v high="$high" '{ exit !($1 > low && $1 < high) }' .share
    result $? "$model: a rare label is as likely as it should be" "$(cat .share .err)"
}
low=0.03 high=0.2 && trained plain --train texts
low=0.38 high=0.62 && trained balanced --train texts --balanced-sampling
trained shares --train usual:0.5 --train rare:0.5
trained weights --train texts --train-weights weights
low=0.6 high=0.9 && trained more-shares --train usual:1,rare:3

# same NAME OPTION... - 1 and 3 threads, and a run that was stopped.
same() {
    name=$1
    shift
    rm -rf one.* other.*
    "$QUIPU" train $common "$@" --steps 27 --threads 1 -m one.safetensors 2>.err &&
        "$QUIPU" train $common "$@" --steps 13 --threads 3 -m other.safetensors 2>.err &&
        "$QUIPU" train $common "$@" --steps 27 --threads 2 -m other.safetensors 2>.err &&
        cmp -s one.safetensors other.safetensors
    result $? "$name: stopped and resumed with other threads, the same bytes" "$(cat .err)"
}
same "shares and a curriculum" --train usual:1,rare:2 --curriculum 3
same "balanced sampling and weights" --train texts --balanced-sampling --train-weights weights

# The weights are part of the run.
sed 1s/.*/2/ weights >weights.new && mv weights.new weights
fails 2 "data" "$QUIPU" train $common --train texts --balanced-sampling --train-weights weights --steps 40 \
    -m other.safetensors

# A curriculum reads the shortest first: with one batch a line, the first pass of two has half of the lines.
awk 'BEGIN { for (i = 0; i < 20; i++) { line = "w"; for (k = 0; k < i % 10; k++) line = line " w"
    print (i % 2 ? "a" : "b") "\t" line } }' >lengths
rm -rf one.*
"$QUIPU" train --task classify --valid none --tokenizer word --encoder gru --layers 1 --emb-size 4 --hidden-size 4 \
    --batch-type sentence --batch-size 1 --train lengths --curriculum 1 --epochs 2 --lr 0.01 -m one.safetensors 2>.err
grep -q 'saved after 30 updates, 30 target tokens' .err
result $? "a curriculum: 10 lines, then 20" "$(tail -n 1 .err)"

# Other tasks, and files whose names look like shares.
cp rare rare:0.5
toy_pairs 60 >pairs
printf 'a\tA\nb\tB\n\n' >words
holds "files with colons in their names" "$QUIPU" train $common --train usual,rare:0.5 --steps 2 -m colon.safetensors
fails 2 "only train reads a share" "$QUIPU" evaluate -m colon.safetensors --test rare:1
fails 2 "only train reads a share" "$QUIPU" predict -m colon.safetensors usual rare:1
holds "shares of sentences with tags" "$QUIPU" train $common --task tag --train words:1,words:2 --steps 2 \
    -m tags.safetensors
holds "shares of pairs, in two files" "$QUIPU" train --train-src usual:1,rare:1 --train-tgt usual,rare --valid none \
    --tokenizer word --encoder gru --decoder gru --layers 1 --emb-size 8 --hidden-size 8 --steps 2 --lr 0.01 -q \
    -m pairs.safetensors
fails 2 "draws single lines" "$QUIPU" train --task lm --train pairs:1 --lm-window 8 --steps 1 -q -m bad.safetensors
fails 2 "counted in one pass" "$QUIPU" train --task lm --decoder ngram --train pairs:1 -m bad.safetensors
fails 2 "leave the share out" "$QUIPU" train $common --train texts --valid texts:1 --steps 1 -m bad.safetensors
fails 2 "belong to the files of --train-src" "$QUIPU" train --train-src usual --train-tgt usual:1 -m bad.safetensors
fails 2 "draws by labels" "$QUIPU" train $common --train texts:1 --balanced-sampling --steps 1 -m bad.safetensors
fails 2 "a share is a number above 0" "$QUIPU" train $common --train texts:0 --steps 1 -m bad.safetensors
fails 2 "need --loss cross-entropy" "$QUIPU" train $common --train texts --train-weights weights --loss focal \
    --steps 1 -m bad.safetensors
fails 2 "it is for --task translate, autoencode, classify" "$QUIPU" train --task mlm --train texts \
    --train-weights weights -m bad.safetensors
fails 2 "it is for --task classify of texts" "$QUIPU" train --task lm --train texts --balanced-sampling \
    -m bad.safetensors
