# Commands that read a pipe until it is closed are fed odd lines: words, none, hundreds of them, NUL, marks without a
# letter, names of special tokens, and bytes that are not UTF-8 where a command takes them (translate and predict end
# with 65 there: bad_text.sh). Each line gives one line, and memory stays flat: it rises and falls with the lines of a
# batch, but what it falls to in the last third is what it fell to in the second, up to 8 MB.
#   soak.sh SECONDS
POINTS_HERE=0
. tests/faults/common
limit=${1:-600}
make_one train --train pairs --valid pairs $recurrent $small -m gru.safetensors
make_one train --task classify --train labels --steps 3 -q -m labels.safetensors
make_one tokenizer train --type bpe --vocab-size 300 -o bpe.json lines

# lines SEED BYTES - 50 lines; BYTES 1: some are not UTF-8.
lines() {
    LC_ALL=C awk -v seed="$1" -v odd="$2" '
        function random(n) { return int(n * rand()) }
        function word() { return "w" random(9) }
        function bytes(n,  i) { for (i = 0; i < n; i++) printf "%c", 128 + random(128) }
        BEGIN {
            srand(seed)
            for (line = 0; line < 50; line++) {
                kind = random(9)
                if (kind < 3) for (n = random(9); n > 0; n--) printf "%s ", word()
                if (kind == 3) for (n = random(300); n > 0; n--) printf "%s ", word()
                if (kind == 4 && odd) bytes(random(30))
                if (kind == 5) printf "%s%c%s", word(), 0, word()
                if (kind == 6) for (n = random(200); n > 0; n--) printf "\314\201"
                if (kind == 7) printf "%s\t<s> </s> \r", word()
                printf "\n"
            }
        }'
}

# soak NAME BYTES COMMAND... - the command reads a pipe; its memory in kB, after each part of the
# input, is in NAME.rss.
soak() {
    name=$1 odd=$2
    shift 2
    mkfifo "$name.in"
    "$QUIPU" "$@" <"$name.in" >"$name.out" 2>"$name.err" &
    pid=$!
    exec 9>"$name.in"
    SECONDS=0 number=0
    while [ $SECONDS -lt "$limit" ] && kill -0 $pid 2>/dev/null; do
        number=$((number + 1))
        lines $number $odd >"$name.block"
        cat "$name.block" >&9 || break
        sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status >>"$name.rss" 2>/dev/null
    done
    exec 9>&-
    wait $pid
    code=$?
    came=$(wc -l <"$name.out")
    awk -v name="$name" -v given=$((50 * number)) -v came="$came" -v code=$code '
        { kb[NR] = $1 }
        END {
            for (i = 1; i <= NR; i++) {
                third = int(3 * (i - 1) / NR)
                if (!floor[third] || kb[i] < floor[third]) floor[third] = kb[i]
                if (kb[i] > peak) peak = kb[i]
            }
            wrong = code != 0 || came != given || NR < 9 || floor[2] > floor[1] + 8192
            printf "%-10s %d lines in, %d out, exit code %d, from %.1f MB, then from %.1f MB, up to %.1f MB%s\n", name,
                given, came, code, floor[1] / 1024, floor[2] / 1024, peak / 1024, wrong ? ": WRONG" : ""
            exit wrong
        }' "$name.rss" || { tail -n 2 "$name.err"; findings=$((findings + 1)); }
}

soak translate 0 translate -m gru.safetensors --threads 1
soak predict 0 predict -m labels.safetensors
soak encode 1 tokenizer encode -m bpe.json
echo "soak: 3 commands for $limit seconds each, $findings findings"
[ "$findings" -eq 0 ]
