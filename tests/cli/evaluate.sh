# quipu evaluate: scores of files against references, mistakes in files and options.
. tests/cli/support

printf 'the cat sat on the mat\nit is a small red house\n\nso what , he said\n' >hyp
printf 'the cat sat on a mat\nit is a little red house\n\nso what , she said\n' >ref
printf 'a cat was on the mat\nit is a small house\n\nso what , he said\n' >ref2

"$QUIPU" evaluate bleu,chrf --hyp hyp --ref ref >out
[ "$(grep -c '^bleu .*nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:' out)" = 1 ] && grep -q '^chrf .*nc:6' out
result $? "scores and signatures" "$(cat out)"
"$QUIPU" evaluate --hyp hyp --ref ref >two && cmp -s out two
result $? "bleu,chrf is the default"
"$QUIPU" evaluate --hyp - --ref ref <hyp >two && cmp -s out two
result $? "hypotheses from stdin" "$(cat two)"
gzip -k ref && "$QUIPU" evaluate --hyp hyp --ref ref.gz >two && cmp -s out two
result $? "gzipped references"
"$QUIPU" evaluate --json bleu,ter,accuracy --hyp hyp --ref ref --ref ref2 >out
grep -q '^{"bleu":{"score":[0-9.]*,"signature":"nrefs:2|' out && grep -q '"ter":{"score":' out &&
    grep -q '"accuracy":{"score":50.0' out && grep -q '"lines":4}$' out
result $? "JSON, several references" "$(cat out)"
"$QUIPU" evaluate bleu --hyp hyp --ref ref --lower-case --tokenize char --smooth-method floor >out
grep -q 'case:lc|eff:no|tok:char|smooth:floor\[0.10\]' out
result $? "settings show in the signature" "$(cat out)"
"$QUIPU" evaluate bleu,wer --hyp ref --ref ref --sentence-level >out
[ "$(grep -c '^[0-9.]*	0.0000$' out)" = 4 ] && grep -q '^100.0000' out
result $? "scores of every line" "$(cat out)"

# Several texts, and how sure their difference is.
"$QUIPU" evaluate bleu,wer --hyp hyp --hyp ref2 --ref ref >rows
[ "$(grep -c '  hyp$' rows)" = 2 ] && [ "$(grep -c '  ref2$' rows)" = 2 ] && grep -q '^bleu .*nrefs:1' rows &&
    "$QUIPU" evaluate bleu --hyp ref2 --ref ref | awk 'NR == 1 { print $2 }' >alone &&
    awk 'NR == 3 { print $1 }' rows | cmp -s - alone
result $? "a row for each --hyp" "$(cat rows)"
"$QUIPU" evaluate accuracy --json --hyp ref --hyp hyp --compare hyp --ref ref >compared
grep -q '"name":"ref","accuracy":{"score":100.0*,.*"difference":75.0*,"interval":\[[0-9.]*,100.0*\],"p":0.0' compared &&
    grep -q '"difference":0.0*,"interval":\[0.0*,0.0*\],"p":1.0*}' compared && grep -q '"samples":1000' compared
result $? "--compare: difference, interval and p" "$(cat compared)"
"$QUIPU" evaluate accuracy --hyp ref --compare hyp --ref ref >compared && grep -q ' +75.00 .* ref$' compared
result $? "--compare as a table" "$(cat compared)"
fails 2 "is for one text" "$QUIPU" evaluate --sentence-level --hyp hyp --compare ref2 --ref ref
fails 2 "only once" "$QUIPU" evaluate --hyp hyp --hyp ref2 --ref -
fails 66 "nowhere" "$QUIPU" evaluate --hyp hyp --compare nowhere --ref ref

head -n 2 ref >short
fails 65 "short: 2 lines, but hyp has 4" "$QUIPU" evaluate --hyp hyp --ref short
fails 65 "ref: 4 lines, but short has 2" "$QUIPU" evaluate --hyp short --ref ref
fails 65 "short: 2 lines, but hyp has 4" "$QUIPU" evaluate --hyp hyp --ref ref --ref short
: >empty
fails 65 "no lines to compare" "$QUIPU" evaluate --hyp empty --ref empty
fails 66 "nowhere" "$QUIPU" evaluate --hyp hyp --ref nowhere
fails 66 "nowhere" "$QUIPU" evaluate --hyp nowhere --ref ref
fails 2 "did you mean bleu" "$QUIPU" evaluate belu --hyp hyp --ref ref
fails 2 "needs a dictionary" "$QUIPU" evaluate --hyp hyp --ref ref --tokenize ja-mecab
fails 2 "add --ref" "$QUIPU" evaluate --hyp hyp
fails 2 "either --hyp FILE, or -m MODEL" "$QUIPU" evaluate --ref ref
fails 2 "belong together" "$QUIPU" evaluate -m model --ref ref
fails 2 "unexpected argument" "$QUIPU" evaluate bleu chrf --hyp hyp --ref ref
fails 2 "only once" "$QUIPU" evaluate --hyp - --ref -
fails 66 "absent" "$QUIPU" evaluate -m absent --src hyp --ref ref

# Any bytes are accepted as text.
head -c 20000 /dev/urandom | LC_ALL=C tr "\\200-\\377" "\\000-\\177" >noise
holds "noise against itself" "$QUIPU" evaluate bleu,chrf,chrf++,ter,wer,cer,accuracy,word-accuracy --hyp noise \
    --ref noise
grep -q '^accuracy *100.00' .out
result $? "noise is equal to itself" "$(cat .out)"
