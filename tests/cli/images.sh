# Images and series of numbers are classified: IDX, folders of PNG, CSV; equal bits, resuming, errors in the files.
. tests/cli/support
has predict || { skip "images" "no predict"; exit 0; }

# ---- toy data: 4 x 4 images with a bright pixel in the upper half (label 1) or in the lower half (label 0) ----
# images COUNT SHIFT NAME - NAME-images.idx3-ubyte, NAME-labels.idx1-ubyte, and NAME.csv of the same.
images() {
    awk -v count="$1" -v shift="$2" -v name="$3" 'BEGIN {
        pixels = name "-images.idx3-ubyte.txt"; labels = name "-labels.idx1-ubyte.txt"; table = name ".csv"
        number = sprintf("\\000\\000\\%03o\\%03o", int(count / 256), count % 256)
        printf "\\000\\000\\010\\003%s\\000\\000\\000\\004\\000\\000\\000\\004", number >pixels
        printf "\\000\\000\\010\\001%s", number >labels
        for (i = 0; i < 16; i++) printf "p%d,", i >table
        print "kind" >table
        for (n = 0; n < count; n++) { place = (n * 7 + shift) % 16
            for (i = 0; i < 16; i++) { v = i == place ? 100 + (n * 11) % 100 : (n * 5 + i * 3) % 30
                printf "\\%03o", v >pixels; printf "%d,", v >table }
            printf "\\%03o", place < 8 >labels; print (place < 8) >table } }'
    for file in "$3-images.idx3-ubyte" "$3-labels.idx1-ubyte"; do printf "$(cat $file.txt)" >$file; done
}
images 256 0 train
images 64 3 valid
gzip -c train-images.idx3-ubyte >gz-images.idx3-ubyte.gz
gzip -c train-labels.idx1-ubyte >gz-labels.idx1-ubyte.gz
cut -d , -f 1-16 valid.csv >blind.csv

common="--layers 1 --emb-size 16 --heads 2 --ff-size 32 --dropout 0.1 --batch-type sentence --batch-size 16 --lr 0.01 \
    --lr-schedule inv-sqrt --lr-warmup 5 --image-shift 0 --save-freq 5 --seed 3 --average 1 -q"
other="--task classify --valid valid-images.idx3-ubyte --patch 2x2 $common"
idx="$other --train train-images.idx3-ubyte"
token="$idx --pooling class-token --image-shift 1"
table="--task classify --train train.csv --valid valid.csv --column kind --patch 2x2 $common"
series="--task classify --train train.csv --valid valid.csv --column kind --encoder gru --hidden-size 16 --emb-size 16 \
    --enc-layers 1 --lr 0.01 --batch-size 512 --lr-schedule inv-sqrt --lr-warmup 5 --seed 3 --average 1 -q"

# ---- the same bytes for any number of threads, interrupted or not ----
for kind in idx token table series; do
    options=$(eval echo \$$kind)
    "$QUIPU" train $options --steps 30 --valid-freq 10 --threads 1 -m $kind.safetensors 2>.err
    result $? "$kind: trained" "$(cat .err)"
    for threads in 2 3 4; do
        rm -rf other.*
        "$QUIPU" train $options --steps 30 --valid-freq 10 --threads $threads -m other.safetensors 2>.err &&
            cmp -s $kind.safetensors other.safetensors
        result $? "$kind: $threads threads, the same bytes" "$(cat .err)"
    done
    rm -rf other.*
    "$QUIPU" train $options --steps 13 --valid-freq 10 -m other.safetensors 2>.err &&
        "$QUIPU" train $options --steps 30 --valid-freq 10 -m other.safetensors 2>.err
    grep -q 'resuming after update' other.run/train.log && cmp -s $kind.safetensors other.safetensors
    result $? "$kind: a run is resumed, the same bytes" "$(cat .err)"
    "$QUIPU" info $kind.safetensors >.out 2>.err && grep -q 'parameters' .out
    result $? "$kind: info" "$(cat .err)"
    "$QUIPU" train $options --steps 9 --dry-run >.out 2>.err && grep -q 'per epoch' .out
    result $? "$kind: --dry-run" "$(cat .err)"
done
cmp -s idx.safetensors table.safetensors
[ $? -ne 0 ]
result $? "idx and table: other files" ""
"$QUIPU" train $other --train gz-images.idx3-ubyte.gz --steps 30 --valid-freq 10 -m gz.safetensors 2>.err &&
    cmp -s idx.safetensors gz.safetensors
result $? "idx: gzipped, the same bytes" "$(cat .err)"
cp train-labels.idx1-ubyte elsewhere
cp train-images.idx3-ubyte alone
"$QUIPU" train $other --train alone --train-labels elsewhere --steps 30 --valid-freq 10 -m named.safetensors 2>.err &&
    cmp -s idx.safetensors named.safetensors
result $? "idx: labels by name, the same bytes" "$(cat .err)"

# ---- predict, evaluate ----
"$QUIPU" train $idx --steps 300 --valid-freq 100 -m good.safetensors 2>.err
"$QUIPU" evaluate accuracy -m good.safetensors --test valid-images.idx3-ubyte >.out 2>.err &&
    awk '/^accuracy/ { exit !($2 > 90) }' .out
result $? "evaluate: learned" "$(cat .out .err)"
"$QUIPU" predict -m good.safetensors valid-images.idx3-ubyte >all 2>.err &&
    [ "$(wc -l <all)" = 64 ] && grep -q '^1	0\.' all
result $? "predict: a label for each image" "$(cat .err)"
"$QUIPU" predict -m good.safetensors -t 1 blind.csv | cmp -s - all
result $? "predict: rows of numbers without labels, the same" ""
"$QUIPU" predict -m good.safetensors -t 3 <blind.csv | cmp -s - all
result $? "predict: from stdin" ""
sed -n '1p;6p' blind.csv | "$QUIPU" predict -m good.safetensors >.out && [ "$(cat .out)" = "$(sed -n 5p all)" ]
result $? "predict: one image alone, the same" "$(cat .out)"
"$QUIPU" train $table --steps 30 --valid-freq 10 --overwrite -m table.safetensors 2>.err
for file in valid.csv blind.csv; do "$QUIPU" predict --all -m table.safetensors $file >$file.out; done
cmp -s valid.csv.out blind.csv.out && [ "$(wc -l <blind.csv.out)" = 64 ]
result $? "predict: with the labels' column or without" "$(cat .err)"
"$QUIPU" predict --json -m good.safetensors blind.csv | grep -q '^{"label":"[01]","probability":0'
result $? "predict: --json" ""
fails 65 "has no labels to compare with" "$QUIPU" evaluate -m good.safetensors --test blind.csv

# ---- attend ----
"$QUIPU" attend -m token.safetensors --image valid-images.idx3-ubyte --number 5 >.out 2>.err &&
    grep -q '^valid-images.idx3-ubyte, image 5: [01] 0' .out && grep -q '^cross attention' .out
result $? "attend: what the class token attends to" "$(cat .out .err)"
"$QUIPU" attend -m good.safetensors --image valid-images.idx3-ubyte --layer all --head all -o map.svg 2>.err &&
    [ "$(grep -c 'fill-opacity' map.svg)" = 8 ] && [ "$(grep -c '<rect' map.svg)" = $((8 + 32 + 41)) ]
result $? "attend: maps over the image" "$(cat .err; grep -c '<rect' map.svg)"
for end in html json npz txt; do
    "$QUIPU" attend -m good.safetensors --image blind.csv --number 64 -o map.$end 2>.err && [ -s map.$end ]
    result $? "attend: .$end" "$(cat .err)"
done
fails 2 "has no attention" "$QUIPU" attend -m series.safetensors --image blind.csv
fails 2 "has 64 images" "$QUIPU" attend -m good.safetensors --image blind.csv --number 65
fails 2 "give one of them" "$QUIPU" attend -m good.safetensors --image blind.csv --text x

# ---- what does not fit ----
fails 2 "add --patch 4x4" "$QUIPU" train --task classify --train train-images.idx3-ubyte -m bad.safetensors
fails 2 "--patch 3x3 does not divide images of 4 x 4" "$QUIPU" train $idx --patch 3x3 -m bad.safetensors
fails 2 "not the rows and columns of a patch" "$QUIPU" train $idx --patch 2y2 -m bad.safetensors
fails 2 "no file of labels beside it" "$QUIPU" train $other --train alone -m bad.safetensors
fails 65 "256 images\|incomplete" "$QUIPU" train $idx --train-labels valid-labels.idx1-ubyte -m bad.safetensors
head -c 3000 train-images.idx3-ubyte >cut-images.idx3-ubyte
cp train-labels.idx1-ubyte cut-labels.idx1-ubyte
fails 65 "cut-images.idx3-ubyte: ends before its last number" "$QUIPU" train $other --train cut-images.idx3-ubyte \
    -m bad.safetensors
fails 65 "16 numbers in a row\|17 numbers in a row\|no square" "$QUIPU" train $table --column kind,p0,p1 \
    -m bad.safetensors
sed '5s/^[0-9]*,/many,/' train.csv >bad.csv
fails 65 "bad.csv:5: 'many' in column 1 is not a number" "$QUIPU" train $table --train bad.csv -m bad.safetensors
fails 2 "to read numbers use --encoder transformer" "$QUIPU" train --task classify --patch 2x2 \
    --train train-images.idx3-ubyte --encoder bag -q -m bad.safetensors
mkdir empty
fails 65 "no PNG files" "$QUIPU" train --task classify --patch 2x2 --train empty -m bad.safetensors
fails 2 "it is for --task classify" "$QUIPU" train --task lm --patch 2x2 --train train.csv -m bad.safetensors
printf 'yes\tsome text\nno\tother text\n' >texts
fails 65 "images\|numbers" "$QUIPU" predict -m good.safetensors texts
[ ! -e bad.safetensors ]
result $? "no model of what was refused" ""
