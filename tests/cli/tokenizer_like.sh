# The trainers and scripts of other projects; random and n-best segmentations.
. tests/cli/support
T="$QUIPU tokenizer"
for i in $(seq 40); do
    echo "the cat number $i sat on the mat, the hat"
    echo "a dog isn't a cat"
done >corpus
printf 'abc abd abc\nabc abd abc\nabc abd abc\n' >small

holds "spm-train" $T spm-train --model-type bpe --vocab-size 15 --normalization-rule-name identity -o spm.model small
[ "$(printf 'abc abd\n' | $T encode -m spm.model --pieces)" = "▁abc ▁abd" ]
result $? "the model is opened and encodes"
holds "symbols" $T spm-train --vocab-size 35 --control-symbols '<c>' --user-defined-symbols cat -o uni.model corpus
[ "$(printf 'xcaty\n' | $T encode -m uni.model --pieces | tr ' ' '\n' | grep -c '^cat$')" = 1 ]
result $? "a user-defined symbol is one piece"
holds "several symbols" $T spm-train --vocab-size 38 --user-defined-symbols='cat,"a,b",mat' \
    --user-defined-symbols hat -o many.model corpus
[ "$(printf 'xcatya,bmathatz\n' | $T encode -m many.model --pieces | tr ' ' '\n' | grep -cx 'cat\|a,b\|mat\|hat')" = 4 ]
result $? "symbols separated by commas" "$(printf 'xcatya,bmathatz\n' | $T encode -m many.model --pieces)"
fails 2 "too small" $T spm-train --vocab-size 5 -o x.model corpus
fails 2 "too high" $T spm-train --vocab-size 9000 -o x.model small
[ ! -e x.model ]
result $? "nothing is left behind"

cat >like.json <<'END'
{"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
 "model": {"type": "BPE", "unk_token": null, "vocab": {}, "merges": []}}
END
holds "hf-train" $T hf-train --like like.json --vocab-size 8 --special-tokens '<s>' -o hf.json small
grep -q '"abc": 6' hf.json && grep -q '"content": "<s>"' hf.json
result $? "tokens in order" "$(tr -d '\n ' <hf.json)"
[ "$(printf 'abc abd\n' | $T encode -m hf.json --pieces)" = "abc abd" ]
result $? "the file is opened and encodes"
flags='"single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "special": false'
sed 's/"added_tokens": \[\]/"added_tokens": [{"id": 0, "content": "<x>", '"$flags"'}]/' like.json >like_added.json
holds "hf-train with added tokens" $T hf-train --like like_added.json --vocab-size 8 \
    --special-tokens '<s>' -o added.json small
[ "$(printf 'abc <x> abd\n' | $T encode --special -m added.json --pieces)" = "abc <x> abd" ] &&
    [ "$(printf '<x>\n' | $T encode --special -m added.json)" = 8 ]
result $? "added tokens of the --like file stay" "$(tr -d '\n ' <added.json)"
cp small mine.txt && ln -s mine.txt link.txt && cp like.json own.json
fails 2 "mine.txt: is an input and would be overwritten" $T train --vocab-size 300 -o mine.txt mine.txt
fails 2 "link.txt: is an input" $T spm-train --vocab-size 15 -o link.txt mine.txt
fails 2 "own.json: is an input" $T hf-train --like own.json --vocab-size 8 -o own.json small
fails 2 "mine.txt: is an input" "$QUIPU" train --task lm --train mine.txt -m mine.txt --overwrite
cmp -s mine.txt small && cmp -s like.json own.json
result $? "inputs are not touched"
fails 2 "add --like" $T hf-train small
echo '{"model": {"type": "Unigram"}}' >unigram.json
fails 65 "this command trains" $T hf-train --like unigram.json small

holds "learn-bpe" $T learn-bpe --symbols 30 --write-vocabulary v1 --write-vocabulary v2 -o codes small corpus
[ "$(head -n 1 codes)" = "#version: 0.2" ] && grep -q '^abc 6$' v1 && grep -q '^cat 80$' v2
result $? "codes and a vocabulary for each text" "$(cat codes v1)"
fails 2 "one for each" $T learn-bpe --write-vocabulary v1 -o codes small corpus

[ "$(echo "It isn't (so) easy." | $T moses)" = "It isn &apos;t ( so ) easy ." ]
result $? "moses tokenises"
[ "$(echo "It isn &apos;t ( so ) easy ." | $T moses --action detokenize)" = "It isn't (so) easy." ]
result $? "and back"
holds "a truecaser" $T moses --action learn-truecase -o case.model corpus
[ "$(echo "The Cat sat" | $T moses --action truecase -m case.model)" = "the cat sat" ]
result $? "true case"
fails 2 "needs --model" $T moses --action truecase corpus

holds "train" $T train --type unigram --vocab-size 330 -q -o uni.json corpus
holds "train" $T train --type bpe --vocab-size 330 -q -o bpe.json corpus
$T encode -m uni.json --n-best 3 corpus | head -n 3 >best
[ "$(cut -d' ' -f1,2 best | uniq -c | tr -s ' ')" = " 3 0 |||" ]
result $? "three best" "$(cat best)"
$T encode -m bpe.json --dropout 0.3 --seed 4 corpus >one && $T encode -m bpe.json --dropout 0.3 --seed 4 corpus >two &&
    cmp -s one two
result $? "dropout repeats with its seed"
$T decode -m bpe.json one | cmp -s - corpus
result $? "and spells the text"
$T encode -m uni.json --sample corpus | $T decode -m uni.json | cmp -s - corpus
result $? "a drawn segmentation spells the text"
fails 2 "unigram" $T encode -m bpe.json --n-best 2 corpus
fails 2 "remove them" $T encode -m bpe.json --dropout 0.1 --n-best 2 corpus
