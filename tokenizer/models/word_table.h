#ifndef QP_WORD_TABLE_H
#define QP_WORD_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/status.h"

/* word_table — ids of short words (at most 15 bytes) of a vocabulary. The word itself is the key, so a lookup reads one
 * slot and compares nothing elsewhere; that is why this is not a QP_HASH: it is the hottest lookup of byte-level
 * BPE. */
enum { QP_LONGEST_TABLE_WORD = 15 };

typedef struct {
    struct qp_word_slot {
        uint64_t low, high; /* bytes 0..7, and 8..14 with the length on top */
        int32_t id;         /* -1: empty */
    } * slot;
    uint64_t *filter; /* 8 bits for each slot: a word whose bit is not set is not in the table. It fits into the fastest
                         * cache, where the slots do not, and ends most lookups of unknown words */
    size_t mask, count; /* slots are mask + 1, a power of two, or none */
} qp_word_table;

void qp_word_table_free(qp_word_table *table);

/* qp_word_table_add — a word of 1 .. 15 bytes; a word that was added before keeps its id. Errors: QP_EMEMORY. */
qp_status qp_word_table_add(qp_word_table *table, const char *text, size_t bytes, int32_t id);

static inline uint64_t qp_word_hash(uint64_t low, uint64_t high)
{
    uint64_t mixed = (low ^ (high * 0xC2B2AE3D27D4EB4Fu)) * 0x9E3779B97F4A7C15u;
    return mixed ^ mixed >> 32;
}

static inline size_t qp_word_bit(uint64_t hash, size_t mask) { return (size_t)(hash >> 20) & (8 * mask + 7); }

/* qp_word_table_find — the id of text[0..bytes), or -1. `readable`: how many bytes may be read at `text`. */
static inline int32_t qp_word_table_find(const qp_word_table *table, const char *text, size_t bytes, size_t readable)
{
    uint64_t part[2] = {0, 0};
    if (bytes == 0 || bytes > QP_LONGEST_TABLE_WORD || !table->slot) return -1;
    if (readable >= 16) {
        memcpy(part, text, 16);
        if (bytes < 8) {
            part[0] &= ((uint64_t)1 << 8 * bytes) - 1;
            part[1] = 0;
        } else {
            part[1] &= ((uint64_t)1 << 8 * (bytes - 8)) - 1;
        }
    } else {
        memcpy(part, text, bytes);
    }
    uint64_t high = part[1] | (uint64_t)bytes << 56;
    uint64_t hash = qp_word_hash(part[0], high);
    size_t bit = qp_word_bit(hash, table->mask);
    if (!(table->filter[bit / 64] >> (bit % 64) & 1)) return -1;
    for (size_t i = (size_t)hash & table->mask;; i = (i + 1) & table->mask) {
        const struct qp_word_slot *slot = &table->slot[i];
        if (slot->low == part[0] && slot->high == high) return slot->id;
        if (slot->id < 0) return -1;
    }
}

#endif
