#include "lib/base/hash_set.h"

#include <xxhash.h>

uint64_t qp_hash_text(const char *text, size_t bytes)
{
    uint64_t hash = XXH3_64bits(text, bytes);
    return hash ? hash : 1; /* 0 marks a free slot */
}

qp_status qp_hash_set_add(qp_hash_set *set, uint64_t hash)
{
    qp_hash_count *entry = qp_hash_set_place(set, NULL, hash);
    if (!entry) return qp_fail(QP_EMEMORY, "hash set: no memory for %zu entries; use a smaller corpus", set->count + 1);
    if (!entry->hash) {
        entry->hash = hash;
        set->count++;
    }
    if (entry->times < INT32_MAX) entry->times++;
    return QP_OK;
}

int32_t qp_hash_set_get(const qp_hash_set *set, uint64_t hash)
{
    const qp_hash_count *entry = qp_hash_set_find(set, NULL, hash);
    return entry ? entry->times : 0;
}
