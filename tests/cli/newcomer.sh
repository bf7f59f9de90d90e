# What a newcomer does: little data, the wrong option, the wrong model, an output that is an input. Nothing of that may
# pass in silence.
. tests/cli/support
has train || { skip "a newcomer" "no train"; exit 0; }
small="--layers 1 --emb-size 8 --hidden-size 8 --steps 2 --threads 1 --overwrite -q"
toy_pairs 40 >pairs.tsv
cut -f 2 pairs.tsv >lines
awk '{ print (NR % 2 ? "a" : "b") "\t" $0 }' lines >labels.tsv
awk '{ for (i = 1; i <= NF; i++) print $i "\t" substr($i, 1, 2); print "" }' lines >words.conll
awk 'BEGIN { print "day,value"; for (i = 0; i < 60; i++) printf "%d,%.2f\n", i, sin(i) }' >rows.csv
holds "a forecaster" "$QUIPU" train --task regress --train rows.csv --column value $small -m series.safetensors
holds "a tagger" "$QUIPU" train --task tag --train words.conll $small -m tags.safetensors
holds "a classifier" "$QUIPU" train --task classify --train labels.tsv --encoder gru $small -m labels.safetensors
holds "a language model" "$QUIPU" train --task lm --train lines $small -m lm.safetensors
holds "a translator" "$QUIPU" train --train pairs.tsv $small -m pairs.safetensors

# Few examples, and a few that are repeated: nothing is held back, and train says so.
said() {
    name=$1 text=$2
    shift 2
    "$QUIPU" train "$@" --layers 1 --emb-size 8 --hidden-size 8 --steps 1 --threads 1 --overwrite -m x.safetensors \
        >.out 2>.err && grep -q "$text" .err
    result $? "$name" "$(cat .err)"
}
said "few pairs" "^validation none.*too few.*--valid FILE" --train pairs.tsv
said "few rows" "^validation none.*too few" --task regress --train rows.csv --column value
said "few sentences" "^validation none.*too few" --task tag --train words.conll
! grep -q -- --early-stopping-metric .err
result $? "what only validations read is not chosen" "$(cat .err)"
for i in 1 2 3 4 5 6 7 8 9 10; do cat lines; done | awk '{ print NR % 2 "\tthe same" }' >same.tsv
said "the same text again and again" "^validation none.*alike" --task classify --encoder gru --train same.tsv
said "many" "^validation one example in 10" --train pairs.tsv,pairs.tsv,pairs.tsv
said "a pipe" "^defaults .*read only once" --task tag --encoder gru --train - <words.conll
"$QUIPU" train --train pairs.tsv --steps 70 --layers 1 --emb-size 8 --hidden-size 8 -t 1 --overwrite -m x.safetensors \
    2>&1 | grep -q 'saved after 70 updates'
result $? "--steps is the length of the run, whatever passes are usual"

# An output never replaces an input.
overwrites() {
    kept=$1
    shift
    cp "$kept" before
    fails 2 "would be overwritten" "$QUIPU" "$@"
    cmp -s "$kept" before
    result $? "$kept is kept"
}
overwrites lm.safetensors export -m lm.safetensors -o lm.safetensors --format npz
cp lines lines.txt
overwrites lines.txt attend -m pairs.safetensors --src lines.txt -o lines.txt
mkdir model
cp lm.safetensors model/model.safetensors
overwrites model/model.safetensors export -m model/model.safetensors -o model --format huggingface
"$QUIPU" train --task lm --decoder ngram --train lines -q -m ngram.safetensors
"$QUIPU" export -m ngram.safetensors -o words.arpa
overwrites words.arpa import words.arpa -o words.arpa

# Options of another task, and models of another task.
fails 2 "--top would change nothing here, it is for masked" "$QUIPU" predict -m labels.safetensors --top 2 lines
fails 2 "--all would change nothing here, it is for classifiers" "$QUIPU" predict -m tags.safetensors --all lines
fails 2 "--rolling .* forecasters" "$QUIPU" predict -m tags.safetensors --rolling lines
fails 2 "--mask-rate .* masked" "$QUIPU" evaluate -m tags.safetensors --test words.conll --mask-rate 0.5
fails 2 "--chrf-beta .* chrf" "$QUIPU" evaluate bleu --hyp lines --ref lines --chrf-beta 1
fails 2 "--beam-size .* -m MODEL" "$QUIPU" evaluate --hyp lines --ref lines -b 4
fails 2 "--tokenize .* --hyp" "$QUIPU" evaluate -m lm.safetensors --test lines --tokenize char
fails 2 "give -m MODEL --test FILE" "$QUIPU" evaluate -m labels.safetensors
fails 2 "give -m MODEL --test FILE" "$QUIPU" evaluate -m lm.safetensors --src lines --ref lines
fails 2 "--type .* gguf" "$QUIPU" export -m lm.safetensors -o lm.json --type f16
fails 2 "has no tokenizer" "$QUIPU" export -m series.safetensors -o series.json

# Text that is no UTF-8, though its bytes are; numbers with decimal commas between commas.
iconv -t utf-16le lines >wide
fails 65 "wide:1: every other byte is 0.*utf-16le" "$QUIPU" predict -m labels.safetensors wide
fails 65 "wide:1: every other byte is 0" "$QUIPU" train --task lm --train wide -m x.safetensors --overwrite -q
awk 'BEGIN { print "value"; for (i = 0; i < 60; i++) print i ",5" }' >commas.csv
fails 65 "commas.csv:2: 2 fields, but the first line has 1" "$QUIPU" predict -m series.safetensors commas.csv

# A reader that has seen enough.
for i in 1 2 3 4 5 6 7 8; do cat lines lines lines lines; done >many
for words in "embed -m tags.safetensors" "attend -m pairs.safetensors --src" "predict -m labels.safetensors"; do
    sh -c '{ "$QUIPU" '"$words"' many 2>err; echo $? >code; } | head -c 1 >first'
    [ "$(cat code)" = 0 ] && ! grep -q -i pipe err && [ -s first ]
    result $? "$words FILE | head -c 1" "$(cat code err)"
done
