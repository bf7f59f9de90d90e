# Models that were trained here, run by CTranslate2: the same scores to 1e-4 and the same text, by greedy search and by
# a beam; what is exported is imported again, byte for byte. And folders that CTranslate2 made, opened here.
. tests/cli/support
"$PYTHON" -c "import ctranslate2, tokenizers" 2>/dev/null || { skip "ctranslate2" "not in this environment"; exit 0; }
. "$top/tests/interop/support"
peer ctranslate2_peer.py

toy_pairs 300 >pairs
cut -f 2 pairs >texts
awk 'NR % 4 == 0' pairs | head -n 5 >five
cut -f 1 five >sources
cut -f 2 five >targets
cut -d ' ' -f 1,2 targets >prompts

train() { "$QUIPU" train --seed 3 --valid none --layers 2 --emb-size 16 --heads 2 --ff-size 24 --steps 30 --lr 0.01 \
    --tokenizer word --max-length 32 -q "$@" 2>.err || cat .err; }
export_to() { "$QUIPU" export --format ctranslate2 -m "$1.safetensors" -o "$2" --type "$3" 2>.err; }

again() { # NAME - exported, imported, exported and imported: nothing changes after the first import
    rm -f first.safetensors second.safetensors
    "$QUIPU" import "$1" -o first.safetensors 2>.err && export_to first "$1-again" f32 &&
        "$QUIPU" import "$1-again" -o second.safetensors 2>>.err && cmp first.safetensors second.safetensors
    result $? "$1: imported, exported and imported" "$(head -c 200 .err)"
    "$QUIPU" score -m first.safetensors "$2" >other && near ours other
    result $? "$1: imported, the same scores" "$(paste ours other | head -n 2)"
}

export_one() { # NAME TEXTS
    export_to "$1" "$1" f32
    result $? "$1: exported" "$(head -c 300 .err)"
    "$QUIPU" score -m "$1.safetensors" "$2" >ours && theirs score "$1" <"$2" >other && near ours other
    result $? "$1: the same scores" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
    again "$1" "$2"
}

text() { # NAME OPTION... - a language model
    model=$1
    shift
    train --task lm --train texts --decoder transformer --scale-embeddings=false -m "$model.safetensors" "$@"
    export_one "$model" targets
    while read -r prompt; do "$QUIPU" generate -m "$model.safetensors" -p "$prompt" --temp 0 -n 8; done <prompts >ours
    theirs write "$model" <prompts >other && cmp -s ours other
    result $? "$model: the same text" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
}

translator() { # NAME OPTION...
    model=$1
    shift
    train --train pairs -m "$model.safetensors" "$@"
    export_one "$model" five
    "$QUIPU" translate -m "$model.safetensors" -b 1 --max-length 8 sources >ours &&
        theirs write "$model" <sources >other && cmp -s ours other
    result $? "$model: the same translations" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
    "$QUIPU" translate -m "$model.safetensors" -b 4 --max-length 8 --length-penalty 0 --scores sentence sources |
        sed "s/ ||| /\t/" >ours && theirs beam "$model" <sources >other && near ours other
    result $? "$model: the same by a beam" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
}

shared="--share-vocab --tied-embeddings-all"
marian="--norm post --final-norm=false --sinusoid halves --output-bias true --activation silu"
translator pre $shared --sinusoid fairseq --first-position 1
translator marian $shared $marian
translator bart $shared --norm post --final-norm=false --pos learned --embedding-norm --output-bias true \
    --activation gelu
translator t5 $shared --norm-type rms --bias=false --pos relative --attention-scale 1 --scale-embeddings=false \
    --gated-ff --activation gelu-tanh --head-size 12 --scale-output
translator apart --tied-embeddings=false --norm-type rms --pos rope --attention-bias false

llama="--pos rope --norm-type rms --gated-ff --activation silu --bias=false"
text gpt2 --pos learned --activation gelu-tanh
text llama $llama --kv-heads 1
text qwen $llama --qk-norm --qkv-bias true --head-size 12 --rope-scaling linear --rope-factor 2
text neox --pos rope --rope-size 4 --parallel separate --tied-embeddings=false --activation gelu
text gptj --pos rope --rope-size 4 --parallel shared --output-bias true
text bloom --pos alibi --embedding-norm
text gemma $llama --norm both --scale-embeddings=true --output-softcap 5

for type in f16 int8; do
    rm -f packed.safetensors
    export_to marian "marian-$type" $type && "$QUIPU" import "marian-$type" -o packed.safetensors 2>.err
    result $? "marian: exported as $type" "$(head -c 300 .err)"
    "$QUIPU" score -m packed.safetensors five >ours && theirs score "marian-$type" <five >other && near ours other 0.02
    result $? "marian: the same scores as $type" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
done

for model in pre t5 gpt2 llama; do
    rm -f their.safetensors
    "$QUIPU" export --format huggingface -m $model.safetensors -o "hf-$model" 2>.err &&
        theirs convert "their-$model" "hf-$model" </dev/null &&
        "$QUIPU" import "their-$model" -o their.safetensors 2>.err
    result $? "$model: converted by CTranslate2, imported" "$(tail -n 1 .err)"
    case $model in pre | t5) lines=five ;; *) lines=targets ;; esac
    theirs score "their-$model" <$lines >ours && "$QUIPU" score -m their.safetensors $lines >other && near ours other
    result $? "$model: converted by CTranslate2, the same scores" "$(paste ours other | head -n 2)"
done

"$QUIPU" train --train pairs --valid none --tokenizer word --encoder lstm --decoder lstm --emb-size 8 --steps 2 \
    -q -m lstm.safetensors 2>.err
fails 2 'it needs .*--encoder transformer' "$QUIPU" export --format ctranslate2 -m lstm.safetensors -o lstm
train --task lm --train texts --decoder transformer --attention-window 4 -m window.safetensors
fails 2 'it needs .*--attention-window 0' "$QUIPU" export --format ctranslate2 -m window.safetensors -o window
fails 2 'no --type q8_0; its 8 bits are --type int8' "$QUIPU" export --format ctranslate2 --type q8_0 \
    -m gpt2.safetensors -o packed
