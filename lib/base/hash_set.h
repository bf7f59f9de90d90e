#ifndef QP_HASH_SET_H
#define QP_HASH_SET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* hash_set — how often each text was seen, by its 64-bit xxHash (open addressing, doubled at 2/3 full).
 * Texts are not kept: two different ones collide with probability n^2 / 2^65, 3e-8 for a million lines. */
typedef struct {
    uint64_t *hash; /* 0 = free place */
    int32_t *times;
    size_t places, used;
} qp_hash_set; /* all zero = empty set */

uint64_t qp_hash_text(const char *text, size_t bytes);

/* qp_hash_set_add — count `hash` once more; QP_EMEMORY.
 * qp_hash_set_get — how often it was added (0: never). */
qp_status qp_hash_set_add(qp_hash_set *set, uint64_t hash);
int32_t qp_hash_set_get(const qp_hash_set *set, uint64_t hash);
void qp_hash_set_free(qp_hash_set *set);

#endif
