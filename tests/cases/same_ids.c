#include "tests/cases/same_ids.h"

#include <string.h>

void free_same_ids(same_ids *s)
{
    qp_encoding_free(&s->with);
    qp_encoding_free(&s->without);
}

bool run_same_ids(run_context *c, const qp_tokenizer_kind *kind, const void *self, qp_text text, size_t record,
                  same_ids *s)
{
    s->with.spans = true;
    qp_status with = kind->encode(self, text, &s->with);
    qp_status without = kind->encode(self, text, &s->without);
    if (with != without) {
        run_fail(c, "record %zu: status %d with spans, %d without", record, (int)with, (int)without);
        return false;
    }
    if (with != QP_OK) return true;
    size_t count = (size_t)s->with.count;
    if (s->without.count == s->with.count && (count == 0 || memcmp(s->with.id, s->without.id, count * 4) == 0))
        return true;
    run_fail(c, "record %zu: %d ids with spans, %d others without", record, s->with.count, s->without.count);
    return false;
}
