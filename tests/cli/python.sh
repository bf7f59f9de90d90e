# lib/python/quipu.py: the library from Python, beside what the command prints.
. tests/cli/support
library=$(dirname "$QUIPU")/libquipu.so
python=
for one in python3 /usr/bin/python3; do
    [ -n "$python" ] || ! "$one" -c 'import numpy' 2>/dev/null || python=$one
done
[ -n "$python" ] || { skip "python" "no python3 with numpy"; exit 0; }
[ -e "$library" ] || { skip "python" "no $library"; exit 0; }
grep -q __asan_init "$library" && { skip "python" "the library is built with sanitizers"; exit 0; }
toy_pairs 300 >pairs
toy_train translator.safetensors --lr-warmup 0
cut -f 1 pairs | head -n 5 >source
cut -f 2 pairs | head -n 5 >target
common="--emb-size 16 --batch-size 600 --lr 0.02 --lr-warmup 0 --steps 3 --dropout 0 -q --valid none"
"$QUIPU" train --task lm --train target $common --tokenizer char --vocab-size 300 --decoder lstm --dec-layers 1 \
    --hidden-size 16 -m lm.safetensors
awk -F '\t' '{ print (index($1, "w1") ? "one" : "none") "\t" $1 }' pairs >labels
"$QUIPU" train --task classify --train labels $common --tokenizer word --encoder gru --enc-layers 1 --hidden-size 8 \
    -m class.safetensors
"$QUIPU" translate -m translator.safetensors -b 3 source >translated
"$QUIPU" score -m translator.safetensors --src source target >scored 2>/dev/null ||
    paste source target | "$QUIPU" score -m translator.safetensors >scored
"$QUIPU" generate -m lm.safetensors -p v1 -n 20 --temp 0.7 --seed 5 >generated
"$QUIPU" attend -m translator.safetensors --src "$(head -n 1 source)" --tgt "$(head -n 1 target)" -o maps.json
"$QUIPU" predict -m class.safetensors --json source >predicted
"$QUIPU" tokenizer train --type bpe --vocab-size 300 -o tok.json target 2>/dev/null
"$QUIPU" tokenizer encode -m tok.json target >ids
QUIPU_LIBRARY=$library PYTHONPATH=$top/lib/python PYTHONDONTWRITEBYTECODE=1 \
    "$python" "$top/tests/cli/python_checks.py" >.tap
code=$?
cat .tap
number=$(grep -c '^\(not \)\?ok' .tap)
result $code "the checks ran to their end" "exit code $code"
