#include "lib/run/train_run.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/package/run/small_run.h"

/* What a prepared training has of its settings and data. */

TestSuite(train_run, .init = small_run_folder, .fini = small_run_clean);

Test(train_run, how_validations_translate)
{
    static const char *const beam[] = {"1", "3"}, *const lower[] = {"false", "true"};
    put("pairs", "a b c\tc b a\nb c a\ta c b\n");
    for (int i = 0; i < 2; i++) {
        const char *const option[] = {
            "train",           "pairs", "valid",      "pairs",  "tokenizer",     "word",      "decoder", "gru",
            "valid_beam_size", beam[i], "lower_case", lower[i], "valid_metrics", "bleu,loss", SMALL,     NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        cr_expect_eq(run.data.translations.beam_size, i ? 3 : 1);
        cr_expect_eq(run.data.translations.lower_case, i == 1);
        cr_expect_eq(run.data.translations.count, 2);
        qp_train_run_free(&run);
    }
}

static void same_pass(qp_train_run *run, int64_t epoch)
{
    const qp_corpus *corpus = &run->data.corpus[QP_VALIDATION];
    const qp_batch_source *batches = &run->data.batches[QP_VALIDATION];
    int64_t count, at = 0;
    cr_assert_eq(batches->begin(batches->self, epoch, &count), QP_OK, "%s", qp_error_message());
    for (int64_t b = 0; b < count; b++) {
        qp_batch batch;
        cr_assert_eq(batches->get(batches->self, b, 0, &batch), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < batch.source.sequences.count; i++, at++) {
            const int32_t *id = batch.source.id + batch.source.sequences.start[i];
            const int32_t *wanted = corpus->source.id + corpus->source.start[at];
            const int length = qp_sequence_length(batch.source.sequences, i);
            cr_assert_leq(length, corpus->source.start[at + 1] - corpus->source.start[at]);
            cr_expect_arr_eq(id, wanted, (size_t)length * sizeof *id, "text %d of pass %d", (int)at, (int)epoch);
        }
    }
    cr_expect_eq(at, corpus->sequences, "%d of %d texts in pass %d", (int)at, (int)corpus->sequences, (int)epoch);
}

/* Shares, balanced labels and a curriculum are for training: a validation reads each text once, in the file's order. */
Test(train_run, validations_read_every_text)
{
    put("many", "x\ta b\nx\tb a c\nx\tc\n");
    put("few", "y\tb\n");
    put("valid", "y\ta b c\nx\tb\nx\ta c\ny\tc b\nx\ta b\n");
    static const char *const choice[][4] = {{"train", "many:1,few:3", "balanced_sampling", "false"},
                                            {"train", "many,few", "balanced_sampling", "true"},
                                            {"train", "many,few", "curriculum", "4"}};
    for (int k = 0; k < 3; k++) {
        const char *const option[] = {"task",       "classify",   "valid",      "valid", "tokenizer", "word",
                                      "batch_type", "sentence",   "batch_size", "2",     SMALL,       choice[k][0],
                                      choice[k][1], choice[k][2], choice[k][3], NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        for (int64_t epoch = 0; epoch < 2; epoch++) same_pass(&run, epoch);
        qp_train_run_free(&run);
    }
}

/* A run cannot be resumed with other data: each part of them is in its fingerprint, the names of labels too. */
Test(train_run, the_fingerprint_follows_the_data)
{
    static const struct {
        const char *train, *valid;
        bool same; /* as the first */
    } row[] = {
        {"x\ta b\ny\tb a\n", "x\ta\n", true},  {"x\ta b\ny\tb a\n", "x\ta\n", true},
        {"x\ta b\nz\tb a\n", "x\ta\n", false}, {"y\ta b\nx\tb a\n", "x\ta\n", false},
        {"x\ta a\ny\tb b\n", "x\ta\n", false}, {"x\ta b\ny\tb a\n", "y\ta\n", false},
        {"x\ta b\ny\tb a\n", "x\tb\n", false}, {"x\ta b\ny\tb a\nx\ta\n", "x\ta\n", false},
    };
    static const char *const option[] = {"task",      "classify", "train", "train", "valid", "valid",
                                         "tokenizer", "word",     "lr",    "0.1",   SMALL,   NULL};
    static const char *const other[] = {"task",      "classify", "train", "train", "valid", "valid",
                                        "tokenizer", "word",     "lr",    "0.2",   SMALL,   NULL};
    char first[QP_FINGERPRINT_BYTES];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_run run;
        put("train", row[i].train);
        put("valid", row[i].valid);
        small_run_prepare(&run, option);
        if (i == 0) memcpy(first, run.fingerprint, sizeof first);
        cr_expect_eq(strcmp(first, run.fingerprint) == 0, row[i].same, "row %zu: %s, first %s", i, run.fingerprint,
                     first);
        qp_train_run_free(&run);
    }
    qp_train_run run;
    put("train", row[0].train);
    put("valid", row[0].valid);
    small_run_prepare(&run, other);
    cr_expect(strcmp(first, run.fingerprint) != 0, "another option");
    qp_train_run_free(&run);
}
