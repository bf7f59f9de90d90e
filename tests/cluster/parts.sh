# Data that several ranks read and keep in parts: the model and the reports are those of one process. The files are
# long enough that each of three ranks reads a part of them (64 kB at least).
. tests/cluster/support

# New labels and words appear all along the file.
awk 'BEGIN { for (i = 0; i < 5000; i++) { line = ""
    for (k = 0; k < 12; k++) line = line " w" (i * 7 + k * k) % (i / 40 + 20)
    printf "c%d\t%s\n", (i * 3) % (1 + int(i / 600)), substr(line, 2) } }' >texts
awk -F '\t' '{ print $1 (NR % 3 ? "," substr($1, 1, 1) "0" : "") "\t" $2 }' texts >label_sets
cut -f 2 texts >lines
awk -F '\t' -v OFS='\t' '{ n = split($2, w, " "); print $2, w[n] " " w[1] " " w[2] " " w[3] }' texts >pairs
awk 'BEGIN { for (i = 0; i < 6000; i++) { for (j = 0; j <= i % 7; j++) { n = (i * 7 + j * 3) % (9 + int(i / 500))
    printf "word%d\tcolumn\tT%d\n", n, n % (2 + int(i / 1500)) } print i % 5 ? "" : " \t" } }' >words.conll
head -n 9000 words.conll >part-1.conll && tail -n +9001 words.conll | gzip >part-2.conll.gz
awk 'BEGIN { print "label,a,b,c,d"
    for (i = 0; i < 700; i++) printf "k%d,%d,%d,%d,%.3f\n", i * i % 5, i % 7, i % 11, i % 3, sin(i) }' >rows.csv
awk 'BEGIN { print "day,temp,wind"
    for (i = 0; i < 400; i++) printf "%d,%.3f,%s\n", i, 10 + 5 * sin(i / 4), i % 9 == 4 ? "" : i % 13 }' >days.csv

common="--emb-size 16 --batch-type sentence --batch-size 96 --shard-rows 32 --lr 0.02 --lr-schedule constant --steps 3 \
    --average 1 -q"
gru="--layers 1 --hidden-size 24 --encoder gru $common"
classify="--task classify --train texts --tokenizer word $gru"
balanced="$classify --balanced-sampling --class-weights balanced --valid none"
sets="--task classify --multi-label --train label_sets --valid label_sets --tokenizer word $gru"
bag="--task classify --train texts --valid none --tokenizer ngram --encoder bag $common"
tag="--task tag --train words.conll --tokenizer bpe --vocab-size 280 --word-layers 0 $gru"
tag_files="--task tag --train part-* --valid none --tokenizer char --word-layers 0 $gru"
windows="--task lm --train lines --valid none --tokenizer char --decoder gru --lm-window 16 --layers 1 \
    --hidden-size 24 $common"
carried="$windows --carry"
mlm="--task mlm --train lines --tokenizer word --layers 1 --heads 2 --ff-size 32 --encoder transformer $common"
autoencode="--task autoencode --train lines --valid none --tokenizer word --decoder gru $gru"
in_batch="--task match --train pairs --valid pairs --tokenizer word $gru"
rows="--task classify --train rows.csv --column label --patch 1x2 $gru"

regress="--task regress --train days.csv --holes interpolate $gru"
series="$regress --column temp,wind --window 12 --horizon 3 --linear"
trend="$regress --valid days.csv --column wind --window 5 --horizon 2 --level last"

remarks() { grep -h 'validation at\|warning' "$1.run/train.log"; }

set -f # --train part-* is a word for quipu
for kind in classify balanced sets bag tag tag_files windows carried mlm autoencode in_batch rows series trend; do
    rm -rf alone.run alone.safetensors other.run other.safetensors
    eval options=\$$kind
    "$QUIPU" train $options --threads 2 -m alone.safetensors 2>.err &&
        ranks 3 "$QUIPU" train $options --threads 1 -m other.safetensors 2>>.err &&
        cmp -s alone.safetensors other.safetensors && [ "$(remarks alone)" = "$(remarks other)" ]
    result $? "$kind: three ranks with a part each, the bytes and metrics of one process" "$(head -c 600 .err)"
done
