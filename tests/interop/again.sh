# What was imported is exported and imported again, byte for byte, in every format that has a home for it: the folders
# of ../shared/oracles2, each with the tokenizer of its relatives where it has none.
. tests/cli/support
models=$top/../shared/oracles2/hf_models
[ -d "$models" ] || { skip "again" "no ../shared/oracles2/hf_models"; exit 0; }

# The tokenizer of a folder: its own, or one with fewer pieces than it has rows.
tokenizer_of() {
    for file in tokenizer.json vocab.txt vocab.json source.spm; do
        [ -e "$models/$1/$file" ] && return
    done
    case $1 in
        bert* | distilbert* | electra* | albert* | *roberta*) echo "$models/bert_mlm/tokenizer.json" ;;
        t5* | bart | pegasus) echo "$models/t5_relu/tokenizer.json" ;;
        *) echo "$models/gpt2/tokenizer.json" ;;
    esac
}

# Our model a goes to b and to c by way of the format; what a format cannot say is said in b in its words.
again() { # MODEL FORMAT
    "$QUIPU" export --format "$2" -m a.safetensors -o there 2>.err ||
        {
            grep -q 'quipu: a.safetensors: .*\(needs\|can\|language models\|translate and lm\)' .err
            result $? "$1: $2 refuses it" "$(cat .err)"
            return
        }
    "$QUIPU" import there -o b.safetensors 2>.err && "$QUIPU" export --format "$2" -m b.safetensors -o back 2>>.err &&
        "$QUIPU" import back -o c.safetensors 2>>.err && cmp b.safetensors c.safetensors >>.err 2>&1
    result $? "$1: again the same by $2" "$(head -c 300 .err)"
    [ "$2" = huggingface ] || return
    cmp a.safetensors b.safetensors >.err 2>&1
    result $? "$1: the same as before by $2" "$(head -c 300 .err)"
}

for folder in "$models"/*/; do
    model=$(basename "$folder")
    "$QUIPU" import "$folder" -o a.safetensors --tokenizer "$(tokenizer_of "$model")" 2>.err ||
        { skip "$model" "$(tail -n 1 .err)"; continue; }
    for format in huggingface ctranslate2 gguf; do
        again "$model" $format
        rm -rf there back b.safetensors c.safetensors
    done
    rm -f a.safetensors
done
