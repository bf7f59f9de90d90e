# quipu tokenizer: special tokens in text and in decoding, ids that are taken, the vocabulary, JSON back and forth.
. tests/cli/support
T="$QUIPU tokenizer"
cat >words.json <<'END'
{"added_tokens": [{"id": 2, "content": "<y>", "special": true}, {"id": 9, "content": "<z>"}],
 "pre_tokenizer": {"type": "Whitespace"},
 "model": {"type": "WordLevel", "vocab": {"?": 0, "a": 1, "b": 2, "(": 3}, "unk_token": "?"}}
END

sed 's/"id": 2/"id": 4/' words.json >fine.json
echo "a <y> b" >line
[ "$($T encode -m words.json --parse-special line 2>.err)" = "1 4 2" ]
result $? "a special token in the text"
grep -q 'warning: words.json: the added token "<y>" has the id 4, not 2' .err
result $? "a warning of the id" "$(cat .err)"
fails 2 "cannot be combined" $T encode -m words.json --parse-special --special line
[ "$(echo 1 4 2 | $T decode -m words.json 2>/dev/null)" = "a b" ]
result $? "special tokens are left out"
[ "$(echo 1 4 2 | $T decode -m words.json --keep-special 2>/dev/null)" = "a <y> b" ]
result $? "special tokens are kept"

[ "$($T encode --json -m fine.json line | $T decode --json -m fine.json)" = '{"text":"a ? ? ? b"}' ]
result $? "encode --json feeds decode --json"
echo '{"ids": [1, 77]}' >ids
fails 65 'ids:1: number 1 of "ids" is not an id' $T decode --json -m fine.json ids
echo '{"pieces": []}' >ids
fails 65 'ids:1: the object has no list of "ids"' $T decode --json -m fine.json ids

holds "info --vocab" $T info --vocab words.json
grep -q '^special tokens <y> 4$' .out && grep -q '^added tokens   <z> 9$' .out &&
    grep -q "^3$(printf '\t')($(printf '\t')normal\$" .out
result $? "special, added and normal tokens" "$(cat .out)"
holds "info --json --vocab" $T info --json --vocab words.json
grep -q '"special_tokens":\[{"id":4,"piece":"<y>"}\]' .out && grep -q '"vocabulary":\["?","a","b","("' .out
result $? "the same in JSON" "$(cat .out)"

# Errors name the file, and the line where there is one.
sed 's/"a": 1/"a": 1, "\\u00e9": 3/; s/WordLevel/WordPiece/' words.json >twice.json
fails 65 "twice.json: " $T info twice.json
echo '{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "?"}}' >no_unknown.json
printf 'a\nb\n' >two
fails 65 "two:2: " $T encode -m no_unknown.json two
