# The reference cases of the repository (tests/oracles/cases) through the operations they name, as TAP lines.
folder=$(dirname "$0")
"$(dirname "$QUIPU")/tests/oracles" "$folder/cases" | awk '
    /^[0-9]+ passed/ { passed = $1; failed = $3; skipped = $5; next }
    { print "# " $0 }
    END {
        for (i = 0; i < passed; i++) print "ok - reference case equals PyTorch"
        for (i = 0; i < failed; i++) print "not ok - reference case differs from PyTorch"
        for (i = 0; i < skipped; i++) print "ok - reference case # SKIP no such operation"
        exit passed == 0 || failed > 0
    }'
