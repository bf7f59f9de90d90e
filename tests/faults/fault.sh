# Every system call of a command that touches files fails: once and from then on, with every error that the call may
# have, and reads and writes of half the bytes. The command succeeds with the right output, or ends with an exit code
# of its own and one message; files are whole or absent, and after a failed training the same command ends with the file
# of a run without faults. disk.sh: a full disk.
#   POINTS=N calls of each command (0: all)   ONLY=word of the name
POINTS_HERE=3
. tests/faults/common
small_models
other_models
open=1 read=2 write=4 close=8 sync=16 rename=32 mkdir=64 unlink=128 truncate=256 stat=512 lock=1024 map=2048 list=4096
EINTR=4 EIO=5 ENOMEM=12 ENOSPC=28 EMFILE=24 ESTALE=116 EDQUOT=122
export FAULT_CODES=65,66,71,73,74

# fails_with NAME FILES COMMAND... - with the variables of the caller.
fails_with() {
    title=$1
    export FAULT_FILES=$2
    shift 2
    for fault in $faults; do
        FAULT_ERROR=${fault%%:*}
        FAULT_CALLS=$((${fault#*:}))
        export FAULT_ERROR FAULT_CALLS
        FAULT_KIND=error FAULT_EVER=0 sweep "$title, error $fault, once" "$@"
        [ "$FAULT_ERROR" = $EINTR ] || FAULT_KIND=error FAULT_EVER=1 sweep "$title, error $fault, for good" "$@"
    done
    FAULT_CALLS=$((read + write))
    FAULT_KIND=short FAULT_EVER=0 sweep "$title, half, once" "$@"
    FAULT_KIND=short FAULT_EVER=1 sweep "$title, half, for good" "$@"
}

# calls NAME FILES COMMAND... - chosen by ONLY.
calls() { case $1 in *$ONLY*) fails_with "$@" ;; esac; }

faults="$EIO:read+write+sync+close+list $ENOSPC:open+write+mkdir+rename $EDQUOT:write+open $EMFILE:open
    $ESTALE:open+read+stat+rename+unlink $EINTR:read+write+lock $ENOMEM:map $EIO:truncate+mkdir+unlink"
export FAULT_RESUME=1 FAULT_OUTPUT=0
calls "train" m.safetensors train --train pairs --valid pairs $recurrent $small -m m.safetensors
calls "train --overwrite" gru.safetensors \
    train --train pairs --valid pairs $attention $small --overwrite -m gru.safetensors
calls "resume" part.safetensors train --train pairs --valid pairs $recurrent $small -m part.safetensors
# no failing mmap here: OpenMP ends the process when it cannot make a thread
faults="$EIO:read+write+sync+close+list $ENOSPC:open+write $EMFILE:open $ESTALE:read+stat+rename $EINTR:read+write"
calls "train, labels" m.safetensors train --task classify --train labels --steps 3 --threads 1 -q -m m.safetensors
calls "average" a.safetensors average -o a.safetensors gru.safetensors gru.safetensors
calls "quantize" q.safetensors quantize -m transformer.safetensors --type bf16 -o q.safetensors
calls "export" e.arpa export -m ngram.safetensors -o e.arpa
calls "import" i.safetensors import n.arpa -o i.safetensors
calls "tokenizer" t.json tokenizer train --type word -o t.json lines
export FAULT_RESUME=0 FAULT_OUTPUT=1
cp lines "$work/input"
calls "translate" "" translate -m gru.safetensors
calls "evaluate" "" evaluate bleu --hyp lines --ref lines
calls "predict, series" "" predict -m series.safetensors series
calls "attend" map.html attend -m transformer.safetensors --src "w1 w2" -o map.html
calls "info" "" info gru.safetensors
calls "encode" "" tokenizer encode -m hf.json
faults="$EIO:read+write+sync+close $ENOSPC:open+write+mkdir $ESTALE:read+rename"
calls "search" "" search -m match.safetensors --index vectors.npz --texts source
calls "embed" v.npz embed -m match.safetensors source -o v.npz
calls "merge" c.safetensors merge -m adapter.safetensors -o c.safetensors
calls "import, Hugging Face" i.safetensors import gpt -o i.safetensors
calls "import, GGUF" i.safetensors import gpt.gguf -o i.safetensors
calls "export, Hugging Face" folder/config.json:folder/model.safetensors \
    export --format huggingface -m gpt.safetensors -o folder
calls "export, GGUF" e.gguf export --format gguf -m gpt.safetensors -o e.gguf
calls "predict, images" "" predict -m images.safetensors blind.csv
total fault
