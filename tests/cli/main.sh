# The program itself: list of commands, versions, help, mistakes on the command line, lost output.
. tests/cli/support

lists() { "$QUIPU" "$@" | grep -q '^  doctor '; }
holds "quipu alone lists the commands" lists
holds "--help lists the commands" lists --help
holds "help lists the commands" lists help
"$QUIPU" | awk '/^  [a-z]/ { print $1 }' >commands
for command in $(cat commands); do
    "$QUIPU" help "$command" >one 2>/dev/null
    result $? "help $command"
    "$QUIPU" "$command" --help >two 2>/dev/null && cmp -s one two && grep -q '^usage: quipu' one
    result $? "$command --help says the same" "$(head -n 3 two)"
    fails 2 "unknown .*--zebra" "$QUIPU" "$command" --zebra
done

"$QUIPU" --version >version
grep -q '^quipu [0-9]*\.[0-9]*\.[0-9]*$' version
result $? "version" "$(cat version)"
for word in kernels BLAS OpenMP utf8proc jansson libyaml zlib xxHash; do
    grep -q "^$word *[^ ]" version
    result $? "version of $word" "$(cat version)"
done
[ "$(QUIPU_CPU=scalar "$QUIPU" --version | awk '$1 == "kernels" { print $2 }')" = scalar ]
result $? "QUIPU_CPU is obeyed"

"$QUIPU" help tokenizer train >one && "$QUIPU" tokenizer train --help >two && cmp -s one two && grep -q vocab-size one
result $? "help tokenizer train names train" "$(head -n 3 one)"
fails 2 "unknown command \"zebra\"" "$QUIPU" help tokenizer zebra
"$QUIPU" tokenizer help train >two && cmp -s one two
result $? "tokenizer help train is the same" "$(head -n 3 two)"
"$QUIPU" version >two && cmp -s version two
result $? "version without hyphens" "$(head -n 3 two)"
fails 2 "is not possible here" env QUIPU_CPU=zebra "$QUIPU" version

# The help of train: twenty options, all of them, those about a word, the presets.
"$QUIPU" help train >brief
"$QUIPU" help train --all >all
"$QUIPU" help train warmup >found
[ "$(grep -c '^  [- ].[, ] --' brief)" -eq 20 ] && [ "$(grep -c '^  [- ].[, ] --' all)" -gt 150 ]
result $? "help train shows twenty options, --all all" "$(grep -c '^  [- ].[, ] --' brief all)"
grep -q -- --lr-warmup found && ! grep -q -- --train-src found
result $? "help train warmup shows what is about it" "$(head -n 8 found)"
grep -q 'transformer-base .*Vaswani' brief && grep -q 'transformer-base .*Vaswani' all
result $? "help train lists the presets" "$(tail -n 15 brief)"
fails 2 "no option is about 'zebra'" "$QUIPU" help train zebra
for columns in 40 60 100 200; do
    for page in "" "help train" "help train --all" "help generate" "help evaluate" "help tokenizer" \
        "help tokenizer train"; do
        # shellcheck disable=SC2086
        COLUMNS=$columns "$QUIPU" $page
    done >pages
    widest=$(awk '{ if (length($0) > widest) widest = length($0) } END { print widest }' pages)
    [ "$widest" -lt "$columns" ]
    result $? "help fits a terminal of $columns columns" "$widest"
done

fails 2 "did you mean doctor?" "$QUIPU" docter
fails 2 "unknown command" "$QUIPU" zebra
fails 2 "unknown command" "$QUIPU" ''
fails 2 "did you mean --help?" "$QUIPU" doctor --hepl
fails 2 "unexpected argument" "$QUIPU" doctor word

"$QUIPU" doctor >report
code=$?
[ $code -eq "$(grep -c '^!!' report | sed 's/^[1-9].*/1/')" ]
result $? "doctor: exit code 1 if and only if something is to do" "$code: $(cat report)"
LC_ALL=C "$QUIPU" doctor >report
[ $? -eq 1 ] && grep -q '^!! locale' report
result $? "doctor finds a locale without UTF-8" "$(cat report)"
QUIPU_CPU=zebra "$QUIPU" doctor >report
[ $? -eq 1 ] && grep -q '^!! CPU.*QUIPU_CPU=zebra' report
result $? "doctor finds a wrong QUIPU_CPU" "$(cat report)"

# Lost output is an error for every command.
for words in --help --version "help doctor"; do
    fails 74 "stdout" sh -c '"$QUIPU" '"$words"' >/dev/full'
    fails 74 "stdout" sh -c '"$QUIPU" '"$words"' >&-'
done
sh -c '{ sleep 0.3; "$QUIPU" --version 2>err; echo $? >code; } | :'
sleep 0.1
[ "$(cat code)" = 0 ] && [ ! -s err ]
result $? "a closed pipe ends quietly" "$(cat code err)"
sh -c '{ "$QUIPU" help train --all 2>err; echo $? >code; } | head -n 1 >first'
[ "$(cat code)" = 0 ] && [ ! -s err ] && [ -s first ]
result $? "help train | head -n 1" "$(cat code err)"

# Names that other tools use, and values in capitals.
fails 2 "--learning-rate: 'x' is not a number" "$QUIPU" train --learning-rate x
fails 2 "--max-epochs: 'x' is not" "$QUIPU" train --encoder LSTM --max-epochs x
fails 2 "did you mean lstm?" "$QUIPU" train --encoder LTSM
for name in max-steps warmup patience grad-accum update-freq d-model; do
    fails 2 "--$name: 'x' is not" "$QUIPU" train --$name x
done
fails 2 "--temperature: 'x' is not" "$QUIPU" generate --temperature x
fails 2 "--max-new-tokens: 'x' is not" "$QUIPU" generate --max-new-tokens x
fails 2 "--beam: 'x' is not" "$QUIPU" translate --beam x
fails 2 "--max-new-tokens: 'x' is not" "$QUIPU" translate --max-new-tokens x
for command in train translate generate predict score evaluate embed; do
    fails 2 "$command: unknown option --device; quipu runs on the CPU" "$QUIPU" $command --device cuda
done
# elsewhere the command that reads them is named
for command in train generate predict score embed; do
    fails 2 "unknown option --beam; quipu translate reads it, as --beam-size" "$QUIPU" $command --beam 4
done
for pair in learning-rate:lr max-steps:steps max-epochs:epochs warmup:lr-warmup grad-accum:accum update-freq:accum \
    d-model:emb-size; do
    for command in translate generate predict evaluate; do
        fails 2 "--${pair%:*}; quipu train reads it, as --${pair#*:}" "$QUIPU" $command --${pair%:*} 4
    done
done
fails 2 "--temperature; quipu generate reads it, as --temp" "$QUIPU" translate --temperature 4
fails 2 "--max-new-tokens; quipu generate reads it, as --tokens" "$QUIPU" predict --max-new-tokens 4
fails 2 "--patience; quipu train reads it, as --early-stopping" "$QUIPU" generate --patience 4
fails 2 "--top-k; quipu generate reads it$" "$QUIPU" translate --top-k 4
fails 2 "did you mean --layer" "$QUIPU" attend --layers 1
fails 2 "QUIPU_CPU: 'bogus'" env QUIPU_CPU=bogus "$QUIPU" info absent
QUIPU_CPU=bogus "$QUIPU" doctor 2>/dev/null | grep -q "QUIPU_CPU=bogus is not possible"
result $? "the doctor names the wrong QUIPU_CPU"
