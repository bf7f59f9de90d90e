# Language models of running text: training, evaluation, resuming; errors in text or options.
. tests/cli/support

awk 'BEGIN { for (i = 0; i < 120; i++) print (i % 3 ? "the cat sees the dog" : ""), i % 10 }' >text
awk 'BEGIN { for (i = 0; i < 20; i++) print (i % 3 ? "the cat sees the dog" : ""), i % 10 }' >valid
try="--task lm --tokenizer char --emb-size 32 --ff-size 64 --heads 2 --layers 1 --dropout 0 --lr 0.01 \
    --lr-schedule inv-sqrt --lr-warmup 1000 --seed 3 --threads 1"
lm() { "$QUIPU" train $try --train text --valid valid --lm-window 16 --batch-type sentence --batch-size 8 "$@"; }
holds "learns from windows of running text" lm --steps 120 --valid-freq 60 -m m.safetensors
grep -q 'bits-per-character' m.run/train.log
result $? "reports the bits per character" "$(tail -n 3 m.run/train.log)"
# a line end is a character: bits = nats / ln 2 if a token is a character
awk '/validation at update 120/ { for (i = 1; i < NF; i++) v[$i] = $(i + 1) }
     END { d = v["loss"] / log(2) - v["bits-per-character"]; exit !(v["loss"] < 2 && d < 0.01 && d > -0.01) }' \
         m.run/train.log
result $? "nats and bits agree, and it has learned" "$(grep 120 m.run/train.log)"

lm --steps 60 --valid-freq 60 -q -m half.safetensors && lm --steps 120 --valid-freq 60 -q -m half.safetensors &&
    cmp -s m.safetensors half.safetensors
result $? "stopped and resumed makes the same file"
lm --steps 120 --valid-freq 60 --threads 2 -q -m two.safetensors && cmp -s m.safetensors two.safetensors
result $? "two threads make the same file"
"$QUIPU" score -m m.safetensors valid >scores 2>err && [ "$(wc -l <scores)" -eq 20 ] &&
    awk '$1 > 0 || $1 < -60 { exit 1 }' scores
result $? "scores lines of such text" "$(head -n 3 scores)"

# generate: similar text, line by line, beyond the context; valid UTF-8; the reader may close the pipe
"$QUIPU" generate -m m.safetensors -p "the cat" -n 300 --temp 0.5 --seed 2 >made 2>err
code=$?
[ $code -eq 0 ] && [ ! -s err ] && [ "$(wc -l <made)" -ge 5 ] && [ "$(wc -m <made)" -eq 308 ] && grep -q 'the' made
result $? "generate goes on with running text" "exit code $code: $(head -c 200 made; cat err)"
printf '\260\241\260\242\n' >korean
fails 65 "korean:1: byte 1 is not UTF-8" "$QUIPU" generate -m m.safetensors -f korean
fails 65 "prompt: byte 1 is not UTF-8" "$QUIPU" generate -m m.safetensors -p "$(cat korean)"
quiet=0
for i in 1 2 3 4 5 6 7 8; do   # whichever thread meets the end
    { "$QUIPU" generate -m m.safetensors -n 0 2>err; echo $? >code; } | head -n 2 >first
    [ "$(cat code)" = 0 ] && [ ! -s err ] && [ "$(wc -l <first)" -eq 2 ] || break
    quiet=$i
done
[ $quiet -eq 8 ]
result $? "generate without end stops with its reader" "$(cat code err)"
printf 'short\n' >short
fails 65 "6 tokens.*--lm-window" "$QUIPU" train $try --train short --lm-window 16 --steps 1 -q -m x.safetensors
fails 2 "--task lm" "$QUIPU" train --train-src text --train-tgt text --lm-window 16 --steps 1 -q -m x.safetensors
fails 2 "--max-length" "$QUIPU" train $try --train text --lm-window 16 --max-length 8 --steps 1 -q -m x.safetensors
fails 2 "lm-window" "$QUIPU" train $try --train text --lm-window -1 --steps 1 -q -m x.safetensors
[ ! -e x.safetensors ]
result $? "no model was made"
echo "1..$number"
