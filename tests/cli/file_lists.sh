# --train with several files: patterns, lists and repeated options are read one after the other, like one file.
. tests/cli/support
has train || { skip "lists of files" "no train"; exit 0; }

# cut_up NAME SUFFIX - part-NAME-1, -2.gz, -3 with the lines of NAME; the last line of -1 has no end.
cut_up() {
    head -n 100 "$1" | head -c -1 >"part-$1-1"
    sed -n 101,200p "$1" | gzip >"part-$1-2.gz"
    sed -n '201,$p' "$1" >"part-$1-3"
}
# compare NAME OPTION... -- OPTION... - both trainings make the same bytes.
compare() {
    name=$1 whole=
    shift
    while [ "$1" != -- ]; do whole="$whole $1"; shift; done
    shift
    rm -rf whole.* parts.*
    "$QUIPU" train $common $whole -m whole.safetensors 2>.err &&
        "$QUIPU" train $common "$@" -m parts.safetensors 2>.err &&
        cmp -s whole.safetensors parts.safetensors
    result $? "$name" "$(cat .err)"
}

awk 'BEGIN { for (i = 0; i < 300; i++) { a = i % 7; b = (i * 5) % 11
    printf "%s\tw%d w%d w%d\n", a < 3 ? "low" : "high", a, b, (i * 3) % 5 } }' >texts
awk 'BEGIN { for (i = 0; i < 100; i++) printf "w%d\tA\nw%d\tB\nw%d\tA\n\n", i % 7, i * 5 % 11, i % 3 }' >words
awk 'BEGIN { for (i = 0; i < 300; i++) print 9 * sin(i / 5) }' >numbers
toy_pairs 300 >pairs
cut -f 1 pairs >source
cut -f 2 pairs >target
for file in texts pairs source target words numbers; do cut_up $file; done
sed -i '1i value' numbers part-numbers-1 part-numbers-3
gzip -dc part-numbers-2.gz | sed '1i value' | gzip >again && mv again part-numbers-2.gz

sizes="--layers 1 --emb-size 8 --hidden-size 8"
common="$sizes --encoder gru --tokenizer word --steps 6 --seed 3 -q"
compare "classify" --task classify --train texts -- --task classify --train 'part-texts-*'
compare "a repeated option" --task classify --train texts -- --task classify --train part-texts-1 \
    --train 'part-texts-[2]*' --train part-texts-3
compare "names and commas" --task classify --train texts -- --task classify \
    --train part-texts-1,part-texts-2.gz,part-texts-3
compare "tag" --task tag --train words -- --task tag --train 'part-words-*'
compare "mlm" --task mlm --train source -- --task mlm --train 'part-source-*'
compare "translate, one file" --decoder gru --train pairs -- --decoder gru --train 'part-pairs-*'
compare "translate, two files, validation too" --decoder gru --train-src source --train-tgt target --valid-src source \
    --valid-tgt target -- --decoder gru --train-src 'part-source-*' --train-tgt target --valid-src source \
    --valid-tgt 'part-target-*'
compare "match" --task match --train pairs -- --task match --train 'part-pairs-*'
compare "autoencode" --task autoencode --decoder gru --train source -- --task autoencode --decoder gru \
    --train 'part-source-*'
common="$sizes --steps 6 --seed 3 -q"
compare "regress, each file with the header" --task regress --train numbers --horizon 2 -- --task regress \
    --train 'part-numbers-*' --horizon 2
compare "lm" --task lm --decoder gru --train source --valid target -- --task lm --decoder gru --train 'part-source-*' \
    --valid 'part-target-*'
common=
compare "n-grams" --task lm --decoder ngram --train source -q -- --task lm --decoder ngram --train 'part-source-*' -q

common="--task classify --encoder gru --tokenizer word $sizes --seed 3 --save-freq 5 --lr-schedule constant \
    --lr-warmup 0 -q"
"$QUIPU" train $common --train 'part-texts-*' --steps 16 --threads 1 -m one.safetensors 2>.err
result $? "trained" "$(cat .err)"
for threads in 2 3 4; do
    rm -rf other.*
    "$QUIPU" train $common --train 'part-texts-*' --steps 16 --threads $threads -m other.safetensors 2>.err &&
        cmp -s one.safetensors other.safetensors
    result $? "$threads threads, the same bytes" "$(cat .err)"
done
rm -rf other.*
"$QUIPU" train $common --train 'part-texts-*' --steps 7 -m other.safetensors 2>.err &&
    "$QUIPU" train $common --train 'part-texts-*' --steps 16 -m other.safetensors 2>.err &&
    cmp -s one.safetensors other.safetensors
result $? "resumed, the same bytes" "$(cat .err)"
printf 'high\tw1\n' >part-texts-4
fails 2 "train: its content changed" "$QUIPU" train $common --train 'part-texts-*' --steps 20 -m other.safetensors
rm part-texts-4
printf 'task: classify\ntrain: [part-texts-1, part-texts-2.gz, part-texts-3]\n' >lists.yaml
rm -rf other.*
"$QUIPU" train lists.yaml $common --steps 16 -m other.safetensors 2>.err && cmp -s one.safetensors other.safetensors
result $? "a list in a configuration file" "$(cat .err)"
"$QUIPU" train lists.yaml $common --steps 2 --overwrite --train texts -m other.safetensors 2>.err &&
    grep -q 'train: "texts"' other.run/config.yaml
result $? "an option replaces the list of a configuration file" "$(cat .err)"

fails 66 "none-\*: no file matches this pattern" "$QUIPU" train $common --train texts --train 'none-*' \
    -m bad.safetensors
fails 66 "none: cannot be read" "$QUIPU" train $common --train texts,none -m bad.safetensors
fails 2 "an empty name in a list of files" "$QUIPU" train $common --train texts, -m bad.safetensors
fails 2 "can be read only once" "$QUIPU" train $common --train texts,- --valid none -m bad.safetensors
printf 'high w1\n' >part-texts-4
fails 65 "part-texts-4:1: no TAB" "$QUIPU" train $common --train 'part-texts-*' -m bad.safetensors
printf '\037\213\010x' >part-texts-4
fails 65 "part-texts-4: " "$QUIPU" train $common --train 'part-texts-*' -m bad.safetensors
fails 2 "is too long" "$QUIPU" train $common --train "$(head -c 600 /dev/zero | tr '\0' x)" -m bad.safetensors
mkdir images
fails 2 "images: images, beside other files" "$QUIPU" train --task classify --patch 2x2 --train images,numbers -q \
    -m bad.safetensors
cp texts keep.safetensors
fails 2 "is an input and would be overwritten" "$QUIPU" train $common --train 'part-texts-1,keep.*' --overwrite \
    -m keep.safetensors
