# A disk that is full after N pages, for every N until the command has room: it succeeds with the file of an empty disk,
# or ends with exit code 73 or 74 and one message; then the old file is there, or none, and nothing temporary, and once
# there is room the same command succeeds. Needs a memory file system of its own: root, or namespaces for users.
#   STEP=N every N-th page (1: all; POINTS=0 means that too)   ONLY=word of the name
POINTS_HERE=8
disk=$(mktemp -d "${TMPDIR:-/tmp}/quipu-disk-XXXXXX") || exit 1
if ! mount -t tmpfs -o size=1m none "$disk" 2>/dev/null; then
    rmdir "$disk"
    [ -z "$QUIPU_DISK" ] || { echo "disk: nothing can be mounted here: skipped"; exit 0; }
    QUIPU_DISK=inside unshare -rm bash "$0" 2>/dev/null && exit
    echo "disk: nothing can be mounted here: skipped"
    exit 0
fi
. tests/faults/common
trap 'cd / && umount "$disk" && rmdir "$disk"; rm -rf "$work"' EXIT
STEP=${STEP:-${POINTS:-8}}
[ "$STEP" -gt 0 ] || STEP=1
small_models
other_models
mv "$work/seed" "$work/data"
cd "$disk" || exit 1
pages=0 wrong=0

# room KB - the size of the disk.
room() { mount -i -t tmpfs -o remount,size=$1k none "$disk" || exit 1; }
wrong() { wrong=$((wrong + 1)); echo "wrong: $title, $left pages: $1 $(head -n 1 "$work/err")"; }

# full NAME OLD FILE COMMAND... - OLD is the file that is there before, or "none".
full() {
    title=$1 old=$2 file=$3
    shift 3
    case $title in *$ONLY*) ;; *) return ;; esac
    fresh
    "$QUIPU" "$@" >"$work/out" 2>"$work/err" || { left=all; wrong "no success on an empty disk"; return; }
    rm -rf "$work/straight" && cp -r "$file" "$work/straight"
    code=74 left=1   # a size of 0 is no limit
    while [ $code -ne 0 ] && [ $left -lt 2000 ]; do
        fresh
        used=$(df --output=used -k . | tail -n 1)
        room $((used + 4 * left))
        "$QUIPU" "$@" >"$work/out" 2>"$work/err"
        code=$?
        pages=$((pages + 1))
        judge
        room 16384
        again "$@"
        left=$((left + STEP))
    done
    printf '%-44s %d pages\n' "$title" $((left - STEP))
}

fresh() {
    rm -rf ./*
    room 16384
    [ "$old" = none ] || cp -r "$work/data/$old" "$file"
}

judge() {
    if [ $code -eq 0 ]; then
        diff -rq "$file" "$work/straight" >/dev/null || wrong "success, but another file"
        return
    fi
    case $code in 73 | 74) ;; *) wrong "exit code $code" ;; esac
    [ "$(grep -c '^quipu: ' "$work/err")" -gt 0 ] || wrong "no message"
    if [ -f "$file" ] && ! cmp -s "$file" "$work/straight"; then
        [ "$old" != none ] && cmp -s "$file" "$work/data/$old" || wrong "a half-written file"
    fi
    [ -z "$(find . -name '*.tmp*')" ] || wrong "a temporary file is left"
}

# The same command, with room.
again() {
    [ $code -ne 0 ] || return 0
    "$QUIPU" "$@" >"$work/out" 2>"$work/err" && diff -rq "$file" "$work/straight" >/dev/null ||
        wrong "not made afterwards"
}

data=$work/data
pairs="--train $data/pairs --valid $data/pairs"
full "train" none m.safetensors train $pairs $recurrent $small -m m.safetensors
full "train --overwrite" gru.safetensors m.safetensors \
    train $pairs $attention $small --overwrite -m m.safetensors
full "train, n-grams" none m.safetensors \
    train --task lm --decoder ngram --train $data/lines -q --overwrite -m m.safetensors
full "average" transformer.safetensors a.safetensors \
    average -o a.safetensors $data/gru.safetensors $data/gru.safetensors
full "quantize" none q.safetensors quantize -m $data/transformer.safetensors --type bf16 -o q.safetensors
full "merge" none c.safetensors merge -m $data/adapter.safetensors -o c.safetensors
full "import" none i.safetensors import $data/gpt.gguf -o i.safetensors
full "export, GGUF" none e.gguf export --format gguf -m $data/gpt.safetensors -o e.gguf
full "export, n-grams" none e.arpa export -m $data/ngram.safetensors -o e.arpa
full "export, Hugging Face" none folder export --format huggingface -m $data/gpt.safetensors -o folder
full "embed" none v.npz embed -m $data/match.safetensors $data/source -o v.npz
full "attend" none map.html attend -m $data/transformer.safetensors --src "w1 w2" -o map.html
full "tokenizer" words.json t.json tokenizer train --type bpe --vocab-size 300 -o t.json $data/lines
echo "disk: $pages full disks, $wrong findings"
[ $wrong -eq 0 ]
