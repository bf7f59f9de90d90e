#include "tokenizer/models/bpe_texts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

enum { LONGEST = 8192 }; /* pieces of more symbols are not checked */

typedef struct {
    int32_t *symbol;
    size_t count, capacity;
} symbols;

static bool spell(const qp_vocabulary *v, int32_t piece, bool in_bytes, symbols *s, bool *possible)
{
    size_t bytes;
    const char *text = qp_vocabulary_text(v, piece, &bytes);
    s->count = 0;
    *possible = true;
    for (size_t at = 0, length = 1; at < bytes; at += length) {
        if (!in_bytes) qp_utf8_next(text + at, bytes - at, &length);
        int32_t id = qp_vocabulary_find(v, text + at, length);
        if (id < 0 && in_bytes) id = v->byte_id[(unsigned char)text[at]];
        if (!QP_GROW(s->symbol, s->capacity, s->count + 1)) return false;
        if (id < 0) *possible = false;
        s->symbol[s->count++] = id;
    }
    return true;
}

/* Merge by all ranks below `limit`, the lowest first, the leftmost among equals. */
static void join_below(const qp_bpe *bpe, int32_t limit, symbols *s)
{
    for (;;) {
        const struct qp_merge_slot *best = NULL;
        size_t where = 0;
        for (size_t i = 0; i + 1 < s->count; i++) {
            const struct qp_merge_slot *slot = qp_bpe_find(bpe, s->symbol[i], s->symbol[i + 1]);
            if (!slot || slot->rank >= limit || (best && slot->rank >= best->rank)) continue;
            best = slot;
            where = i;
        }
        if (!best) return;
        s->symbol[where] = best->merged;
        memmove(s->symbol + where + 1, s->symbol + where + 2, (s->count - where - 2) * sizeof *s->symbol);
        s->count--;
    }
}

static int by_rank(const void *left, const void *right)
{
    const struct qp_merge *a = left, *b = right;
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* The lowest rank of a merge that makes each piece; INT32_MAX: none. */
static int32_t *lowest_ranks(const qp_vocabulary *v, const qp_bpe *bpe)
{
    int32_t *rank = malloc(((size_t)v->count + 1) * sizeof *rank);
    for (int32_t i = 0; rank && i < v->count; i++) rank[i] = INT32_MAX;
    for (size_t i = 0; rank && i < bpe->count; i++) {
        int32_t merged = bpe->merge[i].merged;
        if (bpe->merge[i].rank < rank[merged]) rank[merged] = bpe->merge[i].rank;
    }
    return rank;
}

qp_status qp_bpe_pairs(const qp_vocabulary *v, const qp_bpe *bpe, bool in_bytes, struct qp_merge **pair, size_t *count,
                       int32_t *unreached, int32_t *broken)
{
    symbols s = {0};
    int32_t *rank = lowest_ranks(v, bpe);
    *pair = malloc(((size_t)v->count + 1) * sizeof **pair);
    *count = 0;
    *unreached = *broken = -1;
    bool memory = rank && *pair;
    for (int32_t id = 0; memory && id < v->count; id++) {
        bool possible = true;
        if (v->kind[id] != QP_PIECE_NORMAL) continue;
        memory = spell(v, id, in_bytes, &s, &possible);
        if (!memory || s.count < 2) continue;
        if (rank[id] == INT32_MAX) {
            if (*unreached < 0) *unreached = id;
            continue;
        }
        if (possible && s.count <= LONGEST) join_below(bpe, rank[id], &s);
        const struct qp_merge_slot *last = s.count == 2 && possible ? qp_bpe_find(bpe, s.symbol[0], s.symbol[1]) : NULL;
        if (last && last->merged == id && last->rank == rank[id])
            (*pair)[(*count)++] = (struct qp_merge){s.symbol[0], s.symbol[1], id, rank[id]};
        else if (*broken < 0)
            *broken = id;
    }
    if (memory && *count) qsort(*pair, *count, sizeof **pair, by_rank);
    free(rank);
    free(s.symbol);
    if (memory) return QP_OK;
    free(*pair);
    *pair = NULL;
    return qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
}
