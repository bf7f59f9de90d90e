# Every allocation of every command fails: once, and from then on. The exit code is 71 and the message speaks of memory,
# or the command succeeds with the right output; no file is half written. The program is linked with the leak sanitizer,
# which ends it with another exit code where memory was lost.
#   POINTS=N points of each command (0: all)   ONLY=word of the name
POINTS_HERE=3
. tests/faults/common

small_models
other_models
cp words.json other.json
printf 'w1 w2\n' >texts
export FAULT_KIND=alloc FAULT_WORD=memory FAULT_CODES=71

# allocations NAME INPUT FILES COMMAND... - the command, with INPUT on stdin, fails at each of its allocations.
allocations() {
    title=$1
    case $title in *$ONLY*) ;; *) return ;; esac
    cp "$2" "$work/input"
    export FAULT_FILES=$3
    shift 3
    FAULT_EVER=0 sweep "$title, once" "$@"
    FAULT_EVER=1 sweep "$title, for good" "$@"
}

allocations "train, gru" none m.safetensors train --train pairs --valid pairs $recurrent $small -m m.safetensors
allocations "train, transformer" none m.safetensors \
    train --train pairs --valid pairs $attention $small -m m.safetensors
allocations "train, by itself" none m.safetensors train --train pairs --steps 4 -q -m m.safetensors
allocations "train --overwrite" none gru.safetensors \
    train --train pairs --valid pairs $recurrent $small --overwrite -m gru.safetensors
allocations "train, resumed" none part.safetensors \
    train --train pairs --valid pairs $recurrent $small -m part.safetensors
allocations "train, bpe" none m.safetensors \
    train --train pairs --valid pairs $recurrent $small --tokenizer bpe --vocab-size 300 -m m.safetensors
allocations "train, labels" none m.safetensors train --task classify --train labels --steps 3 -q -m m.safetensors
allocations "train, tags" none m.safetensors train --task tag --train tags --steps 3 -q -m m.safetensors
allocations "train, series" none m.safetensors \
    train --task regress --train series --column temp --steps 3 -q -m m.safetensors
allocations "train, masks" none m.safetensors train --task mlm --train lines --steps 3 -q -m m.safetensors
allocations "train, language" none m.safetensors train --task lm --train lines --steps 3 -q -m m.safetensors
allocations "train, n-grams" none m.safetensors train --task lm --decoder ngram --train lines -q -m m.safetensors
FAULT_OUTPUT=0 allocations "train --dry-run" none m.safetensors train --train pairs --dry-run -q -m m.safetensors
allocations "train CONFIG" none m.safetensors train config.yaml -q -m m.safetensors
allocations "train, match" none m.safetensors train --task match --train pairs $tiny -m m.safetensors
allocations "train, images" none m.safetensors \
    train --task classify --train images.csv --column kind --patch 2x2 --valid none ${tiny#*word} -m m.safetensors
allocations "train --lora" none m.safetensors train --train pairs --valid none ${tiny#*word} --lora 2 \
    --init-from transformer.safetensors --tokenizer transformer.safetensors -m m.safetensors
allocations "train --teacher" none m.safetensors \
    train --task classify --train labels --teacher labels.safetensors --steps 3 -q -m m.safetensors
for model in gru transformer int8; do
    allocations "translate, $model" lines "" translate -m $model.safetensors -b 3
    allocations "translate --json, $model" lines "" translate -m $model.safetensors --json --n-best 2 -b 2
done
allocations "translate --alignment" lines "" translate -m gru.safetensors --alignment hard -b 2
allocations "score" pairs "" score -m gru.safetensors
allocations "score --json" pairs "" score -m gru.safetensors --json
allocations "generate" none "" generate -m language.safetensors -p w1 -n 6 --seed 1
allocations "generate --json" none "" generate -m language.safetensors -p w1 -n 6 --seed 1 --json
allocations "generate, n-grams" none "" generate -m ngram.safetensors -p w1 -n 6 --seed 1
allocations "predict, labels" lines "" predict -m labels.safetensors
allocations "predict --json" lines "" predict -m labels.safetensors --json
allocations "predict, tags" lines "" predict -m tags.safetensors
allocations "predict, images" none "" predict -m images.safetensors blind.csv
allocations "embed" lines "" embed -m match.safetensors
allocations "embed, npz" none v.npz embed -m match.safetensors source -o v.npz
allocations "search" texts "" search -m match.safetensors --index vectors.npz --texts source -k 2
allocations "search --json" texts "" search -m match.safetensors --index vectors.npz --texts source --json
allocations "predict, series" none "" predict -m series.safetensors series
allocations "evaluate, model" none "" evaluate -m gru.safetensors --src source --ref target --json
allocations "evaluate, texts" none "" evaluate bleu,chrf,ter,wer --hyp lines --ref lines --json
allocations "evaluate, labels" none "" evaluate accuracy,f1,report -m labels.safetensors --test labels
allocations "evaluate, tags" none "" evaluate -m tags.safetensors --test tags
allocations "evaluate, series" none "" evaluate -m series.safetensors --test series
allocations "evaluate, pairs" none "" evaluate -m match.safetensors --test pairs
allocations "evaluate --compare" none "" evaluate bleu --hyp lines --ref lines --compare source
allocations "evaluate perplexity" none "" evaluate perplexity -m language.safetensors --test lines
for kind in html svg json npz txt; do
    allocations "attend, $kind" none map.$kind attend -m transformer.safetensors --src "w1 w2 w0" -o map.$kind
done
allocations "attend, image" none map.html attend -m images.safetensors --image blind.csv -o map.html
allocations "info" none "" info gru.safetensors
allocations "info --json" none "" info gru.safetensors --json
allocations "average" none a.safetensors average -o a.safetensors gru.safetensors gru.safetensors
allocations "merge" none c.safetensors merge -m adapter.safetensors -o c.safetensors
allocations "import" none i.safetensors import n.arpa -o i.safetensors
allocations "import, Hugging Face" none i.safetensors import gpt -o i.safetensors
allocations "import, rules" none i.safetensors import ruled -o i.safetensors
allocations "translate, languages" lines "" translate -m ruled.safetensors --src-lang aa --tgt-lang bb
allocations "info, rules" none "" info ruled.safetensors
allocations "export, rules" none folder/config.json:folder/model.safetensors \
    export --format huggingface -m ruled.safetensors -o folder
allocations "import, GGUF" none i.safetensors import gpt.gguf -o i.safetensors
allocations "import, llama2.c" none i.safetensors import llama2c_0.bin --tokenizer five.bin -o i.safetensors
allocations "quantize" none q.safetensors quantize -m transformer.safetensors --type bf16 -o q.safetensors
allocations "export" none e.arpa export -m ngram.safetensors -o e.arpa
allocations "export, Hugging Face" none folder/config.json:folder/model.safetensors \
    export --format huggingface -m gpt.safetensors -o folder
allocations "export, GGUF" none e.gguf export --format gguf --type q8_0 -m gpt.safetensors -o e.gguf
allocations "export, npz" none e.npz export --format npz -m gpt.safetensors -o e.npz
allocations "export, tokenizer" none e.json export -m gru.safetensors -o e.json
allocations "version" none "" --version
allocations "help" none "" help train --all
for type in char byte word bpe unigram wordpiece byte-bpe; do
    allocations "tokenizer train, $type" none t.json \
        tokenizer train --type $type --vocab-size 300 -o t.json lines
done
allocations "tokenizer encode" lines "" tokenizer encode -m words.json
allocations "tokenizer encode --json" lines "" tokenizer encode -m bpe.json --json
allocations "tokenizer decode" ids "" tokenizer decode -m words.json
allocations "tokenizer info" none "" tokenizer info words.json --json
allocations "tokenizer compare" none "" tokenizer compare words.json other.json lines
allocations "tokenizer export" none x.json tokenizer export --format huggingface bpe.json -o x.json
allocations "tokenizer import" none y.json tokenizer import hf.json -o y.json
allocations "tokenizer encode, Hugging Face" lines "" tokenizer encode -m hf.json --json
allocations "tokenizer encode, sentencepiece" lines "" tokenizer encode -m spm.model --json
allocations "tokenizer spm-train" none s.model \
    tokenizer spm-train --model-type bpe --vocab-size 30 --hard-vocab-limit=false -o s.model lines
allocations "tokenizer learn-bpe" lines "" tokenizer learn-bpe -s 10
allocations "tokenizer hf-train" none h.json tokenizer hf-train --like hf.json --vocab-size 300 -o h.json lines
allocations "tokenizer moses" lines "" tokenizer moses -l en
total oom
