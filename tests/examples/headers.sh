#!/bin/sh
# headers.sh - the public headers compile alone, as C and as C++, and libquipu.so exports what they declare.
# Uses QUIPU (the command's path) to find the build folder, and CC and CXX.
build=$(dirname "$QUIPU")
headers=$build/include/quipu
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
number=0 failed=0
check() {
    number=$((number + 1))
    name=$1
    shift
    if "$@" >"$scratch/log" 2>&1 && [ ! -s "$scratch/log" ]; then
        echo "ok $number - $name"
    else
        failed=1
        echo "not ok $number - $name"
        sed 's/^/# /' "$scratch/log"
    fi
}

# alone LANGUAGE COMPILER HEADER - compile a file that includes nothing else.
alone() {
    echo "#include <quipu/$3>" >"$scratch/alone.$1"
    $2 -Wall -Wextra -Wconversion -pedantic -Werror -I"$build/include" -fsyntax-only "$scratch/alone.$1"
}

# installed - no public header includes a header of the source tree.
installed() { ! grep -n '#include "' "$headers"/*.h; }

exported() {
    cat "$headers"/*.h | grep -Ev '^ \*|^typedef' | grep -o 'quipu_[a-z_]*(' | tr -d '(' | sort -u >"$scratch/declared"
    nm -D --defined-only "$build/libquipu.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u \
        >"$scratch/exported"
    [ "$(wc -l <"$scratch/declared")" -gt 40 ] && diff "$scratch/declared" "$scratch/exported"
}

soname() { objdump -p "$build/libquipu.so" | grep -q "SONAME *libquipu.so.[0-9]"; }

for header in quipu.h tokenizer.h; do
    check "$header alone, C11" alone c "${CC:-gcc} -std=c11" $header
    check "$header alone, C99" alone c "${CC:-gcc} -std=c99" $header
    check "$header alone, C++11" alone cpp "${CXX:-g++} -std=c++11" $header
done
check "no header of the source tree is included" installed
check "libquipu.so exports what the headers declare" exported
check "libquipu.so has a soname" soname
echo "1..$number"
exit $failed
