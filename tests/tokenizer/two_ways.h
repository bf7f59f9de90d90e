#ifndef QP_TWO_WAYS_H
#define QP_TWO_WAYS_H

#include <criterion/criterion.h>
#include <string.h>

#include "tokenizer/foreign.h"

/* two_ways — where spans are not asked for, encoding takes a faster way: the ids have to be the same. */
typedef struct {
    qp_foreign foreign;
    qp_encoding with, without;
    qp_foreign_scratch scratch;
} two_ways;

static inline void two_ways_compare(two_ways *w, const char *text, size_t bytes)
{
    w->with.spans = true;
    cr_assert_eq(qp_foreign_encode(&w->foreign, text, bytes, &w->with, &w->scratch), QP_OK);
    cr_assert_eq(qp_foreign_encode(&w->foreign, text, bytes, &w->without, &w->scratch), QP_OK);
    int count = w->with.count;
    cr_assert_eq(count, w->without.count, "\"%.*s\": %d ids and %d", (int)bytes, text, count, w->without.count);
    cr_assert(count == 0 || memcmp(w->with.id, w->without.id, (size_t)count * sizeof *w->with.id) == 0, "\"%.*s\"",
              (int)bytes, text);
}

static inline void two_ways_free(two_ways *w)
{
    qp_encoding_free(&w->with);
    qp_encoding_free(&w->without);
    qp_foreign_scratch_free(&w->scratch);
}

#endif
