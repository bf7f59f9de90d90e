#ifndef QP_SAME_IDS_H
#define QP_SAME_IDS_H

#include "tests/cases/run_kinds.h"
#include "tokenizer/models/kind.h"

/* same_ids — encoding with spans and the faster encoding without them must give the same ids for a text. False: the
 * context says where they differ. Zero the context before the first call, reuse it, and free it at the end. */
typedef struct {
    qp_encoding with, without;
} same_ids;

bool run_same_ids(run_context *c, const qp_tokenizer_kind *kind, const void *self, qp_text text, size_t record,
                  same_ids *s);
void free_same_ids(same_ids *s);

#endif
