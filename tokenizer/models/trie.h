#ifndef QP_TRIE_H
#define QP_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* trie — finds all keys that begin at a position of a text, with one array access per byte.
 *
 * A double array: the child of node n by byte c is unit base[n] ^ c, and it is a child of n if its parent is n.
 * Source: Aoe 1989; the placement by XOR after Yata's darts-clone. */
typedef struct {
    struct qp_trie_unit {
        int32_t base, parent, value; /* value -1: no key ends here */
    } * unit;                        /* unit 0 is the root */
    size_t count, capacity;
    int32_t *next_free, *previous_free; /* a ring of the free units; only while building */
    uint8_t *taken;                     /* bases in use; only while building: no two nodes share a base */
    size_t next_capacity, previous_capacity, taken_capacity;
} qp_trie;

typedef struct {
    const char *text;
    size_t bytes;
    int32_t value;
} qp_trie_key;

/* qp_trie_build — from keys, which are sorted in place. Of equal keys the one with the smallest value counts; empty
 * keys are ignored. Errors: QP_EMEMORY, QP_EDATA (2^30 units). */
qp_status qp_trie_build(qp_trie *trie, qp_trie_key *key, size_t count);
void qp_trie_free(qp_trie *trie);

/* qp_trie_step — go from *node (0 at the start) to its child by one byte; false: there is none. */
static inline bool qp_trie_step(const qp_trie *trie, int32_t *node, unsigned char byte)
{
    int32_t child = trie->unit[*node].base ^ byte;
    if (trie->unit[child].parent != *node) return false;
    *node = child;
    return true;
}

/* qp_trie_longest — the value of the longest key at the start of text[0..bytes), its length in *length; -1: none. */
static inline int32_t qp_trie_longest(const qp_trie *trie, const char *text, size_t bytes, size_t *length)
{
    int32_t node = 0, value = -1;
    for (size_t i = 0; i < bytes && qp_trie_step(trie, &node, (unsigned char)text[i]); i++) {
        if (trie->unit[node].value < 0) continue;
        value = trie->unit[node].value;
        *length = i + 1;
    }
    return value;
}

#endif
