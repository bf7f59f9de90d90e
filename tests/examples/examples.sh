#!/bin/sh
# examples.sh [PROGRAM...] - run the example programs (all of the build folder, where QUIPU is the command), each in an
# empty folder, and report in TAP. Every program checks its own result.
number=0 failed=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
[ $# -gt 0 ] || set -- "$(dirname "$QUIPU")"/examples/*
for program in "$@"; do
    name=$(basename "$program") number=$((number + 1))
    case $program in /*) ;; *) program=$PWD/$program ;; esac
    mkdir "$scratch/$name"
    if (cd "$scratch/$name" && "$program" >out 2>&1); then
        echo "ok $number - example $name"
    else
        failed=1
        echo "not ok $number - example $name"
        sed 's/^/# /' "$scratch/$name/out"
    fi
done
echo "1..$number"
exit $failed
