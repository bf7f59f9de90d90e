#include "lib/run/train_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"

/* What a prepared training has of its settings and data. */

static char folder[] = "/tmp/quipu-train-run-XXXXXX";

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void set_up(void) { cr_assert(mkdtemp(folder) && chdir(folder) == 0); }

static void clean(void)
{
    cr_assert_eq(chdir("/"), 0);
    qp_file_remove_tree(folder);
}

TestSuite(train_run, .init = set_up, .fini = clean);

static qp_train_settings settings;
static const qp_train_hooks hooks;

static bool given(const void *self, const char *name)
{
    for (const char *const *option = self; *option; option += 2)
        if (strcmp(*option, name) == 0) return true;
    return false;
}

/* Prepares a run of these options, NAME and VALUE in turn; nothing is kept. */
static void prepare(qp_train_run *run, const char *const *option)
{
    memset(&settings, 0, sizeof settings);
    qp_train_defaults(&settings);
    for (int i = 0; option[i]; i += 2)
        cr_assert_eq(qp_train_set(&settings, option[i], option[i + 1]), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_train_complete(&settings, given, option), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_train_run_prepare(run, &settings, false, &hooks), QP_OK, "%s", qp_error_message());
}

#define SMALL "encoder", "gru", "layers", "1", "emb_size", "8", "hidden_size", "8", "steps", "2", "quiet", "true"

Test(train_run, how_validations_translate)
{
    static const char *const beam[] = {"1", "3"}, *const lower[] = {"false", "true"};
    put("pairs", "a b c\tc b a\nb c a\ta c b\n");
    for (int i = 0; i < 2; i++) {
        const char *const option[] = {
            "train",      "pairs", "valid",           "pairs", "tokenizer",  "word",   "decoder",       "gru",
                "valid_beam_size", beam[i], "lower_case", lower[i], "valid_metrics", "bleu,loss",
            SMALL,        NULL};
        qp_train_run run;
        prepare(&run, option);
        cr_expect_eq(run.data.translations.beam_size, i ? 3 : 1);
        cr_expect_eq(run.data.translations.lower_case, i == 1);
        cr_expect_eq(run.data.translations.count, 2);
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
        prepare(&run, option);
        if (i == 0) memcpy(first, run.fingerprint, sizeof first);
        cr_expect_eq(strcmp(first, run.fingerprint) == 0, row[i].same, "row %zu: %s, first %s", i, run.fingerprint,
                     first);
        qp_train_run_free(&run);
    }
    qp_train_run run;
    put("train", row[0].train);
    put("valid", row[0].valid);
    prepare(&run, other);
    cr_expect(strcmp(first, run.fingerprint) != 0, "another option");
    qp_train_run_free(&run);
}
