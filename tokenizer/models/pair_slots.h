#ifndef QP_PAIR_SLOTS_H
#define QP_PAIR_SLOTS_H

#include "lib/base/hash.h"

/* pair_slots — a number for each pair of numbers; trainers find their pairs with it. A table as in hash.h; `number`
 * must not be 0, so store a count or an index plus 1. */
typedef struct {
    uint64_t pair;
    uint32_t number; /* 0: free */
} qp_pair_slot;

/* qp_pair — the key of (left, right). */
static inline uint64_t qp_pair(int32_t left, int32_t right)
{
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

static inline bool qp_pair_slot_is_free(const qp_pair_slot *slot) { return slot->number == 0; }
static inline uint64_t qp_pair_slot_key(const void *self, const qp_pair_slot *slot) { return (void)self, slot->pair; }

static inline uint64_t qp_pair_slot_hash(const void *self, uint64_t pair)
{
    return (void)self, (pair * 0x9E3779B97F4A7C15u) >> 32;
}

static inline bool qp_pair_slot_has(const void *self, const qp_pair_slot *slot, uint64_t pair)
{
    return (void)self, slot->pair == pair;
}

QP_HASH(qp_pair_slots, qp_pair_slot, uint64_t, const void *, qp_pair_slot_is_free, qp_pair_slot_key, qp_pair_slot_hash,
        qp_pair_slot_has)

#endif
