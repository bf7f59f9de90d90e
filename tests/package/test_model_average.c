#include "lib/package/model_average.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/model/model_file.h"
#include "tests/empty_folder.h"

enum { MODELS = 3 };
static const char *const name[] = {"0", "1", "2"};

/* Saves a model of this seed, width, dropout and texts. */
static void put(const char *path, int seed, int width, double dropout, qp_model_texts texts)
{
    qp_model_config config;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_CLASSIFY;
    config.decoder = QP_KIND_NONE;
    config.encoder = QP_KIND_GRU;
    config.enc_layers = 1;
    config.emb_size = width;
    config.hidden_size = 4;
    config.src_vocab_size = 7;
    config.labels = 2;
    config.dropout = dropout;
    cr_assert_eq(qp_model_new(&config, (uint64_t)seed, &model), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_model_file_save(path, model, &texts), QP_OK, "%s", qp_error_message());
    qp_model_free(model);
}

static qp_model_texts texts_of(const char *source, const char *target, const char *labels, const char *scaling)
{
    return (qp_model_texts){.source_tokenizer = (char *)(uintptr_t)source,
                            .target_tokenizer = (char *)(uintptr_t)target,
                            .labels = (char *)(uintptr_t)labels,
                            .scaling = (char *)(uintptr_t)scaling};
}

static void set_up(void)
{
    folder_begin();
    for (int i = 0; i < MODELS; i++) put(name[i], i + 1, 6, 0.1 * i, texts_of("s", "t", "[\"a\",\"b\"]", "{}"));
}

TestSuite(model_average, .init = set_up, .fini = folder_end);

/* The mean of each weight, in double; configuration and texts are those of the first. */
Test(model_average, the_mean_of_every_weight)
{
    qp_model *model[MODELS], *mean;
    qp_model_texts texts[MODELS], kept;
    for (int count = 1; count <= MODELS; count++) {
        cr_assert_eq(qp_model_average("mean", name, count), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_model_file_load("mean", &mean, &kept), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < count; i++) cr_assert_eq(qp_model_file_load(name[i], &model[i], &texts[i]), QP_OK);
        const qp_params *params = qp_model_params(mean);
        cr_assert_gt(qp_params_size(params), 100);
        for (size_t w = 0; w < qp_params_size(params); w++) {
            double sum = 0;
            for (int i = 0; i < count; i++) sum += (double)qp_params_block(qp_model_params(model[i]))[w];
            cr_assert_eq(qp_params_block(qp_model_params(mean))[w], (qp_real)(sum / count), "%zu of %d", w, count);
        }
        cr_expect_eq(qp_model_config_of(mean)->dropout, 0);
        cr_expect_str_eq(kept.source_tokenizer, "s");
        cr_expect_str_eq(kept.target_tokenizer, "t");
        cr_expect_str_eq(kept.labels, "[\"a\",\"b\"]");
        for (int i = 0; i < count; i++) {
            qp_model_free(model[i]);
            qp_model_texts_free(&texts[i]);
        }
        qp_model_free(mean);
        qp_model_texts_free(&kept);
    }
}

static void refused(const char *why)
{
    const char *const from[] = {"0", "1", "x"};
    cr_expect_eq(qp_model_average("mean", from, 3), QP_EDATA);
    cr_expect_str_eq(qp_error_message(), why);
    cr_expect_not(qp_file_exists("mean"));
}

Test(model_average, other_models_are_refused)
{
    put("x", 1, 5, 0, texts_of("s", "t", "[\"a\",\"b\"]", "{}"));
    refused("x: its emb_size is 5, that of 0 is 6; average models of one run");
    put("x", 1, 6, 0, texts_of("S", "t", "[\"a\",\"b\"]", "{}"));
    refused("x: its source tokenizer is not that of 0; average models of one run");
    put("x", 1, 6, 0, texts_of("s", NULL, "[\"a\",\"b\"]", "{}"));
    refused("x: its target tokenizer is not that of 0; average models of one run");
    put("x", 1, 6, 0, texts_of("s", "t", "[\"b\",\"a\"]", "{}"));
    refused("x: its list of labels, or its order, is not that of 0; average models of one run");
    put("x", 1, 6, 0, texts_of("s", "t", "[\"a\",\"b\"]", "[]"));
    refused("x: its scaling or list of columns is not that of 0; average models of one run");
}
