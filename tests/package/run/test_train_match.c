#include "lib/run/train_match.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/package/run/small_run.h"

TestSuite(train_match, .init = small_run_folder, .fini = small_run_clean);

#define MATCH "task", "match", "decoder", "none", "tokenizer", "word", SMALL, "train", "train"

/* A loss reads pairs with scores from 0 to 1, or pairs without; both parts are alike. */
Test(train_match, scores_that_a_loss_reads)
{
    static const struct {
        const char *train, *valid, *loss, *said; /* NULL: fine */
    } row[] = {
        {"a\tb\nc\td\n", "a\tb\n", "auto", NULL},
        {"a\tb\nc\td\n", "a\tb\n", "info-nce", NULL},
        {"a\tb\nc\td\n", "a\tb\n", "triplet", NULL},
        {"a\tb\nc\td\n", "a\tb\n", "mse", "train: --loss mse compares with scores"},
        {"a\tb\t0\nc\td\t1\n", "a\tb\t1\n", "mse", NULL},
        {"a\tb\t0\nc\td\t1\n", "a\tb\t1\n", "cosine", NULL},
        {"a\tb\t0\nc\td\t1\n", "a\tb\t1\n", "contrastive", NULL},
        {"a\tb\t0\nc\td\t1\n", "a\tb\t1\n", "triplet", "--loss triplet takes all pairs as matching"},
        {"a\tb\t0\nc\td\t1\n", "a\tb\t1\n", "info-nce", "--loss info-nce takes all pairs as matching"},
        {"a\tb\t0\nc\td\t1.5\n", "a\tb\t1\n", "mse", "train:2: a score of 1.5"},
        {"a\tb\t0\nc\td\t-0.5\n", "a\tb\t1\n", "mse", "train:2: a score of -0.5"},
        {"a\tb\t0\nc\td\t1\n", "a\tb\t7\n", "mse", "valid:1: a score of 7"},
        {"a\tb\t0\nc\td\t1\n", "a\tb\n", "cosine", "valid: pairs without scores, unlike those of the training data"},
        {"a\tb\nc\td\n", "a\tb\t1\n", "cosine", "valid: pairs with scores, unlike those of the training data"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {MATCH, "valid", "valid", "loss", row[i].loss, NULL};
        qp_train_run run;
        put("train", row[i].train);
        put("valid", row[i].valid);
        qp_status status = small_run_try(&run, option);
        cr_expect_eq(status == QP_OK, row[i].said == NULL, "row %zu: %s", i, status ? qp_error_message() : "");
        if (status && row[i].said) cr_expect(strstr(qp_error_message(), row[i].said), "%s", qp_error_message());
        qp_train_run_free(&run);
    }
}

/* One tokenizer, learned from both texts, reads both; pairs may be in two files; long texts are cut in both parts. */
Test(train_match, both_texts_are_read_alike)
{
    put("train", "a b\tx\nc\ty y y y y\n");
    put("left", "a b\nc\n");
    put("right", "x\ny y y y y\n");
    static const char *const file[][6] = {{"train", "train", "valid", "train"},
                                          {"train_src", "left", "train_tgt", "right", "valid", "train"}};
    for (int i = 0; i < 2; i++) {
        const char *const option[] = {"task",     "match",      "decoder",  "none",     "tokenizer", "word",
                                      SMALL,      "max_length", "4",        file[i][0], file[i][1],  file[i][2],
                                      file[i][3], file[i][4],   file[i][5], NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_package *p = run.data.package;
        cr_expect_null(p->target);
        cr_expect_eq(qp_tokenizer_size(p->source), 10, "five of every vocabulary, a b c x y");
        cr_expect_eq(p->target_codec.self, p->source_codec.self);
        for (int part = 0; part < QP_PARTS; part++) {
            const qp_corpus *corpus = &run.data.corpus[part];
            cr_assert_eq(corpus->sequences, 2);
            cr_expect_eq(corpus->statistics.cut, 1);
            cr_expect_eq(qp_corpus_length(&corpus->target, 1), 4);
            cr_expect_eq(qp_corpus_length(&corpus->source, 0), 3);
        }
        qp_train_run_free(&run);
    }
}

/* Pairs with scores are ranked; of pairs without, matches are found again. */
Test(train_match, what_is_measured)
{
    static const struct {
        const char *text, *loss, *name[3];
        int count;
    } row[] = {{"a\tb\t0\nc\td\t1\na\ta\t1\n", "cosine", {"spearman", "accuracy"}, 2},
               {"a\tb\t0.5\nc\td\t1\na\ta\t0\n", "cosine", {"spearman"}, 1},
               {"a\tb\nc\td\na\ta\n", "info-nce", {"recall@1", "recall@5", "recall@10"}, 3}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {MATCH, "valid", "train", "loss", row[i].loss, NULL};
        qp_train_run run;
        qp_metrics metrics = {0};
        put("train", row[i].text);
        small_run_prepare(&run, option);
        cr_assert_eq(qp_match_measure(&run.data, 1, &metrics), QP_OK, "%s", qp_error_message());
        cr_assert_eq(metrics.count, row[i].count, "row %zu", i);
        for (int k = 0; k < metrics.count; k++) cr_expect_str_eq(metrics.entry[k].name, row[i].name[k]);
        if (i == 2) cr_expect_eq(metrics.entry[1].value, 100, "of three texts all are among the first five");
        qp_train_run_free(&run);
    }
}
