#include "lib/run/train_labelled.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/encoder_bag.h"
#include "tests/package/run/small_run.h"

TestSuite(train_labelled, .init = small_run_folder, .fini = small_run_clean);

enum { FEATURES = 6, LABELS = 3, TEXTS = 5 };

static qp_model *bag_model(void)
{
    qp_model_config config;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_CLASSIFY;
    config.encoder = QP_KIND_BAG;
    config.decoder = QP_KIND_NONE;
    config.src_vocab_size = FEATURES;
    config.labels = LABELS;
    cr_assert_eq(qp_model_new(&config, 1, &model), QP_OK, "%s", qp_error_message());
    return model;
}

/* w of a feature in 2 of 3 texts, both of label 0, and of one in every text: by hand. */
Test(train_labelled, weights_of_features_by_hand)
{
    qp_model *model = bag_model();
    for (int even = 0; even < 2; even++) {
        qp_bag_counts counts;
        cr_assert_eq(qp_bag_counts_init(&counts, FEATURES, LABELS), QP_OK);
        counts.even_words = even;
        counts.answers = 3;
        qp_bag_counts_add(&counts, 0, (int32_t[]){4, 5}, 2);
        qp_bag_counts_add(&counts, 0, (int32_t[]){4, 5}, 2);
        qp_bag_counts_add(&counts, 1, (int32_t[]){5}, 1);
        cr_assert_eq(qp_bag_counts_apply(&counts, model), QP_OK);
        qp_bag_counts_free(&counts);
        const qp_real *w = qp_params_value(qp_model_params(model),
                                           qp_params_find(qp_model_params(model), "encoder.feature_weight"));
        /* |p| of the labels: 6 features, 1 each, and 4, 1, 0 counted; q of label 0: 1 and 1 counted of label 1 */
        double four = fabs(log(3. / 10) - log(1. / 7)), five = fabs(log(1. / 6) - log(4. / 11));
        double five_1 = fabs(log(2. / 7) - log(3. / 10)), five_0 = fabs(log(3. / 10) - log(2. / 7));
        five = fmax(five, fmax(five_0, five_1));
        double four_2 = fabs(log(1. / 6) - log(3. / 11)), four_1 = fabs(log(1. / 7) - log(3. / 10));
        four = fmax(four, fmax(four_1, four_2));
        cr_expect_float_eq(w[4], (even ? 2 : 1) * (1 + log(4. / 3)) * sqrt(four), 1e-5);
        cr_expect_float_eq(w[5], 1 * (1 + log(4. / 4)) * sqrt(five), 1e-5);
        cr_expect_eq(w[3], 0, "never seen");
    }
    qp_model_free(model);
}

/* Every text is counted once, under its own label. */
Test(train_labelled, features_are_weighed_by_all_texts)
{
    static int32_t id[] = {0, 1, 4, 2, 3, 0, 5, 1, 2}, label[TEXTS] = {2, 0, 1, 0, 1};
    static int64_t start[TEXTS + 1] = {0, 3, 4, 6, 8, 9}, each[TEXTS + 1] = {0, 1, 2, 3, 4, 5};
    qp_model *model = bag_model(), *expected = bag_model();
    qp_package package = {.model = model};
    const qp_train_data data = {
        .package = &package,
        .corpus[QP_TRAINING] = {.sequences = TEXTS, .source = {id, start}, .target = {label, each}, .answers = true}};
    cr_assert_eq(qp_classify_weigh(&data), QP_OK, "%s", qp_error_message());
    qp_bag_counts counts;
    cr_assert_eq(qp_bag_counts_init(&counts, FEATURES, LABELS), QP_OK);
    counts.answers = TEXTS;
    for (int i = TEXTS - 1; i >= 0; i--)
        qp_bag_counts_add(&counts, label[i], id + start[i], (int)(start[i + 1] - start[i]));
    cr_assert_eq(qp_bag_counts_apply(&counts, expected), QP_OK);
    int weight = qp_params_find(qp_model_params(model), "encoder.feature_weight");
    cr_assert_geq(weight, 0);
    for (int f = 0; f < FEATURES; f++)
        cr_expect_eq(qp_params_value(qp_model_params(model), weight)[f],
                     qp_params_value(qp_model_params(expected), weight)[f], "feature %d", f);
    qp_bag_counts_free(&counts);
    qp_model_free(model);
    qp_model_free(expected);
}

/* ---- likely mistakes ---- */

static char said[1000];

static void say(void *self, const char *line)
{
    (void)self;
    strcat(strcat(said, line), "\n");
}

/* Counted labels, numbered from 0 by their line: those of data that are only labels. */
static void warn_of(const char *const *label, const int *examples, int labels, bool tags)
{
    qp_package package = {0};
    int32_t id[200];
    int64_t start[201] = {0}, count = 0;
    int number;
    for (int i = 0; i < labels; i++) {
        cr_assert_eq(qp_labels_add(&package.labels, label[i], strlen(label[i]), &number), QP_OK);
        package.labels.line[i] = i + 1;
        for (int k = 0; k < examples[i]; k++, count++) id[count] = i, start[count + 1] = count + 1;
    }
    int32_t row = 0;
    const qp_train_data data = {
        .package = &package,
        .files[QP_TRAINING] = {.source = "t.txt"},
        .corpus[QP_TRAINING] = {
            .sequences = count, .target = {id, start}, .source_row = tags ? &row : NULL, .answers = true}};
    said[0] = '\0';
    qp_labelled_warn(&data, say, NULL);
    qp_labels_free(&package.labels);
}

#define SENTENCE "these are five words here"
#define HELD "t.txt:2: label 'b' has examples only in the part held back for validation"

/* clang-format off */
static const struct {
    const char *label[12];
    int examples[12], labels;
    bool tags;
    const char *begins; /* of the line; NULL: nothing is said */
} warnings[] = {
    {{"a", "b"}, {2, 2}, 2, false, NULL},
    {{"a", "b"}, {2, 1}, 2, false, "t.txt:2: label 'b' has only this example; is it misspelled?"},
    {{"a", "b"}, {1, 2}, 2, false, "t.txt:1: label 'a' has only this example; is it a header line, or misspelled?"},
    {{"a", "b"}, {1, 2}, 2, true, "t.txt:1: label 'a' has only this example; is it misspelled?"},
    {{"a", "b", "c"}, {2, 1, 1}, 3, false, "t.txt:2: label 'b' has only this example, as have others; is it missp"},
    {{"a", "b", "c"}, {1, 0, 2}, 3, false, HELD ";"},
    {{"a", "b", "c"}, {2, 0, 0}, 3, false, HELD ", as have others;"},
    {{"a", "b", "c"}, {2, 0, 1}, 3, false, HELD ";"},
    /* labels of five words and more, most of them */
    {{SENTENCE, "b"}, {2, 2}, 2, false, NULL},
    {{SENTENCE, SENTENCE ".", "b"}, {2, 2, 2}, 3, false, "t.txt: its labels look like texts (3 of them, such as"},
    {{"these are four words", "b b b b", "c"}, {2, 2, 2}, 3, false, NULL},
    {{SENTENCE, SENTENCE ".", "b"}, {2, 2, 2}, 3, true, NULL},
    /* nearly as many labels as lines */
    {{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 10, false,
        "t.txt:1: label 'a' has only this example, as have others"},
    {{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 9}, 11, false,
        "t.txt: its labels look like texts (11 of them, such as 'a')"},
    {{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}, {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, 11, false, NULL},
};
/* clang-format on */

Test(train_labelled, likely_mistakes)
{
    for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
        warn_of(warnings[i].label, warnings[i].examples, warnings[i].labels, warnings[i].tags);
        const char *begins = warnings[i].begins;
        cr_expect_eq(strncmp(said, begins ? begins : "", begins ? strlen(begins) : 1), 0, "row %zu: %s", i, said);
        cr_expect_eq(strlen(said) - strcspn(said, "\n"), begins ? 1 : 0, "one line");
    }
}

/* ---- what a run reads ---- */

/* Labels that the training data lack are refused, ignored, or, of a part held back, learned too. */
Test(train_labelled, labels_that_only_the_validation_has)
{
    static const char *const unseen[] = {"refuse", "ignore"}, *const task[] = {"classify", "tag"};
    static const char *const train[] = {"x\ta\ny\tb\n", "a\tx\nb\ty\n\n"};
    static const char *const valid[] = {"x\tb\nz\ta\n", "b\tx\na\tz\n\n"};
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < 2; i++) {
            const char *const option[] = {"task",  task[t], "decoder",       "none",    "train", "train",
                                          "valid", "valid", "unseen_labels", unseen[i], SMALL,   NULL};
            qp_train_run run;
            put("train", train[t]);
            put("valid", valid[t]);
            cr_assert_eq(small_run_try(&run, option), i ? QP_OK : QP_EDATA, "%s", qp_error_message());
            if (i) {
                const qp_corpus *corpus = &run.data.corpus[QP_VALIDATION];
                cr_expect_eq(run.settings->model.labels, 2);
                cr_expect_eq(corpus->statistics.unseen, 1);
                cr_expect(corpus->target.id[0] == 0 && corpus->target.id[1] == -1);
            } else {
                cr_expect(strstr(qp_error_message(), "'z'"), "%s", qp_error_message());
            }
            qp_train_run_free(&run);
        }
    char text[4000] = "", line[20];
    for (int i = 0; i < 200; i++) { /* of 200 lines some are held back, and each label is in ten */
        snprintf(line, sizeof line, "%c\tw%d\n", 'a' + i % 20, i);
        strcat(text, line);
    }
    const char *const held[] = {"task", "classify",  "train", "train", "decoder",
                                "none", "tokenizer", "word",  SMALL,   NULL};
    qp_train_run run;
    put("train", text);
    small_run_prepare(&run, held);
    cr_expect(run.data.has_valid && run.data.corpus[QP_VALIDATION].sequences > 0);
    cr_expect_eq(run.data.corpus[QP_TRAINING].sequences + run.data.corpus[QP_VALIDATION].sequences, 200);
    cr_expect_eq(run.data.corpus[QP_VALIDATION].statistics.unseen, 0);
    qp_train_run_free(&run);
}

static char *printed(const qp_train_data *data)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    cr_assert(stream != NULL);
    qp_labelled_print(data, stream);
    fclose(stream);
    return text;
}

/* Labels with the number of their examples; those of lists count in each. */
Test(train_labelled, labels_are_counted)
{
    static const struct {
        const char *multi, *text, *line;
    } row[] = {{"false", "x\ta\ny\tb\nx\tb\n", "labels     2: x 2, y 1\n"},
               {"true", "x,y\ta\ny\tb\n\tb\nx,y\ta\n", "labels     2: x 2, y 3\n"}};
    for (int i = 0; i < 2; i++) {
        const char *const option[] = {"task",  "classify", "decoder",     "none",       "train", "train",
                                      "valid", "none",     "multi_label", row[i].multi, SMALL,   NULL};
        qp_train_run run;
        put("train", row[i].text);
        small_run_prepare(&run, option);
        char *text = printed(&run.data);
        cr_expect(strstr(text, row[i].line), "%s", text);
        cr_expect_eq(strncmp(text, "tokenizer  ", 11), 0);
        cr_expect(strstr(text, "\ntraining   "), "%s", text);
        free(text);
        qp_train_run_free(&run);
    }
}

/* Of a tagger's validation all words have an answer, and what is measured is the share of right ones. */
Test(train_labelled, what_is_measured)
{
    static const char *const tag[] = {"task", "tag", "decoder", "none", "train", "t", "valid", "t", SMALL, NULL};
    static const char *const mlm[] = {"task", "mlm", "decoder", "none", "train", "t", "valid", "t", SMALL, NULL};
    put("t", "a\tX\nb\tX\nc\tX\nd\tX\ne\tX\nf\tX\ng\tY\nh\tX\n\n");
    for (int i = 0; i < 2; i++) {
        qp_train_run run;
        qp_metrics metrics = {0};
        small_run_prepare(&run, i ? mlm : tag);
        cr_assert_eq(run.task->measure(&run.data, 1, &metrics), QP_OK, "%s", qp_error_message());
        cr_assert_eq(metrics.count, i ? 1 : 2);
        cr_expect_str_eq(metrics.entry[0].name, "accuracy");
        cr_expect(metrics.entry[0].value >= 0 && metrics.entry[0].value <= 100);
        if (i == 0) cr_expect_str_eq(metrics.entry[1].name, "f1");
        qp_train_run_free(&run);
    }
}

/* Masks of a training differ from pass to pass, those of its validation do not: their losses can be compared. */
Test(train_labelled, masks_of_passes)
{
    static const char *const option[] = {"task", "mlm",       "decoder", "none",       "train",    "t",   "valid",
                                         "t",    "tokenizer", "word",    "batch_type", "sentence", SMALL, NULL};
    put("t",
        "a b c d e f g h i j k l m n o p q r s t u v w x y z\nz y x w v u t s r q p o n m l k j i h g f e d c b\n");
    qp_train_run run;
    small_run_prepare(&run, option);
    for (int part = 0; part < QP_PARTS; part++) {
        const qp_batch_source *batches = &run.data.batches[part];
        int32_t first[20], count = 0;
        for (int64_t pass = 0; pass < 2; pass++) {
            int64_t number;
            qp_batch batch;
            cr_assert_eq(batches->begin(batches->self, pass, &number), QP_OK);
            cr_assert_eq(batches->get(batches->self, 0, 0, &batch), QP_OK, "%s", qp_error_message());
            int masks = qp_sequence_rows(batch.target.sequences);
            cr_assert(masks > 0 && masks <= 20, "%d", masks);
            if (pass == 0)
                memcpy(first, batch.source_row, (size_t)(count = masks) * sizeof *first);
            else
                cr_expect_eq(masks == count && !memcmp(first, batch.source_row, (size_t)count * sizeof *first),
                             part == QP_VALIDATION, "part %d", part);
        }
    }
    qp_train_run_free(&run);
}
