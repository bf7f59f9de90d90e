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
for word in kernels BLAS OpenMP utf8proc jansson libyaml zlib libpng xxHash; do
    grep -q "^$word *[^ ]" version
    result $? "version of $word" "$(cat version)"
done
[ "$(QUIPU_CPU=scalar "$QUIPU" --version | awk '$1 == "kernels" { print $2 }')" = scalar ]
result $? "QUIPU_CPU is obeyed"

"$QUIPU" help tokenizer train >one && "$QUIPU" tokenizer train --help >two && cmp -s one two && grep -q vocab-size one
result $? "help tokenizer train tells of train" "$(head -n 3 one)"
fails 2 "unknown command \"zebra\"" "$QUIPU" help tokenizer zebra

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
[ "$(cat code)" = 74 ] && [ ! -s err ]
result $? "a closed pipe ends silently with 74" "$(cat code err)"
