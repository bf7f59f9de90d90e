# quipu train --tokenizer FILE with the tokenizers of other projects: every task, the roles of special ids, --special.
. tests/cli/support
has train || { skip "foreign tokenizers" "no train"; exit 0; }
T="$QUIPU tokenizer"
toy_pairs 300 >pairs
cut -f 2 pairs >text
head -n 8 text >few

# The files: made by quipu's exporters, whose results other tools read.
$T spm-train --model-type bpe --vocab-size 50 --hard-vocab-limit=false -o spm.model pairs 2>.err &&
    $T train --type byte-bpe --pattern gpt2 --normalization none --vocab-size 300 -o gpt.json pairs 2>.err &&
    $T export --format gpt2 gpt.json -o gpt2 && $T export --format tiktoken gpt.json -o gpt.tiktoken 2>.err &&
    $T export --format huggingface gpt.json -o hf.json
result $? "tokenizer files of other projects"
{ printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n'
    printf 'v%d\nw%d\n' 0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9; } >vocab.txt
echo '{"model": {"type": "WordLevel", "vocab": {"v0": 0, "v1": 1, "v2": 2, "<pad>": 3, "stop": 4}, "unk_token": "v0"},
 "pre_tokenizer": {"type": "Whitespace"}}' >words.json

common="--emb-size 16 --batch-size 600 --lr 0.02 --lr-schedule constant --threads 1 -q
    --dropout 0"
small="$common --layers 1 --ff-size 32 --heads 2 --encoder transformer"
# one NAME TOKENIZER OPTION... - train, and open what was saved.
one() {
    name=$1 tokenizer=$2
    shift 2
    [ "$name" = windows ] && sizes="$common --dec-layers 1 --hidden-size 16" || sizes=$small
    holds "$name with $tokenizer" "$QUIPU" train --tokenizer "$tokenizer" $sizes --steps 4 "$@" -m "$name.safetensors" \
        --overwrite
}
for tokenizer in spm.model gpt2 hf.json vocab.txt; do
    one translate $tokenizer --train pairs --valid none --decoder transformer
    cut -f 1 pairs | head -n 8 | "$QUIPU" translate -m translate.safetensors --max-length 9 >out 2>.err &&
        [ "$(wc -l <out)" -eq 8 ] && ! grep -qE '</s>|\[SEP\]|<s>|<pad>' out
    result $? "translate: text without special tokens" "$(cat .err out)"
    one lm $tokenizer --task lm --train text --valid none --encoder none --decoder transformer
    "$QUIPU" generate -m lm.safetensors -p v1 -n 4 >out 2>.err && "$QUIPU" score -m lm.safetensors few >out 2>.err &&
        [ "$(wc -l <out)" -eq 8 ]
    result $? "generate and score" "$(cat .err out)"
    one windows $tokenizer --task lm --train text --valid none --encoder none --decoder lstm --lm-window 8
    "$QUIPU" generate -m windows.safetensors -p v1 -n 9 >out 2>.err && ! grep -qE '</s>|\[SEP\]' out
    result $? "generate running text" "$(cat .err out)"
    awk '{ print ($1 > $2 ? "up" : "down") "\t" $0 }' text >labels
    one classify $tokenizer --task classify --train labels --valid none --decoder none --pooling class-token
    "$QUIPU" predict -m classify.safetensors few >out 2>.err && [ "$(grep -cE '^(up|down)' out)" -eq 8 ]
    result $? "predict labels" "$(cat .err out)"
    awk '{ for (i = 1; i <= NF; i++) print $i, ($i > "v4" ? "A" : "B"); print "" }' text >tags
    one tag $tokenizer --task tag --train tags --valid none --decoder none
    "$QUIPU" predict -m tag.safetensors few >out 2>.err && [ "$(grep -c '/' out)" -eq 8 ]
    result $? "predict tags" "$(cat .err out)"
    one mlm $tokenizer --task mlm --train text --valid none --decoder none
    echo "v1 [MASK] v3" | "$QUIPU" predict -m mlm.safetensors >out 2>.err && ! grep -q 'MASK' out
    result $? "predict masked words" "$(cat .err out)"
done
holds "n-grams over BERT's pieces" "$QUIPU" train --task lm --train text --tokenizer vocab.txt --decoder ngram \
    --order 2 -m ngram.safetensors
"$QUIPU" score -m ngram.safetensors few >out 2>.err && "$QUIPU" generate -m ngram.safetensors -p v1 >.out 2>>.err
result $? "score and generate with them" "$(cat .err)"

# A translator has to learn with them, not only to run.
holds "a translator of BERT's pieces" "$QUIPU" train --tokenizer vocab.txt --train pairs --valid none --steps 120 \
    $small --decoder transformer -m good.safetensors
cut -f 1 few >source 2>/dev/null
cut -f 1 pairs | head -n 40 | "$QUIPU" translate -m good.safetensors >out
cut -f 2 pairs | head -n 40 | paste -d '\n' out - | awk 'NR % 2 { a = $0; next } a == $0 { n++ } END { exit n < 30 }'
result $? "it has learned the task" "$(head -n 3 out)"

# Roles: found, named, appended, kept in the model.
"$QUIPU" train --tokenizer vocab.txt --train pairs --valid none $small --steps 1 -m roles.safetensors 2>.err \
    --quiet=false && grep -q '^special    pad \[PAD\], begin \[CLS\], end \[SEP\], unknown \[UNK\], mask \[MASK\]$' .err
result $? "roles of BERT's tokens" "$(cat .err)"
"$QUIPU" train --tokenizer gpt2 --task lm --train text --valid none $small --encoder none --steps 1 \
    -m roles.safetensors --overwrite --special 'end=<|endoftext|>' --quiet=false 2>.err &&
    grep -q '^special .*end <|endoftext|> (appended), unknown' .err
result $? "--special appends a piece that is not there" "$(cat .err)"
"$QUIPU" info roles.safetensors >.out && "$QUIPU" generate -m roles.safetensors -p v1 -n 3 >.out 2>.err
result $? "the model keeps it" "$(cat .err)"
"$QUIPU" train --tokenizer words.json --task lm --train text --valid none $small --encoder none --steps 1 \
    --special end=stop,begin=v2 -m named.safetensors --quiet=false 2>.err &&
    grep -q '^special    pad <pad>, begin v2, end stop, unknown v0$' .err
result $? "--special names pieces of the vocabulary" "$(cat .err)"
"$QUIPU" train --tokenizer named.safetensors --task lm --train text --valid none $small --encoder none --steps 1 \
    -m again.safetensors --quiet=false 2>.err && grep -q '^special    pad <pad>, begin v2, end stop, unknown v0$' .err
result $? "the roles come back with the tokenizer of a model" "$(cat .err)"
bad="$QUIPU train --task lm --train text --valid none --encoder none --decoder lstm --dec-layers 1 --hidden-size 8
    $common --steps 1 -m bad.safetensors"
fails 2 "the roles are begin, end, pad" $bad --tokenizer words.json --special stop=v1
fails 2 "not ROLE=PIECE" $bad --tokenizer words.json --special end
fails 2 "are fixed" $bad --tokenizer gpt.json --special end=v1
fails 2 "give --tokenizer FILE" $bad --tokenizer bpe --special end=v1
fails 2 "does not name its pattern" $bad --tokenizer gpt.tiktoken
mkdir empty
fails 66 "no tokenizer in this folder" $bad --tokenizer empty
$T import --pattern gpt2 gpt.tiktoken -o ranks.json 2>.err &&
    "$QUIPU" train --task lm --train text --valid none --encoder none --decoder lstm --dec-layers 1 --hidden-size 8 \
        $common --steps 1 --tokenizer ranks.json -m ranks.safetensors 2>.err &&
    "$QUIPU" generate -m ranks.safetensors -n 3 >.out 2>.err
result $? "tiktoken ranks, imported with their pattern" "$(cat .err)"

# A run that is resumed has the same vocabulary: equal bits.
masked() { # MODEL STEPS
    "$QUIPU" train --tokenizer spm.model --task mlm --train text --valid none $small --decoder none --save-freq 4 \
        --steps "$2" -m "$1"
}
masked once.safetensors 8 && masked twice.safetensors 4 && masked twice.safetensors 8 &&
    cmp -s once.safetensors twice.safetensors
result $? "a resumed run with an appended mask: equal bits"
