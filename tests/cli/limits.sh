# Little memory: what needs no matrix products runs without OpenBLAS, and what needs them says so or works.
. tests/cli/support
has train || { skip "limits" "no train"; exit 0; }
# limited KB COMMAND... - with so much address space, and an end if it hangs.
limited() { (ulimit -v "$1" && shift && exec timeout 20 "$@"); }
sanitized=$(ldd "$QUIPU" | grep -c 'lib[atu]b*san')
if [ "$sanitized" -ne 0 ] || ! limited 300000 true; then
    skip "an address limit" "the sanitizers need more, or the system has none"
    exit 0
fi
! ldd "$QUIPU" | grep -q blas
result $? "OpenBLAS is not linked" "$(ldd "$QUIPU" | grep blas)"
for option in --version help "help train" "tokenizer --help"; do
    holds "300 MB of address space: $option" limited 300000 "$QUIPU" $option
done
toy_pairs 600 >text
holds "300 MB: tokenizer train" limited 300000 "$QUIPU" tokenizer train --type word -q -o words.json text
holds "300 MB: tokenizer encode" limited 300000 "$QUIPU" tokenizer encode -m words.json text
toy_train m.safetensors

# The scalar level needs OpenBLAS; where the limit leaves no room for it, plain loops give nearly the same.
for level in "" scalar; do
    QUIPU_CPU=$level "$QUIPU" score -m m.safetensors --threads 1 pairs >full 2>err
    holds "300 MB: score, kernels ${level:-chosen}" env QUIPU_CPU=$level OMP_NUM_THREADS=1 \
        sh -c "ulimit -v 300000; timeout 20 '$QUIPU' score -m m.safetensors --threads 1 pairs"
    paste full .out | awk '{ d = $1 - $(NF / 2 + 1); if (d < -0.01 || d > 0.01) bad = 1 } END { exit bad || NR != 600 }'
    result $? "the same scores" "$(head -n 3 full .out)"
done

# Small hostile files: 200 MB of zeros in 200 KB of gzip, and an endless device, take at most 256 MB.
if [ -x /usr/bin/time ]; then
    head -c 200000000 /dev/zero | gzip -1 >zeros.gz
    for command in "translate -m m.safetensors zeros.gz" "import zeros.gz -o n.safetensors" "tokenizer info /dev/zero" \
        "tokenizer encode -m words.json zeros.gz"; do
        /usr/bin/time -f %M -o kilobytes timeout 60 "$QUIPU" $command >.out 2>.err
        code=$?
        [ $code -eq 65 ] && [ "$(tail -n 1 kilobytes)" -lt 262144 ]
        result $? "at most 256 MB, and 65: $command" "exit code $code, $(tail -n 1 kilobytes) KB: $(head -c 300 .err)"
    done
else
    skip "memory from small files" "no /usr/bin/time"
fi
head -c 2000 /dev/zero | tr '\0' a >long
fails 65 "long:1: a line of more than 1000 bytes" env QUIPU_MAX_LINE=1000 "$QUIPU" tokenizer encode -m words.json long
holds "a higher limit" env QUIPU_MAX_LINE=3000 "$QUIPU" tokenizer encode -m words.json long
