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
said "nothing is validated" "^warning: --average, --valid-freq: nothing is validated.*--valid FILE" --train pairs.tsv \
    --average 3 --valid-freq 4
said "validations are left out" "^warning: --average, --valid-freq: for validations, which --valid none leaves out" \
    --train pairs.tsv --valid none --average 3 --valid-freq 4
said "options of the schedule that is chosen" "^updates .*cosine" --train pairs.tsv --lr-total 20 --lr-min 0.0001
said "options of the network that is chosen" "^model .*gru" --train pairs.tsv --attention luong-general --rnn-residual
fails 2 "--lr-gamma would change nothing" "$QUIPU" train --train pairs.tsv --lr-gamma 0.5 -m x.safetensors \
    --overwrite -q
fails 2 "give 2 or more$" "$QUIPU" train --train pairs.tsv --max-length 1 -m x.safetensors --overwrite -q
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
fails 2 "would be overwritten" "$QUIPU" train --train pairs.tsv --log pairs.tsv -m x.safetensors
"$QUIPU" tokenizer train --type byte-bpe --vocab-size 300 --normalization none --pattern gpt2 -q -o t.json lines
mkdir gpt2 && cp t.json gpt2/vocab.json
echo "1 2" >ids.txt
"$QUIPU" tokenizer learn-bpe -s 5 -o codes lines
overwrites lines.txt tokenizer encode -m t.json lines.txt -o lines.txt
overwrites t.json tokenizer encode -m t.json lines -o t.json
overwrites ids.txt tokenizer decode -m t.json ids.txt -o ids.txt
overwrites t.json tokenizer import t.json -o t.json
overwrites t.json tokenizer export --format tiktoken t.json -o t.json
overwrites gpt2/vocab.json tokenizer export --format gpt2 gpt2/vocab.json -o gpt2
for verb in train spm-train hf-train learn-bpe moses; do
    overwrites lines.txt tokenizer $verb lines.txt -o lines.txt
done
overwrites lines.txt tokenizer learn-bpe lines.txt -o c2 --write-vocabulary lines.txt

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
fails 2 "--number .* --image" "$QUIPU" attend -m pairs.safetensors --text "w1 w2" --number 2
fails 2 "--layer .* .svg" "$QUIPU" attend -m pairs.safetensors --text "w1 w2" --layer 1 -o map.html
fails 2 "--width .* terminal" "$QUIPU" attend -m pairs.safetensors --text "w1 w2" --width 60 -o map.svg
fails 2 "--beam-size .* translators without --tgt" "$QUIPU" attend -m pairs.safetensors --text w1 --tgt v1 -b 4
fails 2 "--beam-size .* translators" "$QUIPU" attend -m labels.safetensors --text w1 -b 4
fails 2 "--src-lang .* translators" "$QUIPU" attend -m tags.safetensors --text w1 --src-lang de
fails 2 "--length .* one model" "$QUIPU" info --length 9 lm.safetensors pairs.safetensors
fails 2 "--tensors .* --json" "$QUIPU" info --tensors --json lm.safetensors
fails 2 "--beam-size .* --src FILE" "$QUIPU" quantize -m pairs.safetensors -o x.safetensors -b 4
fails 2 "--seed .* --test FILE" "$QUIPU" quantize -m lm.safetensors -o x.safetensors --seed 4
fails 2 "--marian-as .* Marian" "$QUIPU" import words.arpa -o x.safetensors --marian-as marian
fails 2 "--task .* Hugging Face" "$QUIPU" import words.arpa -o x.safetensors --task classify

# A file of another kind: it is named, and so is the command for it.
"$QUIPU" tokenizer train --type bpe --vocab-size 300 -q -o tok.json lines
fails 2 "is a tokenizer; use quipu tokenizer info" "$QUIPU" info tok.json
fails 65 "is a JSON file, not a model file.*tokenizer info" "$QUIPU" translate -m tok.json lines
fails 65 "is a JSON file.*quipu tokenizer import" "$QUIPU" import tok.json -o x.safetensors
fails 65 "only the weights of a model.*config.json" "$QUIPU" import lm.safetensors -o x.safetensors
for verb in info "encode -m" "decode -m" export import "compare tok.json"; do
    fails 65 "is a model, not a tokenizer.*quipu export -m MODEL" "$QUIPU" tokenizer $verb lm.safetensors
done
fails 65 "is a model (safetensors); give a text file" "$QUIPU" predict -m labels.safetensors lm.safetensors
fails 65 "is a model (safetensors); give a text file" "$QUIPU" train --task lm --train lm.safetensors -m x.safetensors
fails 65 "is not a model file" "$QUIPU" info lines
printf 'PK\003\004%022d\005\000\000\000a.txt' 0 >text.zip
printf 'PK\003\004%022d\005\000\000\000a.npy' 0 >arrays.npz
printf 'PK\003\004%022d\020\000\000\000archive/data.pkl' 0 >model.bin
for file in "text.zip:a zip file" "arrays.npz:a file of NumPy arrays" "model.bin:a PyTorch model"; do
    for words in "info" "translate -m" "score -m pairs.safetensors" "tokenizer info" "tokenizer train -o x.json" \
        "train --task lm -m x.safetensors --train" "evaluate --ref lines --hyp"; do
        fails 65 "${file%:*}: is ${file#*:}" "$QUIPU" $words "${file%:*}"
    done
done
fails 65 "text.zip: is a zip file" "$QUIPU" import text.zip -o x.safetensors
fails 65 "a pickle of PyTorch" "$QUIPU" import model.bin -o x.safetensors

# A JSON file that is cut short, a metric of another command, a score out of range.
printf '{"a":\n' >broken.json
for verb in info "encode -m"; do fails 65 "broken.json:2: not JSON" "$QUIPU" tokenizer $verb broken.json; done
fails 2 "perplexity is no score.*quipu evaluate perplexity" "$QUIPU" evaluate bleu,perplexity --hyp lines --ref lines
printf 'a b\tc\t0.5\na c\tb\t2\n' >scored.tsv
fails 65 "scored.tsv:2: a score of 2" "$QUIPU" train --task match --train scored.tsv -m x.safetensors --overwrite -q

# A folder, or nothing, as the input.
for words in "translate -m pairs.safetensors" "predict -m labels.safetensors" "score -m lm.safetensors" \
    "tokenizer train -o x.json" "train -q --task lm -m x.safetensors --train -" "generate -m lm.safetensors -f -"; do
    fails 66 "stdin: is a folder; name a file in it" sh -c "\"\$QUIPU\" $words <model"
    fails 66 "stdin: is closed" sh -c "\"\$QUIPU\" $words <&-"
done
fails 66 "missing.txt: there is no such file.*--text" "$QUIPU" attend -m pairs.safetensors --src missing.txt
fails 66 "no/such: there is no such file" "$QUIPU" attend -m pairs.safetensors --text w1 --tgt no/such
fails 66 "model: is a folder" "$QUIPU" attend -m pairs.safetensors --src model
"$QUIPU" train --task autoencode --train lines $small -m auto.safetensors
"$QUIPU" train --task mlm --train lines --tokenizer word $small -m masks.safetensors
: >empty
for text in lines empty; do
    fails 2 "auto.safetensors: has no codes; use quipu translate" "$QUIPU" predict -m auto.safetensors $text
    fails 2 "n-grams have no vectors" "$QUIPU" embed -m ngram.safetensors $text
done
for words in "translate -m pairs" "translate -m auto" "predict -m labels" "predict -m tags" "predict -m masks" \
    "score -m lm" "score -m pairs" "embed -m lm" "embed -m tags"; do
    "$QUIPU" $words.safetensors empty >.out 2>.err && [ ! -s .out ] && [ ! -s .err ]
    result $? "$words: nothing in, nothing out" "$(cat .out .err)"
done

# A mask that is misspelled, also beside one that is not.
for line in "v0 [mask] v1" "v0 [MASK] [mask]" "{mask} <mask>"; do
    echo "$line" >masked
    "$QUIPU" predict -m masks.safetensors masked >.out 2>.err
    grep -q 'masked:1: [[{]mask[]}] is read as text; write \[MASK\] or <mask>' .err
    result $? "$line: a hint" "$(cat .err)"
done

# Text that is no UTF-8, though its bytes are; numbers with decimal commas between commas.
iconv -t utf-16le lines >wide
fails 65 "wide:1: every other byte is 0.*utf-16le" "$QUIPU" predict -m labels.safetensors wide
fails 65 "wide:1: every other byte is 0" "$QUIPU" train --task lm --train wide -m x.safetensors --overwrite -q
awk 'BEGIN { print "value"; for (i = 0; i < 60; i++) print i ",5" }' >commas.csv
fails 65 "commas.csv:2: 2 fields, but the first line has 1" "$QUIPU" predict -m series.safetensors commas.csv

# Tables fit the terminal, and nothing in them is cut.
for columns in 40 60 80 200; do
    for words in "info pairs.safetensors" "info --tensors lm.safetensors" "info lm.safetensors pairs.safetensors" \
        "train --train pairs.tsv --layers 1 --emb-size 8 --hidden-size 8 -m x.safetensors --dry-run -q"; do
        COLUMNS=$columns "$QUIPU" $words >.out 2>.err
        code=$?
        awk -v most=$columns 'length($0) > most' .out >wide
        [ $code -eq 0 ] && [ ! -s wide ] && grep -q '^model\|^module\|^vocab\|^  *source\|^src_vocab' .out
        result $? "$columns columns: $words" "$(cat wide .err)"
    done
done
! "$QUIPU" info pairs.safetensors | awk 'length($0) > 80' | grep -q .
result $? "80 columns where there is no terminal"
"$QUIPU" quantize -m pairs.safetensors -o small.safetensors | grep -q 'weights [0-9.]* kB, were [0-9.]* kB'
result $? "a small model is counted in kB"

# A reader that has seen enough.
for i in 1 2 3 4 5 6 7 8; do cat lines lines lines lines; done >many
for words in "embed -m tags.safetensors" "attend -m pairs.safetensors --src" "predict -m labels.safetensors"; do
    sh -c '{ "$QUIPU" '"$words"' many 2>err; echo $? >code; } | head -c 1 >first'
    [ "$(cat code)" = 0 ] && ! grep -q -i pipe err && [ -s first ]
    result $? "$words FILE | head -c 1" "$(cat code err)"
done
