#include "tokenizer/models/trie.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

enum { BLOCK = 256, MOST_TRIALS = 64, MOST_UNITS = 1 << 30, FREE = -2, NO_PARENT = -1 };

/* Keys lo .. hi-1 share the first `depth` bytes, which lead to `node`. */
typedef struct {
    size_t lo, hi, depth;
    int32_t node;
} span;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "vocabulary: out of memory; use a smaller one"); }

void qp_trie_free(qp_trie *trie)
{
    free(trie->unit);
    free(trie->next_free);
    free(trie->previous_free);
    free(trie->taken);
    *trie = (qp_trie){0};
}

static int by_text(const void *left, const void *right)
{
    const qp_trie_key *a = left, *b = right;
    size_t shorter = a->bytes < b->bytes ? a->bytes : b->bytes;
    int order = shorter ? memcmp(a->text, b->text, shorter) : 0;
    if (order != 0) return order;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1;
    return a->value < b->value ? -1 : a->value > b->value;
}

/* Append a block of free units to the ring, whose head is unit 0. */
static qp_status add_block(qp_trie *t)
{
    size_t count = t->count + BLOCK;
    if (count > MOST_UNITS) return qp_fail(QP_EDATA, "vocabulary: more than 2^30 bytes of pieces; use a smaller one");
    if (!QP_GROW(t->unit, t->capacity, count)) return no_memory();
    if (!QP_GROW(t->next_free, t->next_capacity, count)) return no_memory();
    if (!QP_GROW(t->previous_free, t->previous_capacity, count)) return no_memory();
    if (!QP_GROW(t->taken, t->taken_capacity, count)) return no_memory();
    memset(t->taken + t->count, 0, BLOCK);
    for (size_t i = t->count; i < count; i++) {
        t->unit[i] = (struct qp_trie_unit){.base = 0, .parent = FREE, .value = -1};
        if (i == 0) {
            t->next_free[0] = t->previous_free[0] = 0;
            t->unit[0].parent = NO_PARENT;
            continue;
        }
        int32_t last = t->previous_free[0];
        t->next_free[last] = (int32_t)i;
        t->previous_free[i] = last;
        t->next_free[i] = 0;
        t->previous_free[0] = (int32_t)i;
    }
    t->count = count;
    return QP_OK;
}

static void take_unit(qp_trie *t, int32_t unit, int32_t parent)
{
    t->next_free[t->previous_free[unit]] = t->next_free[unit];
    t->previous_free[t->next_free[unit]] = t->previous_free[unit];
    t->unit[unit].parent = parent;
}

static bool fits(const qp_trie *t, int32_t base, const unsigned char *label, int labels)
{
    for (int i = 0; i < labels; i++) {
        if (t->unit[base ^ label[i]].parent != FREE) return false;
    }
    return true;
}

/* An unused base with free units for all children: a few of the last free units are tried, then a block is added. */
static qp_status find_base(qp_trie *t, const unsigned char *label, int labels, int32_t *base)
{
    int32_t unit = t->previous_free[0];
    for (int trial = 0; unit != 0 && trial < MOST_TRIALS; trial++, unit = t->previous_free[unit]) {
        *base = unit ^ label[0];
        if (!t->taken[*base] && fits(t, *base, label, labels)) return QP_OK;
    }
    *base = (int32_t)t->count;
    return add_block(t);
}

/* The distinct next bytes of keys lo .. hi-1, and the first key of each. */
static int children_of(const qp_trie_key *key, const span *s, unsigned char *label, size_t *begin)
{
    int labels = 0;
    for (size_t i = s->lo; i < s->hi; i++) {
        if (key[i].bytes == s->depth) continue;
        unsigned char byte = (unsigned char)key[i].text[s->depth];
        if (labels > 0 && label[labels - 1] == byte) continue;
        label[labels] = byte;
        begin[labels++] = i;
    }
    begin[labels] = s->hi;
    return labels;
}

static qp_status build(qp_trie *t, const qp_trie_key *key, size_t count, span **stack, size_t *capacity)
{
    size_t depth = 0;
    if (!QP_GROW(*stack, *capacity, 1)) return no_memory();
    (*stack)[depth++] = (span){0, count, 0, 0};
    while (depth > 0) {
        span s = (*stack)[--depth];
        unsigned char label[BLOCK];
        size_t begin[BLOCK + 1];
        if (s.depth > 0 && key[s.lo].bytes == s.depth) t->unit[s.node].value = key[s.lo].value;
        int labels = children_of(key, &s, label, begin);
        if (labels == 0) continue;
        int32_t base = 0;
        QP_TRY(find_base(t, label, labels, &base));
        t->unit[s.node].base = base;
        t->taken[base] = 1;
        if (!QP_GROW(*stack, *capacity, depth + (size_t)labels)) return no_memory();
        for (int i = 0; i < labels; i++) {
            take_unit(t, base ^ label[i], s.node);
            (*stack)[depth++] = (span){begin[i], begin[i + 1], s.depth + 1, base ^ label[i]};
        }
    }
    return QP_OK;
}

qp_status qp_trie_build(qp_trie *trie, qp_trie_key *key, size_t count)
{
    *trie = (qp_trie){0};
    if (count) qsort(key, count, sizeof *key, by_text);
    span *stack = NULL;
    size_t capacity = 0;
    qp_status status = add_block(trie);
    if (status == QP_OK) status = build(trie, key, count, &stack, &capacity);
    free(stack);
    free(trie->next_free);
    free(trie->previous_free);
    free(trie->taken);
    trie->next_free = trie->previous_free = NULL;
    trie->taken = NULL;
    if (status != QP_OK) qp_trie_free(trie);
    return status;
}
