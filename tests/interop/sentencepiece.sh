# Models that spm-train writes: sentencepiece opens them, cuts text alike and normalises every character alike.
. tests/cli/support
"$PYTHON" -c "import sentencepiece" 2>/dev/null || { skip "sentencepiece" "not in this environment"; exit 0; }

awk 'BEGIN { for (i = 0; i < 400; i++) print "the " i " quick foxes jump over a lazy dog, 오늘 날씨가 " i " 좋습니다" }' >text
for rule in nmt_nfkc nfkc nmt_nfkc_cf nfkc_cf identity; do
    for type in unigram bpe; do
        : >said
        "$QUIPU" tokenizer spm-train --normalization-rule-name $rule --model-type $type --vocab-size 70 \
            -o $rule.model text 2>said && head -n 20 text | "$QUIPU" tokenizer encode -m $rule.model >ids 2>said &&
            "$PYTHON" "$top/tests/interop/sentencepiece_peer.py" $rule . >said 2>&1
        result $? "spm-train $type $rule, opened by sentencepiece" "$(tail -n 1 said)"
    done
done
