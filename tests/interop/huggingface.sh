# Models that were trained here, opened by transformers, and models that transformers wrote, opened here: the same
# scores to 1e-4 and the same text.
. tests/cli/support
"$PYTHON" -c "import torch, transformers" 2>/dev/null || { skip "transformers" "not in this environment"; exit 0; }

toy_pairs 300 >pairs
cut -f 2 pairs >texts
awk -F '\t' '{ print (NR % 3 ? "first" : "other") "\t" $1 }' pairs >labels
head -n 5 pairs >five
cut -f 1 five >sources
cut -f 2 five >targets
cut -d ' ' -f 1,2 targets >prompts

. "$top/tests/interop/support"
peer huggingface.py

train() { "$QUIPU" train --seed 3 --valid none --layers 2 --emb-size 16 --heads 2 --ff-size 24 --steps 30 --lr 0.01 \
    --tokenizer word --max-length 32 -q "$@" 2>.err || cat .err; }
export_as() { holds "$1: written as $2" "$QUIPU" export --format huggingface -m "$1.safetensors" -o "$1" &&
    grep -q "\"model_type\": \"$2\"" "$1/config.json"; result $? "$1: is $2" "$(head -c 200 .err)"; }

text() { # NAME - a language model
    "$QUIPU" score -m "$1.safetensors" targets >ours && theirs score "$1" <targets >other && near ours other
    result $? "$1: the same scores" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
    while read -r prompt; do "$QUIPU" generate -m "$1.safetensors" -p "$prompt" --temp 0 -n 8; done <prompts >ours
    theirs write "$1" <prompts >other && cmp -s ours other
    result $? "$1: the same text" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
}

translator() { # NAME
    "$QUIPU" score -m "$1.safetensors" five >ours && theirs score "$1" <five >other && near ours other
    result $? "$1: the same scores" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
    "$QUIPU" translate -m "$1.safetensors" -b 1 --max-length 8 sources >ours && theirs write "$1" <sources >other &&
        cmp -s ours other
    result $? "$1: the same translations" "$(paste ours other | head -n 2) $(tail -n 1 .err)"
}

lm="--task lm --train texts --decoder transformer --scale-embeddings=false"
train $lm --pos learned --activation gelu-tanh -m gpt.safetensors
export_as gpt gpt2
text gpt
train $lm --pos rope --norm-type rms --gated-ff --activation silu --bias=false --kv-heads 1 -m lama.safetensors
export_as lama llama
text lama

mt="--train pairs --share-vocab --tied-embeddings-all"
train $mt --sinusoid fairseq --first-position 1 -m pre.safetensors
export_as pre m2m_100
translator pre
train $mt --norm post --final-norm=false --sinusoid halves --output-bias true --activation silu -m post.safetensors
export_as post marian
translator post
train $mt --norm post --final-norm=false --pos learned --embedding-norm --output-bias true --activation gelu \
    -m learned.safetensors
export_as learned bart
translator learned
train $mt --norm-type rms --bias=false --pos relative --attention-scale 1 --scale-embeddings=false -m five5.safetensors
export_as five5 t5
translator five5

bert="--encoder transformer --norm post --final-norm=false --pos learned --segments 2 --embedding-norm
    --scale-embeddings=false --activation gelu --norm-epsilon 1e-12"
train --task classify --train labels $bert --pooling first --pooler tanh -m class.safetensors
export_as class bert
"$QUIPU" predict -m class.safetensors sources >ours && theirs label class <sources >other && near ours other
result $? "class: the same classes" "$(paste ours other | head -n 2) $(tail -n 1 .err)"

awk '{ for (i = 1; i <= NF; i++) print $i "\t" ($i ~ /1/ ? "one" : "none"); print "" }' texts >words.conll
train --task tag --train words.conll $bert --word-layers 0 -m tags.safetensors
export_as tags bert
"$QUIPU" predict -m tags.safetensors targets >ours && theirs tags tags <targets >other && cmp -s ours other
result $? "tags: the same tags" "$(paste ours other | head -n 2) $(tail -n 1 .err)"

sed 's/ [^ ]* / [MASK] /' targets >holes
train --task mlm --train texts $bert --activation gelu -m mask.safetensors
export_as mask bert
"$QUIPU" predict -m mask.safetensors --top 2 holes | cut -f 2 | sed 's/, /\t/; s/ \(0\.\)/\t\1/g' >ours &&
    theirs mask mask <holes >other && near ours other
result $? "mask: the same words in the gaps" "$(paste ours other | head -n 2) $(tail -n 1 .err)"

for kind in gpt2 llama gpt_neox; do
    theirs make "$kind" "their-$kind" gpt </dev/null
    holds "their $kind: imported" "$QUIPU" import "their-$kind" -o "their-$kind.safetensors"
    text "their-$kind"
done
