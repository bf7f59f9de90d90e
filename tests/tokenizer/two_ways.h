#ifndef QP_TWO_WAYS_H
#define QP_TWO_WAYS_H

#include <criterion/criterion.h>
#include <string.h>

#include "tokenizer/models/kind.h"

/* two_ways — where spans are not asked for, encoding takes a faster way: the ids have to be the same. */
typedef struct {
    const qp_tokenizer_kind *kind;
    const void *self;
    qp_encoding with, without;
} two_ways;

static inline void two_ways_compare(two_ways *w, const char *text, size_t bytes)
{
    w->with.spans = true;
    cr_assert_eq(w->kind->encode(w->self, (qp_text){text, bytes}, &w->with), QP_OK);
    cr_assert_eq(w->kind->encode(w->self, (qp_text){text, bytes}, &w->without), QP_OK);
    int count = w->with.count;
    cr_assert_eq(count, w->without.count, "\"%.*s\": %d ids and %d", (int)bytes, text, count, w->without.count);
    cr_assert(count == 0 || memcmp(w->with.id, w->without.id, (size_t)count * sizeof *w->with.id) == 0, "\"%.*s\"",
              (int)bytes, text);
}

static inline void two_ways_free(two_ways *w)
{
    qp_encoding_free(&w->with);
    qp_encoding_free(&w->without);
}

#endif
