#include "lib/base/hash_set.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

uint64_t qp_hash_text(const char *text, size_t bytes)
{
    uint64_t hash = XXH3_64bits(text, bytes);
    return hash ? hash : 1; /* 0 marks a free place */
}

static size_t place_of(const qp_hash_set *set, uint64_t hash)
{
    size_t place = (size_t)hash & (set->places - 1);
    while (set->hash[place] && set->hash[place] != hash) place = (place + 1) & (set->places - 1);
    return place;
}

static qp_status grow(qp_hash_set *set)
{
    qp_hash_set larger = {.places = set->places ? set->places * 2 : 1024, .used = set->used};
    larger.hash = calloc(larger.places, sizeof *larger.hash);
    larger.times = calloc(larger.places, sizeof *larger.times);
    if (!larger.hash || !larger.times) {
        qp_hash_set_free(&larger);
        return qp_fail(QP_EMEMORY, "hash set: no memory for %zu entries; use a smaller corpus", set->used);
    }
    for (size_t i = 0; i < set->places; i++) {
        if (!set->hash[i]) continue;
        size_t place = place_of(&larger, set->hash[i]);
        larger.hash[place] = set->hash[i];
        larger.times[place] = set->times[i];
    }
    qp_hash_set_free(set);
    *set = larger;
    return QP_OK;
}

qp_status qp_hash_set_add(qp_hash_set *set, uint64_t hash)
{
    if (set->used * 3 >= set->places * 2) QP_TRY(grow(set));
    size_t place = place_of(set, hash);
    if (!set->hash[place]) {
        set->hash[place] = hash;
        set->used++;
    }
    if (set->times[place] < INT32_MAX) set->times[place]++;
    return QP_OK;
}

int32_t qp_hash_set_get(const qp_hash_set *set, uint64_t hash)
{
    return set->places ? set->times[place_of(set, hash)] : 0;
}

void qp_hash_set_free(qp_hash_set *set)
{
    free(set->hash);
    free(set->times);
    memset(set, 0, sizeof *set);
}
