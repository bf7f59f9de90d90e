# The power fails at every moment of a command that makes files. The calls of a run are logged; from the log every disk
# is put together that may be left: with all, nothing or a part of what was not yet synced, cut writes, zeros, and each
# change alone or missing, as of a disk that reorders. On each of them the old file or the new one is whole, nothing
# that was saved is gone, and the same command ends with the file of a run that was never stopped.
#   POINTS=N disks of each command (0: all)   ONLY=word of the name
POINTS_HERE=20
. tests/faults/common
REPLAY=${REPLAY:-$top/build/faults/power}
small_models
other_models

# fails NAME FILES COMMAND... - $again: the command after the failure, if it is another one.
fails() {
    title=$1
    case $title in *$ONLY*) ;; *) return ;; esac
    export FAULT_FILES=$2 FAULT_POINTS=$POINTS
    shift 2
    logged=$(FAULT_KIND=log FAULT_LOG=$work/log FAULT_FOLDER=$work LD_PRELOAD=$FAULT "$QUIPU" "$@" 2>&1)
    code=$?
    [ $code -ne 77 ] || { echo "this machine has no seccomp filters: skipped"; exit 77; }
    [ $code -eq 0 ] || { printf '%s: %s\n' "$title" "$logged"; exit 1; }
    [ -z "$again" ] || set -- $again
    report=$(cd "$work" && "$REPLAY" "$work/log" "$QUIPU" "$@" 2>&1)
    count "$title" $?
}

export FAULT_AGAIN=0
again=
fails "new, gru" m.safetensors train --train pairs --valid pairs $recurrent $small -m m.safetensors
fails "new, transformer" m.safetensors train --train pairs --valid pairs $attention $small -m m.safetensors
fails "in a folder" new/here/m.safetensors \
    train --train pairs --valid pairs $recurrent $small --steps 2 -m new/here/m.safetensors
fails "mean of 2, bpe" m.safetensors train --train pairs --valid pairs $recurrent $small \
    --tokenizer bpe --vocab-size 300 --keep 3 --average 2 -m m.safetensors
fails "resumed" part.safetensors train --train pairs --valid pairs $recurrent $small -m part.safetensors
fails "labels" m.safetensors train --task classify --train labels --steps 4 --save-freq 2 -q -m m.safetensors
fails "series" m.safetensors train --task regress --train series --column temp --steps 4 --save-freq 2 -q \
    -m m.safetensors
overwriting="train --train pairs --valid pairs $recurrent $small --seed 4 -m gru.safetensors"
fails "overwriting" gru.safetensors $overwriting --overwrite
# without --overwrite the new run is resumed, or refused because it differs from the old one
again=$overwriting FAULT_AGAIN=0,2,73
fails "overwriting, resumed" gru.safetensors $overwriting --overwrite
again= FAULT_AGAIN=0,73   # a finished file that no run belongs to "exists"
fails "n-grams" m.safetensors train --task lm --decoder ngram --train lines -q -m m.safetensors
FAULT_AGAIN=0
fails "average" a.safetensors average -o a.safetensors gru.safetensors gru.safetensors
fails "import" i.safetensors import n.arpa -o i.safetensors
fails "merge" c.safetensors merge -m adapter.safetensors -o c.safetensors
fails "export, GGUF" e.gguf export --format gguf -m gpt.safetensors -o e.gguf
fails "embed" v.npz embed -m match.safetensors source -o v.npz
fails "export" e.arpa export -m ngram.safetensors -o e.arpa
fails "tokenizer" t.json tokenizer train --type bpe --vocab-size 300 -o t.json lines
total power
