# Model files that are missing, damaged or of another kind: one line, the right exit code, no output.
. tests/cli/support
has train || { skip "bad models" "no train"; exit 0; }
holds "train a small model" toy_train good.safetensors
[ -s good.safetensors ] || exit 1
size=$(wc -c <good.safetensors)
toy_pairs 3 | cut -f 1 >input
toy_pairs 3 | cut -f 2 >output

# each_command CODE PATTERN FILE - every command that reads a model file fails on FILE.
each_command() {
    has info && fails "$1" "$2" "$QUIPU" info "$3"
    has translate && fails "$1" "$2" "$QUIPU" translate -m "$3" input
    has score && fails "$1" "$2" "$QUIPU" score -m "$3" --src input --tgt output
    has average && fails "$1" "$2" "$QUIPU" average -o mean.safetensors good.safetensors "$3"
    has attend && fails "$1" "$2" "$QUIPU" attend -m "$3" --src "w1 w2" -o map.html
    has evaluate && fails "$1" "$2" "$QUIPU" evaluate -m "$3" --src input --ref output
    has predict && fails "$1" "$2" "$QUIPU" predict -m "$3" input
    has generate && fails "$1" "$2" "$QUIPU" generate -m "$3" -p "w1"
}

each_command 66 absent.safetensors absent.safetensors
mkdir folder
each_command 66 folder folder
: >empty
each_command 65 empty empty
echo "just some text, no model" >text
each_command 65 text text
printf '\377\377\377\377\377\377\377\177{}' >claims_2_63
each_command 65 claims_2_63 claims_2_63
printf '\377\377\377\377\377\377\377\377{}' >claims_2_64
each_command 65 claims_2_64 claims_2_64
printf '\100\000\000\000\000\000\000\000{}' >short_header
each_command 65 short_header short_header
printf '\002\000\000\000\000\000\000\000{}' >no_tensors
each_command 65 no_tensors no_tensors
printf '\002\000\000\000\000\000\000\000[]' >not_an_object
each_command 65 not_an_object not_an_object
header='{"a":{"dtype":"F32","shape":[2305843009213693952,4],"data_offsets":[0,8]}}      '
{ printf '\120\000\000\000\000\000\000\000%s' "$header"; printf '12345678'; } >huge_shape
each_command 65 huge_shape huge_shape
head -c $((size - 1)) good.safetensors >cut_1
each_command 65 cut_1 cut_1
{ cat good.safetensors; echo; } >longer
each_command 65 longer longer

# truncated at any place, a bit flipped at any place
for part in 0 1 2 3 4 5 6 7; do
    head -c $((size * part / 8 + part)) good.safetensors >cut
    fails 65 cut "$QUIPU" translate -m cut input
done
bad=0
for part in $(seq 0 60); do
    at=$((size * part / 61))
    byte=$(od -An -tu1 -j $at -N 1 good.safetensors)
    cp good.safetensors flipped
    printf "\\$(printf %03o $((byte ^ (1 << part % 8))))" | dd of=flipped bs=1 seek=$at conv=notrunc 2>/dev/null
    "$QUIPU" translate -m flipped input >.out 2>.err
    code=$?
    [ $code -eq 65 ] && [ ! -s .out ] && [ "$(grep -c '^quipu: .*flipped' .err)" -eq 1 ] && continue
    bad=$((bad + 1))
    echo "# bit $((part % 8)) of byte $at: exit code $code: $(head -n 1 .err)"
done
[ $bad -eq 0 ]
result $? "61 flipped bits are all found" "$bad were not"

# without the checksum: a flipped bit among the weights is not seen
byte=$(od -An -tu1 -j $((size - 3)) -N 1 good.safetensors)
cp good.safetensors flipped
printf "\\$(printf %03o $((byte ^ 1)))" | dd of=flipped bs=1 seek=$((size - 3)) conv=notrunc 2>/dev/null
fails 65 "checksum" "$QUIPU" translate -m flipped input
holds "--no-verify" "$QUIPU" translate --no-verify -m flipped input
fails 65 cut "$QUIPU" translate --no-verify -m cut input

# a file that becomes shorter while it is in use
cp good.safetensors shrinks
mkfifo lines
"$QUIPU" translate -m shrinks <lines >.out 2>.err &
exec 3>lines
head -n 1 input >&3
while [ ! -s .out ] && kill -0 $! 2>/dev/null; do sleep 0.1; done
truncate -s 4096 shrinks
head -n 1 input >&3
exec 3>&-
wait $!
code=$?
[ $code -eq 74 ] && [ "$(wc -l <.out)" -eq 1 ] && [ "$(grep -c '^quipu: shrinks: became shorter' .err)" -eq 1 ]
result $? "a file that becomes shorter while it is in use" "exit code $code: $(cat .err)"

fails 2 -m "$QUIPU" translate input
[ ! -e mean.safetensors ] && [ ! -e map.html ] && [ -z "$(find . -name '*.tmp*')" ]
result $? "nothing was written" "$(ls)"
holds "the good model still works" "$QUIPU" translate -m good.safetensors input
