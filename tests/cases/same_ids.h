#ifndef QP_SAME_IDS_H
#define QP_SAME_IDS_H

#include "tests/cases/run_kinds.h"
#include "tokenizer/models/kind.h"

/* same_ids — ids are made in one way with their spans and in a faster way without: both must agree on the text.
 * False: the context says where they differ. Keep the memory from call to call; zero it before the first, free it. */
typedef struct {
    qp_encoding with, without;
} same_ids;

bool run_same_ids(run_context *c, const qp_tokenizer_kind *kind, const void *self, qp_text text, size_t record,
                  same_ids *s);
void free_same_ids(same_ids *s);

#endif
