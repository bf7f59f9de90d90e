#ifndef QP_HASH_SET_H
#define QP_HASH_SET_H

#include <stdint.h>

#include "lib/base/hash.h"
#include "lib/base/status.h"

/* hash_set — how often each text was added, by its 64-bit xxHash. Texts are not kept: two different ones collide with
 * probability n^2 / 2^65, 3e-8 for a million lines. An all-zero qp_hash_set is empty; qp_hash_set_free frees it. */
typedef struct {
    uint64_t hash; /* 0: free */
    int32_t times;
} qp_hash_count;

static inline bool qp_hash_count_is_free(const qp_hash_count *entry) { return entry->hash == 0; }
static inline uint64_t qp_hash_count_key(const void *unused, const qp_hash_count *entry)
{
    (void)unused;
    return entry->hash;
}
static inline uint64_t qp_hash_count_hash(const void *unused, uint64_t hash)
{
    (void)unused;
    return hash;
}
static inline bool qp_hash_count_same(const void *unused, const qp_hash_count *entry, uint64_t hash)
{
    (void)unused;
    return entry->hash == hash;
}
QP_HASH(qp_hash_set, qp_hash_count, uint64_t, const void *, qp_hash_count_is_free, qp_hash_count_key,
        qp_hash_count_hash, qp_hash_count_same)

/* qp_hash_text — the xxHash (XXH3, 64 bits) of a text; never 0. */
uint64_t qp_hash_text(const char *text, size_t bytes);

/* qp_hash_set_add — counts `hash` once more.  Errors: QP_EMEMORY.
 * qp_hash_set_get — how often it was added; 0: never. */
qp_status qp_hash_set_add(qp_hash_set *set, uint64_t hash);
int32_t qp_hash_set_get(const qp_hash_set *set, uint64_t hash);

#endif
