#include "lib/decode/alignment.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/search.h"
#include "tests/decode/decode_support.h"

enum { V = 11, SOURCES = 6 };

static const char *const settings[][5] = {
    {"dec_layers=1"},
    {"dec_layers=2", "heads=4"},
    {"dec_layers=3", "heads=4", "kv_heads=2", "pos=rope"},
    {"dec_layers=4", "pos=alibi", "norm=post"},
    {"encoder=gru", "decoder=gru", "attention=bahdanau"},
    {"encoder=lstm", "decoder=gru", "attention=luong-general", "input_feeding=true"},
    {"encoder=gru", "decoder=lstm", "attention=luong-dot"},
    {"encoder=transformer", "decoder=gru", "attention=luong-concat", "attention_size=12"},
};
enum { MODELS = sizeof settings / sizeof *settings };

static qp_model *model_number(int n)
{
    int count = 0;
    while (count < 5 && settings[n][count]) count++;
    return support_model_with(settings[n], count, V, 7 + (uint64_t)n, 1);
}

/* The attention that a search reports is that of a full pass over its hypotheses. */
Test(alignment, attention_of_the_steps_equals_the_full_pass)
{
    for (int n = 0; n < MODELS; n++) {
        qp_model *model = model_number(n);
        qp_tape *tape = qp_tape_new();
        qp_ids sources = support_sources(SOURCES, V, 5 + (uint64_t)n);
        qp_search_config config = support_search(3, 12);
        config.n_best = 3;
        qp_search_result result[SOURCES];
        cr_assert_eq(qp_search(model, tape, sources, &config, true, result), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < SOURCES; i++) {
            int32_t start[2];
            qp_ids source = support_source_of(&sources, i, start);
            for (int h = 0; h < result[i].count; h++) {
                const qp_hypothesis *found = &result[i].best[h];
                qp_real *expected = support_attention(model, &source, found);
                for (int k = 0; k < found->count * start[1]; k++)
                    cr_assert_float_eq(found->attention[k], expected[k], 1e-5, "model %d, source %d, hypothesis %d", n,
                                       i, h);
                free(expected);
            }
            qp_search_result_free(&result[i]);
        }
        support_sources_free(&sources);
        qp_tape_free(tape);
        qp_model_free(model);
    }
}

/* Neither the other sources of a batch nor asking for the attention changes a bit. */
Test(alignment, attention_depends_on_its_source_alone)
{
    for (int n = 0; n < MODELS; n++) {
        qp_model *model = model_number(n);
        qp_tape *tape = qp_tape_new();
        qp_ids sources = support_sources(SOURCES, V, 5 + (uint64_t)n);
        qp_search_config config = support_search(3, 12);
        qp_search_result together[SOURCES], alone, plain;
        cr_assert_eq(qp_search(model, tape, sources, &config, true, together), QP_OK);
        for (int i = 0; i < SOURCES; i++) {
            int32_t start[2];
            qp_ids source = support_source_of(&sources, i, start);
            cr_assert_eq(qp_search(model, tape, source, &config, true, &alone), QP_OK);
            cr_assert_eq(qp_search(model, tape, source, &config, false, &plain), QP_OK);
            const qp_hypothesis *a = &together[i].best[0], *b = &alone.best[0], *c = &plain.best[0];
            size_t tokens = (size_t)a->count;
            cr_assert_eq(a->count, b->count);
            cr_assert_eq(a->count, c->count);
            cr_expect_arr_eq(a->attention, b->attention, tokens * (size_t)start[1] * sizeof(qp_real));
            cr_expect_null(c->attention);
            cr_expect_arr_eq(a->log_probability, c->log_probability, tokens * sizeof(qp_real));
            qp_search_result_free(&together[i]);
            qp_search_result_free(&alone);
            qp_search_result_free(&plain);
        }
        support_sources_free(&sources);
        qp_tape_free(tape);
        qp_model_free(model);
    }
}

Test(alignment, models_without_attention_are_refused)
{
    static const char *const none[] = {"encoder=gru", "decoder=gru", "attention=none"};
    qp_model *model = support_model_with(none, 3, V, 1, 1);
    qp_tape *tape = qp_tape_new();
    qp_ids sources = support_sources(1, V, 5);
    qp_search_config config = support_search(2, 8);
    qp_search_result result;
    cr_expect_not(qp_model_has_attention(model));
    cr_assert_eq(qp_search(model, tape, sources, &config, true, &result), QP_EUSAGE);
    cr_expect_not_null(strstr(qp_error_message(), "--alignment"));
    config.coverage_penalty = 1;
    cr_assert_eq(qp_search(model, tape, sources, &config, false, &result), QP_EUSAGE);
    cr_expect_not_null(strstr(qp_error_message(), "--coverage-penalty"));
    support_sources_free(&sources);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(alignment, the_end_of_the_source_is_chosen_last)
{
    const qp_real weight[] = {0.125, 0.25, 0.625, 0.375, 0.375, 0.25};
    cr_expect_eq(qp_alignment_hard(weight, 3, 0), 1);
    cr_expect_eq(qp_alignment_hard(weight, 3, 1), 0, "ties go to the first");
    cr_expect_eq(qp_alignment_hard(weight, 1, 0), 0);
    qp_real mean[2];
    qp_alignment_mean(3, 2, (const qp_real[]){0.25, 0.75, 0.5, 0.5, 1, 0}, mean);
    cr_expect_float_eq(mean[0], 1.75 / 3, 1e-6);
    cr_expect_float_eq(mean[1], 1.25 / 3, 1e-6);
}
