#include "lib/run/train_teacher.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/package/run/small_run.h"

TestSuite(train_teacher, .init = small_run_folder, .fini = small_run_clean);

/* Saves the model of these options before its first update. */
static void save(const char *path, const char *const *option)
{
    qp_train_run run;
    small_run_prepare(&run, option);
    cr_assert_eq(qp_package_save(run.data.package, path), QP_OK, "%s", qp_error_message());
    qp_train_run_free(&run);
}

#define CLASSES "task", "classify", "decoder", "none", "train", "labels", "valid", "none", SMALL
#define TRANSLATES "task", "translate", "decoder", "gru", "train", "pairs", "valid", "none", SMALL

static void write_teachers(void)
{
    static const char *const classes[] = {CLASSES, "tokenizer", "word", "max_length", "50", NULL};
    static const char *const translates[] = {TRANSLATES, "tokenizer", "word", "max_length", "50", NULL};
    static const char *const shares[] = {TRANSLATES, "tokenizer", "word", "share_vocab", "true", NULL};
    static const char *const tags[] = {"task", "tag", "decoder", "none", "train",     "tags", "valid",
                                       "none", SMALL, "crf",     "true", "tokenizer", "word", NULL};
    put("labels", "y\ta b\nx\tb c\n");
    put("pairs", "a b\tx y\nc\ty\n");
    put("tags", "a\tX\nb\tY\n\n");
    save("classes.safetensors", classes);
    save("translates.safetensors", translates);
    save("shares.safetensors", shares);
    save("crf.safetensors", tags);
}

/* What the student has from its teacher where it was not given. */
Test(train_teacher, what_a_student_takes)
{
    static const struct {
        const char *teacher, *name, *value;
        int64_t max_length;
        bool shares;
    } row[] = {{"translates.safetensors", "seed", "1", 50, false},
               {"translates.safetensors", "max_length", "20", 20, false},
               {"shares.safetensors", "seed", "1", 0, true}};
    write_teachers();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {TRANSLATES, "teacher", row[i].teacher, row[i].name, row[i].value, NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_package *student = run.data.package;
        if (row[i].max_length) cr_expect_eq(run.settings->model.max_length, row[i].max_length);
        cr_expect_eq(run.settings->job.share_vocab, row[i].shares);
        cr_expect_eq(run.settings->model.tied_embeddings_all, row[i].shares);
        cr_expect_eq(student->source == student->target, row[i].shares);
        cr_expect_eq(qp_tokenizer_size(student->target), qp_tokenizer_size(run.teacher->target));
        cr_expect_neq(run.teacher_hash, 0);
        qp_train_run_free(&run);
    }
}

/* Labels are numbered as the teacher numbers them, whatever the order of the student's data. */
Test(train_teacher, labels_are_numbered_alike)
{
    write_teachers();
    static const char *const option[] = {CLASSES, "teacher", "classes.safetensors", NULL};
    static const char *const line[] = {"x\tb c\ny\ta b\n", "y\ta b\nx\tb c\n"};
    qp_train_run run;
    for (int i = 0; i < 2; i++) {
        put("labels", line[i]);
        small_run_prepare(&run, option);
        const qp_labels *labels = &run.data.package->labels;
        cr_assert_eq(labels->count, 2);
        cr_expect_str_eq(labels->text[0], "y");
        cr_expect_str_eq(labels->text[1], "x");
        qp_train_run_free(&run);
    }
    put("labels", "x\tb c\ny\ta b\nz\tc\n");
    cr_expect_eq(small_run_try(&run, option), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "labels:3: label 'z' is none of the 2 labels of --teacher classes.safe"), "%s",
              qp_error_message());
    qp_train_run_free(&run);
}

/* The hash follows from the teacher's file; without a teacher it is 0. */
Test(train_teacher, the_hash_is_that_of_the_file)
{
    write_teachers();
    static const char *const none[] = {CLASSES, "tokenizer", "word", NULL};
    static const char *const with[] = {CLASSES, "teacher", "classes.safetensors", NULL};
    static const char *const other[] = {CLASSES, "tokenizer", "word", "max_length", "50", "seed", "9", NULL};
    uint64_t hash[3];
    for (int i = 0; i < 3; i++) {
        qp_train_run run;
        if (i == 2) save("classes.safetensors", other);
        small_run_prepare(&run, i ? with : none);
        hash[i] = run.teacher_hash;
        cr_expect_eq(run.teacher != NULL, i > 0);
        qp_train_run_free(&run);
    }
    cr_expect(hash[0] == 0 && hash[1] != 0 && hash[2] != 0 && hash[1] != hash[2]);
}

Test(train_teacher, what_is_refused)
{
    static const char *const loss[] = {CLASSES, "teacher", "classes.safetensors", "loss", "focal", NULL};
    static const char *const plain[] = {CLASSES, "teacher", "classes.safetensors", "loss", "cross-entropy", NULL};
    static const char *const smooth[] = {CLASSES, "teacher", "classes.safetensors", "label_smoothing", "0.1", NULL};
    static const char *const mixup[] = {CLASSES, "teacher", "classes.safetensors", "mixup", "0.2", NULL};
    static const char *const multi[] = {CLASSES, "teacher", "classes.safetensors", "multi_label", "true", NULL};
    static const char *const weights[] = {CLASSES, "teacher", "classes.safetensors", "class_weights", "x:2", NULL};
    static const char *const task[] = {CLASSES, "teacher", "translates.safetensors", NULL};
    static const char *const words[] = {CLASSES, "teacher", "classes.safetensors", "tokenizer", "char", NULL};
    static const char *const longer[] = {CLASSES, "teacher", "classes.safetensors", "max_length", "51", NULL};
    static const char *const equal[] = {CLASSES, "teacher", "classes.safetensors", "max_length", "50", NULL};
    static const char *const begins[] = {TRANSLATES, "teacher", "translates.safetensors", "begin_token", "true", NULL};
    static const char *const target[] = {
        TRANSLATES, "teacher", "translates.safetensors", "tokenizer", "word", "tgt_tokenizer", "char", NULL};
    static const char *const crf[] = {"task",  "tag",  "decoder", "none",    "train",           "tags",
                                      "valid", "none", SMALL,     "teacher", "crf.safetensors", NULL};
    static const char *const gone[] = {CLASSES, "teacher", "gone.safetensors", NULL};
    static const struct {
        const char *const *option;
        const char *said; /* NULL: fine */
    } row[] = {
        {loss, "with which --loss does not combine"},
        {plain, NULL},
        {smooth, "with which --label-smoothing does not combine"},
        {mixup, "with which --mixup does not combine"},
        {multi, "with which --multi-label does not combine"},
        {weights, "with which --class-weights does not combine"},
        {task, "a model of --task translate, and this trains --task classify"},
        {words, "its source tokenizer (8 pieces) is not the one of this run (264 pieces); add --tokenizer class"},
        {longer, "reads up to 50 tokens; add --max-length 50"},
        {equal, NULL},
        {begins, "its sources begin without a token of their own; give --begin-token=false"},
        {target, "its target tokenizer (7 pieces) is not the one of this run (263 pieces)"},
        {crf, "a model with --crf"},
        {gone, "gone.safetensors"}};
    write_teachers();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_run run;
        qp_status status = small_run_try(&run, row[i].option);
        cr_expect_eq(status == QP_OK, row[i].said == NULL, "row %zu: %s", i, status ? qp_error_message() : "");
        if (status && row[i].said) cr_expect(strstr(qp_error_message(), row[i].said), "%zu: %s", i, qp_error_message());
        qp_train_run_free(&run);
    }
}

/* Images are read as the teacher read its own, around its mean. */
Test(train_teacher, images)
{
#define IMAGES                                                                                                         \
    "task", "classify", "decoder", "none", SMALL, "column", "y", "train", "i.csv", "valid", "none", "image_size", "2x2"
    static const char *const teacher[] = {IMAGES, "patch", "1x2", NULL};
    static const char *const same[] = {IMAGES, "patch", "1x2", "teacher", "i.safetensors", NULL};
    static const char *const other[] = {IMAGES, "patch", "2x2", "teacher", "i.safetensors", NULL};
    static const char *const texts[] = {CLASSES, "teacher", "i.safetensors", NULL};
    static const char *const from_texts[] = {IMAGES, "patch", "1x2", "teacher", "classes.safetensors", NULL};
    write_teachers();
    put("i.csv", "y,p1,p2,p3,p4\na,1,2,3,4\nb,2,3,4,5\n");
    save("i.safetensors", teacher);
    put("i.csv", "y,p1,p2,p3,p4\na,9,9,9,8\nb,9,9,9,9\n");
    qp_train_run run;
    small_run_prepare(&run, same);
    const qp_image_format *ours = &run.data.package->images, *theirs = &run.teacher->images;
    cr_expect(ours->mean == theirs->mean && ours->deviation == theirs->deviation && ours->mean == 3);
    qp_train_run_free(&run);
    static const struct {
        const char *const *option;
        const char *said;
    } row[] = {{other, "reads images of 2x2x1 in patches of 1x2, this run 2x2x1 in 2x2"},
               {texts, "one of the two reads texts and the other images"},
               {from_texts, "one of the two reads texts and the other images"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        cr_expect_eq(small_run_try(&run, row[i].option), QP_EUSAGE);
        cr_expect(strstr(qp_error_message(), row[i].said), "row %zu: %s", i, qp_error_message());
        qp_train_run_free(&run);
    }
}
