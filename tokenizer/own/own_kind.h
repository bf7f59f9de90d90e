#ifndef QP_OWN_KIND_H
#define QP_OWN_KIND_H

#include "tokenizer/models/kind.h"

/* own_kind — quipu's own tokenizers as a kind; `self` is a qp_own. Special ids are those of lib/base/batch.h. */
extern const qp_tokenizer_kind qp_own_kind;

qp_status qp_own_encode(const void *self, qp_text text, qp_encoding *encoding);
qp_status qp_own_encode_pair(const void *self, qp_text first, const qp_text *second, qp_encoding *encoding);
qp_status qp_own_normalize(const void *self, qp_text text, char **normal, size_t *bytes);
qp_status qp_own_sample(const void *self, qp_text text, const qp_tokenizer_random *how, uint64_t key, uint64_t counter,
                        qp_encoding *encoding);
qp_status qp_own_nbest(const void *self, qp_text text, size_t wanted, qp_encoding *encoding, double *score,
                       size_t *found);
qp_status qp_own_save(const void *self, qp_text_buffer *out);
qp_status qp_own_load(const char *place, qp_text file, size_t checked, void **self);
qp_tokenizer_facts qp_own_info(const void *self);

#endif
