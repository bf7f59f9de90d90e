# Decomposed text (NFD, as macOS writes it) is the same text: training, validation, evaluation, labels and tags.
. tests/cli/support
command -v python3 >/dev/null || { skip "decomposed text" "no python3"; exit 0; }

python3 - <<'P'
import unicodedata
words = ["Zoé", "가다", "übel", "naïve", "학교", "año"]
def write(name, lines):
    open(name, "w").write("".join(line + "\n" for line in lines))
    open(name + ".nfd", "w").write("".join(unicodedata.normalize("NFD", line) + "\n" for line in lines))
texts = [f"{a} {b}" for a in words for b in words]
write("pairs", [f"{t}\t{' '.join(reversed(t.split()))}" for t in texts])
write("source", texts)
write("target", [' '.join(reversed(t.split())) for t in texts])
write("labels", [f"{'größer' if t[0] < 'a' else '한국'}\t{t}" for t in texts])
P
train() {
    "$QUIPU" train --tokenizer char --layers 1 --emb-size 32 --heads 2 --dropout 0 --lr 0.01 --threads 1 -q "$@"
}
for form in pairs pairs.nfd; do
    train --train pairs --valid $form --valid-metrics bleu,accuracy --steps 60 \
        --lr-warmup 10 --valid-freq 60 -m $form.safetensors
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /bleu|accuracy/) pick[i] = 1 }
             { for (i in pick) printf "%s ", $i; print "" }' $form.run/metrics.csv >$form.scores
done
cmp -s pairs.scores pairs.nfd.scores && grep -q "[1-9]" pairs.scores
result $? "the same validation scores" "$(cat pairs.scores pairs.nfd.scores)"
cmp -s pairs.safetensors pairs.nfd.safetensors
result $? "the same model"
for form in target target.nfd; do
    "$QUIPU" translate -m pairs.safetensors source >out && "$QUIPU" evaluate bleu,accuracy,chrf --hyp out --ref $form
done >found 2>&1
[ "$(sort -u found | wc -l)" -eq "$(($(wc -l <found) / 2))" ] && grep -q "^bleu.*[1-9]" found
result $? "the same scores against composed and decomposed references" "$(cat found)"
train --task classify --train labels --valid labels.nfd --epochs 2 -m classes.safetensors
result $? "labels of a decomposed validation file are those of training"
for form in labels labels.nfd; do "$QUIPU" evaluate accuracy -m classes.safetensors --test $form; done >found 2>&1
[ "$(sort -u found | wc -l)" -eq "$(($(wc -l <found) / 2))" ] && grep -q "^accuracy.*[1-9]" found
result $? "the same accuracy" "$(cat found)"

# Where no validation file is given, the same examples are held back.
for form in labels labels.nfd; do
    awk '{ for (i = 0; i < 5; i++) print $0 " " i }' $form >$form.many
    train --task classify --train $form.many --steps 5 -m $form.safetensors
done
cmp -s labels.safetensors labels.nfd.safetensors
result $? "the same examples are held back"
for form in source source.nfd; do
    train --task lm --train $form --steps 60 -m $form.safetensors
    "$QUIPU" evaluate -m source.safetensors --test $form >$form.bits
done
cmp -s source.safetensors source.nfd.safetensors && cmp -s source.bits source.nfd.bits && grep -q "^bits" source.bits
result $? "the same language model, the same bits per character" "$(cat source.bits source.nfd.bits)"
for stop in "$(printf '\303\251')" "$(printf 'e\314\201')"; do
    "$QUIPU" generate -m source.safetensors -n 300 --seed 1 --json --stop "$stop"
done >found
[ "$(sort -u found | wc -l)" -eq 1 ] && grep -q '"end":"stop"' found
result $? "--stop" "$(cat found)"
