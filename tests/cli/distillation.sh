# --teacher: a student learns what a teacher knows; the same bits for any number of threads and after a stop; teachers
# that do not fit.
. tests/cli/support
has train || { skip "distillation" "no train"; exit 0; }

# A text of ones and twos has a label by which is more frequent. The teacher reads many right labels; the student's
# data has one label for all, which only the teacher can tell apart.
texts() {
    awk -v count="$1" -v seed="$2" -v same="$3" 'BEGIN { srand(seed)
        for (i = 0; i < count; i++) {
            line = ""; sum = 0
            for (k = 0; k < 7; k++) { one = rand() < 0.5; sum += one; line = line (one ? " one" : " two") }
            print (same ? "many" : sum > 3 ? "many" : "few") "\t" substr(line, 2)
        } }'
}
texts 600 1 0 >right
texts 600 2 1 >alike
texts 300 3 0 >held
common="--task classify --valid none --encoder gru --layers 1 --batch-type sentence --batch-size 32 --lr 0.01 \
    --lr-schedule constant --lr-warmup 0 --save-freq 5 -q"
small="$common --train alike --emb-size 8 --hidden-size 8 --dropout 0.1 --teacher teacher.safetensors"
accuracy() { "$QUIPU" evaluate accuracy -m "$1" --test held 2>.err | awk '{ print $2 }'; }

"$QUIPU" train $common --train right --tokenizer word --emb-size 16 --hidden-size 24 --dropout 0 --steps 150 \
    -m teacher.safetensors 2>.err
result $? "a teacher" "$(cat .err)"
"$QUIPU" train $small --teacher-weight 1 --steps 150 -m student.safetensors 2>.err
score="$(accuracy teacher.safetensors) $(accuracy student.safetensors)"
echo "$score" | awk '{ exit !($1 > 95 && $2 > 90) }'
result $? "a student learns from the teacher alone what the labels do not say" "$score $(cat .err)"
"$QUIPU" train $small --teacher-weight 0 --steps 150 -m student.safetensors --overwrite 2>.err
score=$(accuracy student.safetensors)
echo "$score" | awk '{ exit !($1 < 65) }'
result $? "without the teacher's weight it does not" "$score $(cat .err)"

"$QUIPU" train $small --steps 30 --threads 1 -m one.safetensors 2>.err
result $? "a student of both" "$(cat .err)"
for threads in 2 3 4; do
    rm -rf other.*
    "$QUIPU" train $small --steps 30 --threads $threads -m other.safetensors 2>.err &&
        cmp -s one.safetensors other.safetensors
    result $? "$threads threads, the same bytes" "$(cat .err)"
done
rm -rf other.*
"$QUIPU" train $small --steps 13 -m other.safetensors 2>.err &&
    "$QUIPU" train $small --steps 30 -m other.safetensors 2>.err && cmp -s one.safetensors other.safetensors
result $? "resumed, the same bytes" "$(cat .err)"

# Translators and language models: the words of all positions.
toy_train big.safetensors 2>.err && toy_train pupil.safetensors --emb-size 16 --teacher big.safetensors 2>.err &&
    toy_train more.safetensors --emb-size 16 --teacher big.safetensors --threads 1 2>.err &&
    cmp -s pupil.safetensors more.safetensors
result $? "a translator, the same bytes with 1 and 2 threads" "$(cat .err)"
lm="--task lm --train pairs --valid none --tokenizer word --decoder gru --layers 1 --batch-size 256 --lr 0.01 \
    --lr-schedule constant --lr-warmup 0 -q"
"$QUIPU" train $lm --emb-size 16 --steps 20 -m lm.safetensors 2>.err &&
    "$QUIPU" train $lm --emb-size 8 --lm-window 16 --carry --steps 5 --teacher lm.safetensors \
        -m small-lm.safetensors 2>.err
result $? "a language model, of running text too" "$(cat .err)"

# Rows of numbers, and labels in another order than the teacher's.
awk 'BEGIN { print "a,b,c,d,kind"; for (i = 0; i < 64; i++) {
    x = i * 7 % 13; y = i * 5 % 11; printf "%d,%d,%d,%d,%s\n", x, y, y, x, (x > y ? "left" : "right") } }' >rows.csv
{ head -n 1 rows.csv && tail -n +2 rows.csv | sort -r; } >back.csv
rows="--task classify --column kind --valid none --patch 1x2 --encoder gru --layers 1 --batch-type sentence
    --batch-size 16 --lr 0.02 --lr-schedule constant --lr-warmup 0 --image-size 2x2 --steps 60 -q"
"$QUIPU" train $rows --train rows.csv --emb-size 16 -m rows.safetensors 2>.err &&
    "$QUIPU" train $rows --train back.csv --emb-size 8 --teacher rows.safetensors --teacher-weight 1 \
        -m back.safetensors 2>.err
score="$("$QUIPU" evaluate accuracy -m back.safetensors --test rows.csv 2>>.err | awk '{ print $2 }')"
echo "$score" | awk '{ exit !($1 > 80) }'
result $? "rows of numbers" "$score $(cat .err)"
fails 2 "in patches of 1x2, this run 2x2x1 in 2x2" "$QUIPU" train $rows --train back.csv --patch 2x2 \
    --teacher rows.safetensors -m bad.safetensors

# The teacher is part of the run.
rm -rf other.* && cp teacher.safetensors kept.safetensors
"$QUIPU" train $small --steps 6 -m other.safetensors 2>.err
"$QUIPU" train $common --train right --tokenizer word --emb-size 16 --hidden-size 24 --dropout 0 --steps 20 \
    --overwrite -m teacher.safetensors 2>.err
fails 2 "teacher: its content changed" "$QUIPU" train $small --steps 9 -m other.safetensors
mv kept.safetensors teacher.safetensors

{ cat alike && printf 'none\tone two\n'; } >more
fails 2 "more:601: label 'none' is none of the 2 labels" "$QUIPU" train $small --train more --steps 1 -m bad.safetensors
fails 2 "add --tokenizer teacher.safetensors" "$QUIPU" train $small --tokenizer char --steps 1 -m bad.safetensors
fails 2 "a model of --task lm" "$QUIPU" train $small --teacher lm.safetensors --steps 1 -m bad.safetensors
fails 2 "add --max-length" "$QUIPU" train $small --max-length 600 --steps 1 -m bad.safetensors
fails 2 "with which --loss does not combine" "$QUIPU" train $small --loss focal --steps 1 -m bad.safetensors
fails 2 "with which --label-smoothing does" "$QUIPU" train $small --label-smoothing 0.1 --steps 1 -m bad.safetensors
fails 2 "with which --class-weights does" "$QUIPU" train $small --class-weights balanced --steps 1 -m bad.safetensors
fails 2 "it is for --teacher" "$QUIPU" train $common --train right --teacher-weight 0.3 --steps 1 -m bad.safetensors
fails 2 "it is for --task translate, lm" "$QUIPU" train --task match --train right --teacher teacher.safetensors \
    -m bad.safetensors
fails 66 "absent.safetensors" "$QUIPU" train $small --teacher absent.safetensors --steps 1 -m bad.safetensors
