#include "lib/run/train_data.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/package/run/small_run.h"

TestSuite(train_data, .init = small_run_folder, .fini = small_run_clean);

/* Where shares of files mean nothing. */
Test(train_data, where_shares_are_refused)
{
    static const struct {
        const char *option[9], *what, *said; /* NULL: fine */
    } row[] = {
        {{"train", "a:0.5,b:1", NULL}, NULL, NULL},
        {{"train", "a:0.5,b:1", NULL}, "rows are read in order", "and rows are read in order; leave the shares out"},
        {{"train", "a,b", NULL}, "rows are read in order", NULL},
        {{"train_src", "a:1,b:2", "train_tgt", "c,d", NULL}, NULL, NULL},
        {{"train_src", "a:1,b:2", "train_tgt", "c,d", NULL}, "why", "and why; leave the shares out"},
        {{"train_src", "a,b", "train_tgt", "c:1,d:2", NULL},
         NULL,
         "c:1,d:2: shares belong to the files of --train-src"},
        {{"train_src", "a:1,b:2", "train_tgt", "c:1,d:2", NULL}, NULL, NULL},
        {{"train", "a", "valid", "v:2", NULL}, NULL, "v:2: validation reads each line once"},
        {{"train", "a", "valid_src", "v:2", NULL}, NULL, "v:2: validation reads each line once"},
        {{"train", "a", "valid_tgt", "v:2", NULL}, NULL, "v:2: validation reads each line once"},
        {{"train", "a", "valid", "v", NULL}, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_status status = qp_train_shares_check(&small_settings(row[i].option)->job, row[i].what);
        cr_expect_eq(status, row[i].said ? QP_EUSAGE : QP_OK, "row %zu: %s", i, status ? qp_error_message() : "");
        if (row[i].said) cr_expect(strstr(qp_error_message(), row[i].said), "row %zu: %s", i, qp_error_message());
    }
    static const char *const name[] = {"a", "a:0.5", "a,b", "a:1,b:3"};
    for (int i = 0; i < 4; i++) {
        qp_train_data data = {.files[QP_TRAINING] = {.source = name[i]}};
        cr_expect_eq(qp_train_shares(&data), i % 2 == 1, "%s", name[i]);
        data = (qp_train_data){.files[QP_TRAINING] = {.target = name[i]}};
        cr_expect_eq(qp_train_shares(&data), i % 2 == 1, "%s", name[i]);
    }
    cr_expect_not(qp_train_shares(&(qp_train_data){0}));
}

/* Labels that are drawn alike have equal shares; files have their own, a pattern's files one together. */
Test(train_data, groups_that_are_drawn)
{
    put("a-1", "x\tq\nx\tr\n");
    put("a-2", "y\tq\n");
    put("b", "y\tr\nx\ts\nx\tt\n");
    static const char *const labels[] = {"task",  "classify", "decoder",           "none", "train", "a-1,a-2,b",
                                         "valid", "none",     "balanced_sampling", "true", SMALL,   NULL};
    static const char *const files[] = {"task",      "classify", "decoder", "none", "train",
                                        "a-*:3,b:1", "valid",    "none",    SMALL,  NULL};
    static const char *const plain[] = {"task",  "classify", "decoder",    "none", "train", "a-1,a-2,b",
                                        "valid", "none",     "curriculum", "2",    SMALL,   NULL};
    static const char *const both[] = {"task",  "classify", "decoder",           "none", "train", "a-*:3,b:1",
                                       "valid", "none",     "balanced_sampling", "true", SMALL,   NULL};
    qp_train_run run;
    small_run_prepare(&run, labels);
    cr_assert_not_null(run.data.share);
    cr_expect(run.data.share[0] == 1 && run.data.share[1] == 1);
    qp_train_run_free(&run);
    small_run_prepare(&run, files);
    cr_assert_not_null(run.data.share);
    cr_expect_float_eq(run.data.share[0] / run.data.share[1], 3, 1e-12);
    static const int32_t group[] = {0, 0, 0, 1, 1, 1};
    cr_expect_arr_eq(run.data.corpus[QP_TRAINING].file, group, sizeof group);
    qp_train_run_free(&run);
    small_run_prepare(&run, plain);
    cr_expect_null(run.data.share);
    qp_batcher_options options = {0};
    cr_assert_eq(qp_train_sampling(run.settings, &run.data, &options), QP_OK);
    cr_expect(options.curriculum == 2 && !options.share && !options.group && options.groups == 0);
    qp_train_run_free(&run);
    cr_expect_eq(small_run_try(&run, both), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "--balanced-sampling draws by labels"), "%s", qp_error_message());
    qp_train_run_free(&run);
}

/* Which losses read weights of lines, and which labels can be balanced. */
Test(train_data, weights_and_balance_that_do_not_combine)
{
    static const struct {
        const char *option[7];
        bool fine;
    } row[] = {{{"train_weights", "w", NULL}, true},
               {{"train_weights", "w", "loss", "cross-entropy", NULL}, true},
               {{"train_weights", "w", "loss", "focal", NULL}, false},
               {{"train_weights", "w", "mixup", "0.1", NULL}, false},
               {{"train_weights", "w", "multi_label", "true", NULL}, false},
               {{"train_weights", "w", "teacher", "t", NULL}, false},
               {{"loss", "focal", "mixup", "0.1", NULL}, true},
               {{"multi_label", "true", NULL}, true},
               {{"balanced_sampling", "true", "multi_label", "true", NULL}, false}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_data data = {0};
        qp_batcher_options options = {0};
        const char *option[10] = {"task", "classify"};
        for (int k = 0; row[i].option[k]; k++) option[2 + k] = row[i].option[k];
        qp_status status = qp_train_sampling(small_settings(option), &data, &options);
        cr_expect_eq(status, row[i].fine ? QP_OK : QP_EUSAGE, "row %zu: %s", i, status ? qp_error_message() : "");
    }
}
