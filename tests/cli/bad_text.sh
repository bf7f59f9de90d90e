# Real-world text: translate gives one line per line, or one line that says what is wrong.
. tests/cli/support
has train && has translate || { skip "text" "no train or translate"; exit 0; }
holds "train a small model" toy_train m.safetensors
[ -s m.safetensors ] || exit 1
translate() { "$QUIPU" translate -m m.safetensors "$@"; }
toy_pairs 30 | cut -f 1 >input
translate input >expected
[ "$(wc -l <expected)" -eq 30 ]
result $? "a line for a line" "$(wc -l <expected)"

# same NAME FILE... - the translation is as expected.
same() {
    name=$1
    shift
    translate "$@" >.out 2>.err && cmp -s .out expected
    result $? "$name" "$(head -n 2 .err .out | tr '\n' '~')"
}
same "one thread" -t 1 input
same "three threads" -t 3 input
same "batches of 1" --batch-size 1 input
same "batches of 64" --batch-size 64 input
sed 's/$/\r/' input >crlf
same "CRLF" crlf
{ printf '\357\273\277'; cat input; } >bom
same "byte-order mark" bom
head -c -1 input >no_lf
same "last line without LF" no_lf
gzip -c input >input.gz
same "gzip" input.gz
head -n 10 input >a
tail -n 20 input | gzip >b.gz
same "several files" a b.gz
translate <input >.out && cmp -s .out expected
result $? "stdin"
translate - <input.gz >.out && cmp -s .out expected
result $? "gzip on stdin, as -"

# Strange lines: each gives one line, and the lines around it keep their translations.
strange() {   # NAME FILE-WITH-ONE-LINE
    { head -n 10 input; cat "$2"; tail -n 20 input; } >mixed
    { head -n 10 expected; tail -n 20 expected; } >neighbours
    translate mixed >.out 2>.err
    code=$?
    sed 11d .out | cmp -s - neighbours && [ "$(wc -l <.out)" -eq 31 ] && [ $code -eq 0 ]
    result $? "$1" "exit code $code, $(wc -l <.out) lines: $(head -n 2 .err | tr '\n' '~')"
}
echo >line; strange "empty line" line
echo "   " >line; strange "spaces" line
printf 'w1 \000 w2\n' >line; strange "NUL byte" line
printf 'w1 \033[31m \007 w2\n' >line; strange "control characters" line
printf '한국어 \360\237\230\200 w2\n' >line; strange "other letters" line
printf 'w1 \342\200\250 w2 \302\205 w3\n' >line; strange "Unicode line separators" line
{ head -c 10000000 /dev/zero | tr '\0' w; echo; } >line; strange "10 MB line" line
{ yes w1 | head -n 20000 | tr '\n' ' '; echo; } >line; strange "20,000 words" line

# Invalid UTF-8 is refused with its line number.
printf 'w1 \377\376 w2\n' >line
{ head -n 10 input; cat line; tail -n 20 input; } >mixed
fails 65 "mixed:11: byte 4 is not UTF-8" "$QUIPU" translate -m m.safetensors mixed
fails 65 "mixed:11: byte 4 is not UTF-8" "$QUIPU" translate -m m.safetensors --json mixed

# Collections of strange text, if present.
torture=$top/../shared/data/torture
for file in UTF-8-test.txt blns.txt bom_crlf.txt; do
    if [ ! -r "$torture/$file" ]; then
        skip "$file" "no ../shared/data/torture"
        continue
    fi
    grep -ax ".*" "$torture/$file" >text # the lines in UTF-8
    translate --beam-size 1 --batch-size 7 text >.out 2>.err
    code=$?
    [ $code -eq 0 ] && [ "$(wc -l <.out)" -eq "$(wc -l <text)" ]
    result $? "$file: a line for a line" "exit code $code, $(wc -l <.out) lines: $(head -n 2 .err | tr '\n' '~')"
done

: >empty
translate empty >.out && [ ! -s .out ]
result $? "no lines, no output"
fails 66 absent "$QUIPU" translate -m m.safetensors absent
fails 66 . "$QUIPU" translate -m m.safetensors .
head -c 60 input.gz >cut.gz
fails 65 cut.gz "$QUIPU" translate -m m.safetensors cut.gz

# Lost output.
fails 74 stdout sh -c '"$QUIPU" translate -m m.safetensors input >/dev/full'
fails 74 stdout sh -c '"$QUIPU" translate -m m.safetensors input >&-'
sh -c '{ sleep 0.3; "$QUIPU" translate -m m.safetensors input 2>err; echo $? >code; } | :'
sleep 0.1
[ "$(cat code)" = 0 ] && [ ! -s err ]
result $? "closed pipe" "$(cat code err)"
