# What was imported is exported and imported again, byte for byte, in every format that has a home for it: the folders
# of ../shared/oracles2, with a small tokenizer where they have none.
. tests/cli/support
models=$top/../shared/oracles2/hf_models
[ -d "$models" ] || { skip "again" "no ../shared/oracles2/hf_models"; exit 0; }

toy_pairs 30 | tr '\t' '\n' >texts
"$QUIPU" tokenizer train --type word --vocab-size 60 -o own.json texts 2>.err &&
    "$QUIPU" tokenizer export --format huggingface own.json -o small.json
fails 65 "97 rows; they do not fit" "$QUIPU" import "$models/llama_bias" -o a.safetensors --tokenizer own.json

# The tokenizer of a folder: its own, or one with fewer pieces than it has rows.
tokenizer_of() {
    for file in tokenizer.json vocab.txt vocab.json source.spm; do
        [ -e "$models/$1/$file" ] && return
    done
    echo small.json
}

# Our model a goes to b and to c by way of the format; what a format cannot say is said in b in its words.
again() { # MODEL FORMAT
    "$QUIPU" export --format "$2" -m a.safetensors -o there 2>.err ||
        {
            grep -q 'quipu: a.safetensors: .*\(needs\|can\|no architecture\|language models\|translate and lm\)' .err
            result $? "$1: $2 refuses it" "$(cat .err)"
            return
        }
    "$QUIPU" import there -o b.safetensors 2>.err && "$QUIPU" export --format "$2" -m b.safetensors -o back 2>>.err &&
        "$QUIPU" import back -o c.safetensors 2>>.err && cmp b.safetensors c.safetensors >>.err 2>&1
    result $? "$1: again the same by $2" "$(head -c 300 .err)"
    [ "$2" = huggingface ] && [ -z "$(tokenizer_of "$1")" ] || return # another one is completed on its way
    cmp a.safetensors b.safetensors >.err 2>&1
    result $? "$1: the same as before by $2" "$(head -c 300 .err)"
}

for folder in "$models"/*/; do
    model=$(basename "$folder")
    "$QUIPU" import "$folder" -o a.safetensors --tokenizer "$(tokenizer_of "$model")" 2>.err ||
        { skip "$model" "$(tail -n 1 .err)"; continue; }
    for format in huggingface ctranslate2 gguf; do
        [ "$model $format" != "marian_relu_noscale ctranslate2" ] ||
            { skip "$model: $format" "its padding has no piece in small.json"; continue; }
        again "$model" $format
        rm -rf there back b.safetensors c.safetensors
    done
    rm -f a.safetensors
done
