#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/train/metrics_log.h"

static char folder[64];

static qp_metrics_log *open_log(qp_metrics_log_options options)
{
    qp_metrics_log *log;
    snprintf(folder, sizeof folder, "/tmp/quipu-metrics-%d", (int)getpid());
    cr_assert_eq(qp_folder_make(folder), QP_OK);
    cr_assert_eq(qp_metrics_log_open(folder, &options, &log), QP_OK, "%s", qp_error_message());
    return log;
}

static void train(qp_metrics_log *log, qp_progress progress)
{
    cr_assert_eq(qp_metrics_log_training(log, &progress), QP_OK, "%s", qp_error_message());
}

static void validate(qp_metrics_log *log, int64_t update, const char *name, double value)
{
    qp_metrics metrics = {0};
    qp_metrics_add(&metrics, "loss", 2.5);
    qp_metrics_add(&metrics, name, value);
    cr_assert_eq(qp_metrics_log_validation(log, update, 1, &metrics), QP_OK, "%s", qp_error_message());
}

static char *content(const char *name)
{
    char path[128], *text;
    size_t bytes;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(qp_file_read(path, 1 << 20, &text, &bytes), QP_OK, "%s", qp_error_message());
    return text;
}

Test(metrics_log, every_metric_has_a_column)
{
    qp_metrics_log *log = open_log((qp_metrics_log_options){.validated = true});
    train(log, (qp_progress){.update = 1, .epoch = 1, .loss = 3});
    validate(log, 1, "divergence", 0.5);
    train(log, (qp_progress){.update = 2, .epoch = 1, .loss = 2});
    cr_assert_eq(qp_metrics_log_close(log), QP_OK);
    log = open_log((qp_metrics_log_options){.update = 2, .validated = true}); /* as a resumed run */
    validate(log, 2, "ter", 0.25);
    validate(log, 3, "divergence", 0.75);
    cr_assert_eq(qp_metrics_log_close(log), QP_OK);
    char *csv = content("metrics.csv");
    cr_assert_str_eq(csv, "update,epoch,target_tokens,loss,gradient_norm,rate,tokens_per_second,seconds,valid_loss,"
                          "valid_divergence,valid_ter\n"
                          "1,1,0,3,0,0,0,0,,,\n"
                          "1,1,,,,,,,2.5,0.5,\n"
                          "2,1,0,2,0,0,0,0,,,\n"
                          "2,1,,,,,,,2.5,,0.25\n"
                          "3,1,,,,,,,2.5,0.75,\n");
    free(csv);
    qp_file_remove_tree(folder);
}

Test(metrics_log, resuming_removes_what_came_later)
{
    qp_metrics_log *log = open_log((qp_metrics_log_options){.validated = true});
    for (int64_t u = 1; u <= 3; u++) {
        train(log, (qp_progress){.update = u, .epoch = 1});
        validate(log, u, "bleu", (double)u);
    }
    cr_assert_eq(qp_metrics_log_close(log), QP_OK);
    log = open_log((qp_metrics_log_options){.update = 2, .validated = false});
    cr_assert_eq(qp_metrics_log_close(log), QP_OK);
    char *csv = content("metrics.csv"), *json = content("metrics.jsonl");
    cr_assert_not_null(strstr(csv, "\n1,1,,,,,,,2.5,1\n2,1,0,"));
    cr_assert_null(strstr(csv, "\n2,1,,"));
    cr_assert_null(strstr(csv, "\n3,"));
    cr_assert_not_null(
        strstr(json, "{\"update\":1,\"epoch\":1,\"valid\":{\"loss\":2.5,\"bleu\":1.0}}\n{\"update\":2,"));
    cr_assert_null(strstr(json, "\"bleu\":2"));
    cr_assert_null(strstr(json, "\"update\":3"));
    free(csv);
    free(json);
    qp_file_remove_tree(folder);
}

/* Version 0.1 wrote a space after each colon and comma. */
Test(metrics_log, lines_of_an_earlier_version_are_kept_or_removed_too)
{
    qp_metrics_log *log = open_log((qp_metrics_log_options){.validated = true});
    cr_assert_eq(qp_metrics_log_close(log), QP_OK);
    char path[128];
    snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs("{\"update\": 2, \"epoch\": 1}\n{\"update\": 3, \"epoch\": 1}\n", file);
    fclose(file);
    log = open_log((qp_metrics_log_options){.update = 2, .validated = true});
    cr_assert_eq(qp_metrics_log_close(log), QP_OK);
    char *json = content("metrics.jsonl");
    cr_assert_str_eq(json, "{\"update\": 2, \"epoch\": 1}\n");
    free(json);
    qp_file_remove_tree(folder);
}

Test(metrics_log, a_loss_with_label_smoothing_has_its_own_name)
{
    qp_metrics_log *log = open_log((qp_metrics_log_options){.validated = true, .smoothed = true});
    train(log, (qp_progress){.update = 1, .epoch = 1, .loss = 3});
    cr_assert_eq(qp_metrics_log_close(log), QP_OK);
    char *csv = content("metrics.csv"), *json = content("metrics.jsonl");
    cr_assert_eq(strncmp(csv, "update,epoch,target_tokens,smoothed_loss,", 41), 0);
    cr_assert_not_null(strstr(json, "\"smoothed_loss\":3.0,"));
    free(csv);
    free(json);
    qp_file_remove_tree(folder);
}
