#include "tests/cases/same_ids.h"

#include <string.h>

void free_same_ids(same_ids *s)
{
    qp_encoding_free(&s->with);
    qp_encoding_free(&s->without);
    qp_foreign_scratch_free(&s->scratch);
}

bool run_same_ids(run_context *c, const qp_foreign *foreign, const char *text, size_t bytes, size_t record, same_ids *s)
{
    s->with.spans = true;
    qp_status with = qp_foreign_encode(foreign, text, bytes, &s->with, &s->scratch);
    qp_status without = qp_foreign_encode(foreign, text, bytes, &s->without, &s->scratch);
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
