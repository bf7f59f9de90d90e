# Imported models in use: their rules of generation, languages, frozen and slowed layers, another vocabulary, answers
# and pairs. The folders are written by export; tests/interop compares with transformers.
. tests/cli/support
has import && has export || { skip "imports" "no import"; exit 0; }
toy_pairs 60 >toy
cut -f 1 toy >texts
head -n 4 texts >lines

small="--valid none --layers 1 --emb-size 16 --heads 2 --ff-size 16 --seed 3 --threads 1 -q"
folder() { "$QUIPU" export --format huggingface -m "$1.safetensors" -o "$1" 2>.err &&
    "$QUIPU" import "$1" -o "there-$1.safetensors" 2>>.err; result $? "$1: exported and imported" "$(cat .err)"; }

# ---- rules and languages of a translator ----
"$QUIPU" train --train toy $small --steps 20 --lr 0.02 --tokenizer word --max-length 24 --share-vocab \
    --tied-embeddings-all --sinusoid fairseq --first-position 1 -m mt.safetensors 2>.err
folder mt
cp mt/tokenizer.json digits # two pieces become tokens of languages
sed 's/"9":/"__bb__":/' digits >mt/tokenizer.json
holds "with one language" "$QUIPU" import mt -o bb.safetensors
sed 's/"8":/"__aa__":/; s/"9":/"__bb__":/' digits >mt/tokenizer.json
holds "with two" "$QUIPU" import mt -o there-mt.safetensors
"$QUIPU" info there-mt.safetensors | grep -q '^use:'
result $((1 - $?)) "a model of ours comes back without rules" "it has some"
"$QUIPU" info there-mt.safetensors | grep -q '^languages  *aa, bb$'
result $? "its languages are found" "$("$QUIPU" info there-mt.safetensors | grep '^languages')"
sed 's/"max_length": *[0-9]*/"num_beams": 3, "length_penalty": 0.5, "no_repeat_ngram_size": 2, "max_length": 9/' \
    mt/generation_config.json >rules && cp rules mt/generation_config.json
holds "rules are imported" "$QUIPU" import mt -o ruled.safetensors
"$QUIPU" info ruled.safetensors | grep '^use:' >shown
[ "$(grep -c . shown)" -eq 7 ] && grep -q '^use: beam_size  *3$' shown && grep -q '^use: length_rule  *power$' shown &&
    grep -q '^use: max_length_extra  *8$' shown
result $? "info shows the rules" "$(cat shown)"
"$QUIPU" info --json ruled.safetensors | grep -q '"decoding":{"rules":{"beam_size":"3"'
result $? "info --json shows them" "it does not"
translate() { "$QUIPU" translate --threads 1 "$@" lines; }
spelled="--beam-size 3 --length-rule power --length-penalty 0.5 --beam-stop bound --no-repeat-ngram 2 --max-length 8"
translate -m ruled.safetensors >ours && translate -m there-mt.safetensors $spelled >other && cmp -s ours other
result $? "rules are defaults of translate" "$(paste ours other | head -n 2)"
translate -m ruled.safetensors $spelled -b 1 --length-rule wu --beam-stop full >ours &&
    translate -m there-mt.safetensors -b 1 --length-penalty 0.5 --no-repeat-ngram 2 --max-length 8 >other &&
    cmp -s ours other
result $? "options override them" "$(paste ours other | head -n 2)"
back() { "$QUIPU" export --format huggingface -m "$1" -o back 2>.err && "$QUIPU" import back -o "$2" 2>>.err; }
back ruled.safetensors again.safetensors && back again.safetensors third.safetensors && # the first adds a template
    cmp again.safetensors third.safetensors && "$QUIPU" info third.safetensors | grep '^use:' | cmp - shown
result $? "they come back from the folder that is written, byte for byte" "$(cat .err)"
sed 's/"num_beams"/"penalty_alpha": 0.6, "num_beams"/' rules >mt/generation_config.json
"$QUIPU" import mt -o left.safetensors 2>.err
grep -q 'no option here are left out: penalty_alpha' .err
result $? "a rule that has no option is named" "$(cat .err)"
sed 's/"num_beams": 3/"num_beams": 0/' rules >mt/generation_config.json
fails 65 "num_beams" "$QUIPU" import mt -o left.safetensors

# ids that a model moves: its sentencepiece model alone would give others
mkdir moved && cp mt/config.json mt/*.safetensors moved && cp digits moved/sentencepiece.bpe.model
fails 65 "not those of its sentencepiece model" "$QUIPU" import moved -o moved.safetensors
mv moved/sentencepiece.bpe.model moved/spiece.model
sed 's/"model_type": *"[a-z0-9_]*"/"model_type": "pegasus"/' mt/config.json >moved/config.json
fails 65 "not those of its sentencepiece model" "$QUIPU" import moved -o moved.safetensors

id() { "$QUIPU" tokenizer encode -m "$1" --ids 2>/dev/null | head -n 1; }
"$QUIPU" export -m mt.safetensors -o words.json && bb=$(echo w9 | id words.json | cut -d ' ' -f 2)
translate -m there-mt.safetensors --tgt-lang bb -b 2 >ours &&
    translate -m there-mt.safetensors --forced-first "$bb" -b 2 >other && cmp -s ours other
result $? "--tgt-lang forces the first token" "$(paste ours other | head -n 2)"
scored() { translate --scores sentence "$@"; }
scored -m there-mt.safetensors --src-lang bb >ours && scored -m bb.safetensors >other && cmp -s ours other &&
    ! scored -m there-mt.safetensors | cmp -s - other
result $? "--src-lang puts a token before the source" "$(paste ours other | head -n 2)"
"$QUIPU" translate -m ruled.safetensors --threads 0 lines >other && translate -m ruled.safetensors | cmp -s - other
result $? "rules leave --threads 0 what it is" "$(head -n 2 other)"
fails 2 "not a language of this model; it has aa, bb" "$QUIPU" translate -m there-mt.safetensors --tgt-lang cc lines
fails 2 "no tokens for languages" "$QUIPU" translate -m mt.safetensors --tgt-lang aa lines
fails 2 "not sequences of at most" "$QUIPU" translate -m mt.safetensors --forbid '5 x' lines
fails 2 "not an id of the vocabulary" "$QUIPU" translate -m mt.safetensors --forced-first 9999 lines
v=$(echo v | id words.json) && translate -m mt.safetensors -b 1 --max-length 6 --forbid "$v" >ours && ! grep -q v ours
result $? "--forbid" "$(head -n 2 ours)"

# ---- a masked language model: what is frozen stays, lower layers move less, rows of common pieces are kept ----
bert="--encoder transformer --norm post --final-norm=false --pos learned --segments 2 --embedding-norm
    --scale-embeddings=false --activation gelu --norm-epsilon 1e-12"
"$QUIPU" train --task mlm --train texts $bert $small --layers 3 --steps 3 --tokenizer word -m mlm.safetensors 2>.err
folder mlm
awk '{ print (NR % 2 ? "odd" : "even") "\t" $0 }' texts >labels
tune() { "$QUIPU" train --task classify --train labels --valid none --init-from there-mlm.safetensors --steps 1 \
    --threads 1 -q --overwrite --dropout 0 "$@"; }
numbers() { # FILE NAME - of one array
    length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    place=$(tail -c +9 "$1" | head -c "$length" | grep -o "\"$2\":{[^}]*}" | grep -o '\[[0-9]*,[0-9]*\]}' | tr -d '[]}')
    tail -c +$((9 + length + ${place%,*})) "$1" | head -c $((${place#*,} - ${place%,*})) | od -An -v -w4 -t f4
}
moved() { # FILE NAME - how far its numbers are from those that were imported, at most
    numbers there-mlm.safetensors "$2" >before && numbers "$1" "$2" | paste before - |
        awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d } END { printf "%.3g\n", most }'
}
holds "fine-tuning with frozen layers" tune --freeze 'src_embed*,encoder.layers.0.*' --lr 0.01 -m frozen.safetensors
[ "$(moved frozen.safetensors src_embed.weight)$(moved frozen.safetensors encoder.layers.0.linear1.weight)" = 00 ] &&
    [ "$(moved frozen.safetensors encoder.layers.1.linear1.weight)" != 0 ]
result $? "frozen rows have the same bytes, others do not" "$(moved frozen.safetensors src_embed.weight)"
holds "fine-tuning with --layer-decay" tune --layer-decay 0.5 --optimizer adam --lr 0.016 --lr-warmup 0 \
    --lr-schedule constant -m slow.safetensors
for part in encoder.layers.2.linear1.weight encoder.layers.1.linear1.weight encoder.layers.0.linear1.weight \
    encoder.positions.weight src_embed.weight; do moved slow.safetensors $part; done >steps
[ "$(tr '\n' ' ' <steps)" = "0.008 0.004 0.002 0.001 0.001 " ]
result $? "lower layers move less, embeddings and positions least" "$(tr '\n' ' ' <steps)"

"$QUIPU" export -m there-mlm.safetensors -o theirs.json --source
printf 'w1 w2 w3 new words here\n%.0s' 1 2 3 >others
"$QUIPU" tokenizer train --type word --vocab-size 40 -o ours.json others 2>.err
"$QUIPU" train --task mlm --train others --valid none --tokenizer ours.json --init-from there-mlm.safetensors \
    --steps 1 --freeze 'src_embed*' --threads 1 --overwrite -m other.safetensors 2>.err
result $? "a vocabulary is replaced" "$(cat .err)"
row() { numbers "$1" src_embed.weight | tail -n +$((1 + 16 * $2)) | head -n 16; }
row there-mlm.safetensors "$(echo w2 | id theirs.json | cut -d ' ' -f 1)" >before && [ "$(grep -c . before)" -eq 16 ] &&
    row other.safetensors "$(echo w2 | id ours.json | cut -d ' ' -f 1)" | cmp -s - before &&
    grep -q 'taken: .*head.dense' .err
result $? "rows of common pieces are kept, and the layers of the head" "$(grep init .err)"
"$QUIPU" tokenizer train --type byte-bpe --vocab-size 300 -o bytes.json texts 2>/dev/null
"$QUIPU" train --task mlm --train texts --valid none --tokenizer bytes.json --init-from there-mlm.safetensors \
    --steps 1 --threads 1 --overwrite -m bytes.safetensors 2>.err
common=$(sed -n 's/.*vocabulary has \([0-9]*\) of the .*/\1/p' .err)
[ "${common:-0}" -ge 10 ]
result $? "pieces of bytes are found by their text" "$(grep init .err)"

# ---- answers and pairs ----
awk '{ for (i = 1; i <= NF; i++) print $i "\t" (i == 2 ? "start" : "end"); print "" }' texts >spans.conll
"$QUIPU" train --task tag --train spans.conll $bert $small --steps 10 --tokenizer word --max-length 40 -m qa.safetensors
printf 'w1 w2\tw3 w4 w5 w6\nw1\tw5, w6 w0.\n' >questions
"$QUIPU" predict -m qa.safetensors questions >ours 2>.err
paste questions ours | awk -F '\t' '{ ok = ok + (NF == 6 && $3 == substr($2, $5 + 1, $6 - $5) && $4 > 0 && $4 <= 1) }
    END { exit ok != 2 }'
result $? "predict gives the answer, its score and its place" "$(cat ours .err)"
"$QUIPU" predict -m qa.safetensors questions --top 3 --max-answer 1 |
    awk -F '\t' '{ if (NF != 12 || $2 < $6 || $6 < $10 || $1 $5 $9 ~ / /) bad = 1 } END { exit bad }'
result $? "--top 3 of one token each" "$("$QUIPU" predict -m qa.safetensors questions --top 3 --max-answer 1)"
"$QUIPU" predict -m qa.safetensors questions --json | grep -q '^{"answers":\[{"text":"[^"]*","score":[0-9.]*,"start":'
result $? "as JSON" "$("$QUIPU" predict -m qa.safetensors questions --json)"
awk 'BEGIN { printf "w1\t"; for (i = 0; i < 90; i++) printf "w%d ", i % 7; print "" }' >long
"$QUIPU" predict -m qa.safetensors long >ours 2>.err && [ "$(cut -f 4 ours)" -gt 1 ]
result $? "a context longer than the model is read in windows" "$(cat ours .err)"
fails 65 "no TAB" "$QUIPU" predict -m qa.safetensors lines
"$QUIPU" train --task classify --train labels $bert $small --steps 5 --tokenizer word -m class.safetensors
"$QUIPU" predict -m class.safetensors --pairs questions >ours 2>.err && [ "$(grep -c '^\(odd\|even\)	0\.' ours)" -eq 2 ]
result $? "--pairs" "$(cat ours .err)"
fails 2 "is for classifiers" "$QUIPU" predict -m qa.safetensors --pairs questions
