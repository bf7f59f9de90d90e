#ifndef QP_SEARCH_FIXTURE_H
#define QP_SEARCH_FIXTURE_H

#include <criterion/criterion.h>

#include "tests/decode/decode_support.h"

/* search_fixture — a small translator and some sources, for the tests of searches. */
enum { V = 11, SOURCES = 64 };

static qp_model *model;
static qp_tape *tape;
static qp_ids sources;

static void set_up(void)
{
    model = support_model(V, 1, -0.5);
    tape = qp_tape_new();
    sources = support_sources(SOURCES, V, 3);
}

static void tear_down(void)
{
    support_sources_free(&sources);
    qp_tape_free(tape);
    qp_model_free(model);
}

/* The hypotheses of source i. */
static void search_one(int i, const qp_search_config *config, qp_search_result *result)
{
    int32_t start[2];
    cr_assert_eq(qp_search(model, tape, support_source_of(&sources, i, start), config, false, result), QP_OK, "%s",
                 qp_error_message());
}

#endif
