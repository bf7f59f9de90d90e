# A training is killed at every system call that touches its files, and at random moments, by KILL, TERM, INT and HUP:
# what is there then is the old model or the new one, and the same command resumes and ends with the file of a run that
# was never stopped.
#   POINTS=N calls of each command (0: all)   N=1000 kills at random moments   ONLY=word of the name
POINTS_HERE=8
. tests/faults/common
N=${N:-21}
small_models
other_models
# open, write, close, fsync, rename, mkdir, unlink, ftruncate, flock, directory listings
export FAULT_CALLS=$((1 + 4 + 8 + 16 + 32 + 64 + 128 + 256 + 1024 + 4096)) FAULT_RESUME=1 FAULT_OUTPUT=0 FAULT_AGAIN=0

# kills NAME FILE COMMAND... - the command, which makes FILE, is killed at each of its calls.
kills() {
    title=$1
    case $title in *$ONLY*) ;; *) return ;; esac
    export FAULT_FILES=$2
    shift 2
    FAULT_KIND=kill sweep "$title, KILL" "$@"
    [ -n "$every_signal" ] || return
    FAULT_KIND=term FAULT_CODES=143 sweep "$title, TERM" "$@"
    FAULT_KIND=int FAULT_CODES=130 sweep "$title, INT" "$@"
    FAULT_KIND=hup FAULT_CODES=129 sweep "$title, HUP" "$@"
}

every_signal=yes
kills "new, gru" m.safetensors train --train pairs --valid pairs $recurrent $small -m m.safetensors
every_signal=
kills "new, transformer" m.safetensors train --train pairs --valid pairs $attention $small -m m.safetensors
kills "mean of 2, bpe" m.safetensors train --train pairs --valid pairs $recurrent $small \
    --tokenizer bpe --vocab-size 300 --keep 3 --average 2 -m m.safetensors
kills "resumed" part.safetensors train --train pairs --valid pairs $recurrent $small -m part.safetensors
kills "labels" m.safetensors train --task classify --train labels --steps 4 --save-freq 2 -q -m m.safetensors
kills "tags" m.safetensors train --task tag --train tags --steps 4 --save-freq 2 -q -m m.safetensors
kills "series" m.safetensors train --task regress --train series --column temp --steps 4 --save-freq 2 -q \
    -m m.safetensors
kills "language" m.safetensors \
    train --task lm --train lines --valid none --encoder none --decoder lstm $small -m m.safetensors
kills "match" m.safetensors train --task match --train pairs $tiny --save-freq 1 -m m.safetensors
kills "images" m.safetensors train --task classify --train images.csv --column kind --patch 2x2 --valid none \
    ${tiny#*word} --save-freq 1 -m m.safetensors
kills "copies" m.safetensors train --task autoencode --train lines $recurrent $small --valid none -m m.safetensors
kills "masks" m.safetensors train --task mlm --train lines --steps 4 --save-freq 2 -q -m m.safetensors
FAULT_AGAIN=0,73   # a finished model of n-grams has no run that says so: it "exists"
kills "n-grams" m.safetensors train --task lm --decoder ngram --train lines -q -m m.safetensors
FAULT_AGAIN=0
kills "average" a.safetensors average -o a.safetensors gru.safetensors gru.safetensors
kills "merge" c.safetensors merge -m adapter.safetensors -o c.safetensors
kills "export" e.gguf export --format gguf -m gpt.safetensors -o e.gguf
kills "import" i.safetensors import n.arpa -o i.safetensors
kills "tokenizer" t.json tokenizer train --type bpe --vocab-size 300 -o t.json lines
FAULT_FILES=gru.safetensors
kills "overwriting" gru.safetensors \
    train --train pairs --valid pairs $recurrent $small --seed 4 --overwrite -m gru.safetensors
total kill || exit 1

# Random moments. A run takes about as long as the longest delay; every seventh kill hits a run that is being resumed
# for the seventh time, then it may end.
case random in *$ONLY*) ;; *) exit 0 ;; esac
cd "$work" && mkdir random && cp seed/pairs random && cd random || exit 1
run() {   # in a process of its own, so that $! is the program's
    exec "$QUIPU" train --train pairs --valid pairs $recurrent $small --steps 60 --lr-total 60 --save-freq 5 -m "$1" \
        2>err
}
(run straight.safetensors) || { cat err; exit 1; }
kill=0 wrong=0
while [ $kill -lt "$N" ]; do
    rm -rf m.safetensors m.run
    for signal in KILL TERM INT HUP KILL TERM KILL; do
        kill=$((kill + 1))
        run m.safetensors &
        pid=$!
        sleep "$(awk -v k="$kill" 'BEGIN { srand(k); printf "%.3f", 0.004 + 0.09 * rand() }')"
        kill -s $signal $pid 2>/dev/null
        { wait $pid; } 2>/dev/null
    done
    (run m.safetensors) && cmp -s straight.safetensors m.safetensors || {
        wrong=$((wrong + 1))
        echo "after kill $kill: $(tail -n 1 err)"
    }
done
echo "kill: $kill kills at random moments, $wrong wrong files"
[ $wrong -eq 0 ]
