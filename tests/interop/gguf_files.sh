#!/bin/sh
# gguf_files.sh - GGUF files against llama.cpp and the Python package gguf; TAP lines.
test=$PWD/tests/interop/gguf_files.py
if ! "$PYTHON" -c 'import gguf, xllamacpp' 2>/dev/null; then
    echo "ok - gguf # SKIP no Python packages gguf and xllamacpp"
    exit 0
fi
work=$(mktemp -d) || exit 1
(cd "$work" && "$PYTHON" "$test" 2>/dev/null)
status=$?
rm -rf "$work"
exit $status
