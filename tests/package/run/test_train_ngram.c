#include "lib/run/train_ngram.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ngram/ngram.h"
#include "tests/package/run/small_run.h"

TestSuite(train_ngram, .init = small_run_folder, .fini = small_run_clean);

static char notes[2000];

static void note(void *self, const char *line)
{
    (void)self;
    strcat(strcat(notes, line), "\n");
}

static const qp_train_hooks hooks = {.note = note};

#define NGRAM "task", "lm", "encoder", "none", "decoder", "ngram", "tokenizer", "word", "train", "train"

/* The counts of each order, of words and their ends, and of tokens; what occurs once is left out where that is asked
 * for: the numbers of --prune are those of the orders, and the last stays for the orders after it. */
Test(train_ngram, counts_by_order)
{
    static const struct {
        const char *order, *prune;
        int64_t count[4]; /* of 1-, 2-, 3-, 4-grams */
    } row[] = {
        {"1", "", {7, -1, -1, -1}},   {"2", "", {7, 7, -1, -1}},     {"3", "", {7, 7, 6, -1}},
        {"4", "", {7, 7, 6, 4}},      {"3", "0,1", {7, 3, 1, -1}},   {"3", "0,0,1", {7, 7, 1, -1}},
        {"4", "0,0,1", {7, 7, 1, 0}}, {"3", "0 0 1", {7, 7, 1, -1}}, {"3", "0", {7, 7, 6, -1}},
    };
    put("train", "a b c\na b d\nc\n");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {NGRAM, "order", row[i].order, "prune", row[i].prune, NULL};
        qp_package *package;
        notes[0] = '\0';
        cr_assert_eq(qp_train_ngram(small_settings(option), &hooks, &package), QP_OK, "row %zu: %s", i,
                     qp_error_message());
        cr_expect_str_eq(strtok(notes, "\n"), "tokenizer  9 pieces");
        cr_expect_str_eq(strtok(NULL, "\n"), "training   3 lines, 10 tokens, 0 unknown");
        for (int k = 1; k <= 4; k++) {
            char expected[60];
            const char *line = strtok(NULL, "\n");
            snprintf(expected, sizeof expected, "%d-grams    %lld", k, (long long)row[i].count[k - 1]);
            if (row[i].count[k - 1] < 0)
                cr_expect_null(line);
            else
                cr_expect(line && strcmp(line, expected) == 0, "row %zu: %s, not %s", i, line, expected);
        }
        cr_expect_null(package->source);
        cr_expect_eq(qp_model_config_of(package->model)->tgt_vocab_size, 9);
        qp_package_free(package);
    }
}

/* Words beyond the vocabulary are unknown, and long lines are read whole. */
Test(train_ngram, unknown_words_and_long_lines)
{
    const char *const option[] = {NGRAM, "vocab_size", "7", NULL};
    qp_package *package;
    FILE *file = fopen("train", "w");
    for (int i = 0; i < 5000; i++) fprintf(file, "%s ", i % 5 == 4 ? "rare" : "common");
    fputs("other\n", file);
    fclose(file);
    notes[0] = '\0';
    cr_assert_eq(qp_train_ngram(small_settings(option), &hooks, &package), QP_OK, "%s", qp_error_message());
    cr_expect(strstr(notes, "1 lines, 5002 tokens, 1 unknown"), "%s", notes);
    qp_package_free(package);
}

Test(train_ngram, what_is_refused)
{
    static const struct {
        const char *name, *value;
        qp_status status;
    } row[] = {{"prune", "0,1,", QP_OK},
               {"prune", "1,x", QP_EUSAGE},
               {"prune", "-1", QP_EUSAGE},
               {"prune", "0;1", QP_EUSAGE},
               {"prune", "x", QP_EUSAGE},
               {"dry_run", "true", QP_EUSAGE},
               {"model", "there", QP_ECREATE},
               {"model", "not-there", QP_OK},
               {"train", "train:0.5", QP_EUSAGE},
               {"train_src", "train", QP_EUSAGE},
               {"train", "missing", QP_ENOINPUT},
               {"prune", "0,0,0,0,0,0,0,0,0,0,0,0", QP_OK},
               {"prune", "0,0,0,0,0,0,0,0,0,0,0,0,0", QP_EUSAGE}};
    put("train", "a b c\na b d\nc\n");
    put("there", "kept");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {NGRAM, row[i].name, row[i].value, NULL};
        qp_package *package;
        qp_status status = qp_train_ngram(small_settings(option), &hooks, &package);
        cr_expect_eq(status, row[i].status, "row %zu: %d %s", i, status, status ? qp_error_message() : "");
        cr_expect_eq(package == NULL, status != QP_OK);
        qp_package_free(package);
    }
    const char *const option[] = {NGRAM, "model", "there", "overwrite", "true", NULL};
    qp_package *package;
    cr_expect_eq(qp_train_ngram(small_settings(option), &hooks, &package), QP_OK, "%s", qp_error_message());
    qp_package_free(package);
}
