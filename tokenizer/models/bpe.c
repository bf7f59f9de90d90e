#include "tokenizer/models/bpe.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/heap.h"

enum { FEW = 48 }; /* up to this length, scanning for the best pair beats a heap */
static const int32_t NO_RANK = INT32_MAX;

void qp_bpe_free(qp_bpe *bpe)
{
    free(bpe->merge);
    free(bpe->slot);
    free(bpe->filter);
    *bpe = (qp_bpe){0};
}

void qp_bpe_scratch_free(qp_bpe_scratch *scratch)
{
    free(scratch->next);
    free(scratch->previous);
    free(scratch->heap);
    *scratch = (qp_bpe_scratch){0};
}

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "bpe: out of memory; use shorter texts"); }

static uint64_t pair_of(int32_t left, int32_t right) { return (uint64_t)(uint32_t)left << 32 | (uint32_t)right; }

static uint64_t mix(uint64_t pair) { return pair * 0x9E3779B97F4A7C15u; }

static size_t place_of(uint64_t mixed, size_t slot_count) { return (size_t)(mixed >> 32) & (slot_count - 1); }

/* The filter has eight bits for each slot: a pair whose bit is not set is no merge. */
static size_t bit_of(uint64_t mixed, size_t slot_count) { return (size_t)(mixed >> 24) & (8 * slot_count - 1); }

const struct qp_merge_slot *qp_bpe_find(const qp_bpe *bpe, int32_t left, int32_t right)
{
    if (bpe->slot_count == 0) return NULL;
    uint64_t pair = pair_of(left, right), mixed = mix(pair);
    size_t bit = bit_of(mixed, bpe->slot_count);
    if (!(bpe->filter[bit / 64] >> (bit % 64) & 1)) return NULL;
    for (size_t i = place_of(mixed, bpe->slot_count);; i = (i + 1) & (bpe->slot_count - 1)) {
        const struct qp_merge_slot *slot = &bpe->slot[i];
        if (slot->rank < 0) return NULL;
        if (slot->pair == pair) return slot;
    }
}

static void put_slot(qp_bpe *bpe, size_t index)
{
    const struct qp_merge *merge = &bpe->merge[index];
    uint64_t pair = pair_of(merge->left, merge->right);
    uint64_t mixed = mix(pair);
    size_t i = place_of(mixed, bpe->slot_count), bit = bit_of(mixed, bpe->slot_count);
    bpe->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
    while (bpe->slot[i].rank >= 0) i = (i + 1) & (bpe->slot_count - 1);
    bpe->slot[i] = (struct qp_merge_slot){.pair = pair, .rank = merge->rank, .merged = merge->merged};
}

static qp_status grow_slots(qp_bpe *bpe)
{
    if (2 * (bpe->count + 1) <= bpe->slot_count) return QP_OK;
    size_t count = bpe->slot_count ? 2 * bpe->slot_count : 1024;
    struct qp_merge_slot *fresh = malloc(count * sizeof *fresh);
    uint64_t *filter = calloc(count / 8, sizeof *filter);
    if (!fresh || !filter) {
        free(fresh);
        free(filter);
        return no_memory();
    }
    for (size_t i = 0; i < count; i++) fresh[i] = (struct qp_merge_slot){.rank = -1};
    free(bpe->slot);
    free(bpe->filter);
    bpe->slot = fresh;
    bpe->filter = filter;
    bpe->slot_count = count;
    for (size_t i = 0; i < bpe->count; i++) put_slot(bpe, i);
    return QP_OK;
}

qp_status qp_bpe_add_ranked(qp_bpe *bpe, int32_t left, int32_t right, int32_t merged, int32_t rank)
{
    if (qp_bpe_find(bpe, left, right))
        return qp_fail(QP_EDATA, "bpe: merge %zu occurs twice; repair the file", bpe->count);
    QP_TRY(grow_slots(bpe));
    if (!QP_GROW(bpe->merge, bpe->capacity, bpe->count + 1)) return no_memory();
    bpe->merge[bpe->count] = (struct qp_merge){left, right, merged, rank};
    put_slot(bpe, bpe->count);
    bpe->count++;
    return QP_OK;
}

qp_status qp_bpe_add(qp_bpe *bpe, int32_t left, int32_t right, int32_t merged)
{
    return qp_bpe_add_ranked(bpe, left, right, merged, (int32_t)bpe->count);
}

/* ---- few symbols: scan for the best pair, close the gap ---- */

static const uint64_t NO_OFFER = UINT64_MAX;

/* rank << 32 | merged piece of a pair, so that the smallest value has the smallest rank. */
static uint64_t offer_of(const qp_bpe *bpe, int32_t left, int32_t right)
{
    const struct qp_merge_slot *slot = qp_bpe_find(bpe, left, right);
    return slot ? (uint64_t)(uint32_t)slot->rank << 32 | (uint32_t)slot->merged : NO_OFFER;
}

static int32_t rank_of(const qp_bpe *bpe, int32_t left, int32_t right)
{
    const struct qp_merge_slot *slot = qp_bpe_find(bpe, left, right);
    return slot ? slot->rank : NO_RANK;
}

static size_t apply_to_few(const qp_bpe *bpe, int32_t *symbol, uint32_t *bytes, size_t count)
{
    uint64_t offer[FEW];
    for (size_t i = 0; i + 1 < count; i++) offer[i] = offer_of(bpe, symbol[i], symbol[i + 1]);
    while (count > 1) {
        size_t best = 0;
        uint64_t least = offer[0] >> 32; /* of equal ranks the leftmost wins, whatever piece it makes */
        for (size_t i = 1; i + 1 < count; i++) {
            bool better = offer[i] >> 32 < least;
            best = better ? i : best;
            least = better ? offer[i] >> 32 : least;
        }
        if (offer[best] == NO_OFFER) break;
        symbol[best] = (int32_t)(uint32_t)offer[best];
        if (bytes) {
            bytes[best] += bytes[best + 1];
            memmove(bytes + best + 1, bytes + best + 2, (count - best - 2) * sizeof *bytes);
        }
        count--;
        for (size_t i = best + 1; i < count; i++) {
            symbol[i] = symbol[i + 1];
            offer[i - 1] = offer[i];
        }
        if (best + 1 < count) offer[best] = offer_of(bpe, symbol[best], symbol[best + 1]);
        if (best > 0) offer[best - 1] = offer_of(bpe, symbol[best - 1], symbol[best]);
    }
    return count;
}

/* ---- many symbols: linked list and a heap of (rank, place) ---- */

QP_HEAP(ranks, uint64_t, const void *, qp_smaller_first)

static qp_status push(qp_bpe_scratch *s, uint64_t value)
{
    if (!QP_GROW(s->heap, s->heap_capacity, s->heap_count + 1)) return no_memory();
    ranks_push(s->heap, &s->heap_count, value, NULL);
    return QP_OK;
}

static qp_status push_pair(const qp_bpe *bpe, qp_bpe_scratch *s, const int32_t *symbol, int32_t left)
{
    if (left < 0 || s->next[left] < 0) return QP_OK;
    int32_t rank = rank_of(bpe, symbol[left], symbol[s->next[left]]);
    return rank == NO_RANK ? QP_OK : push(s, (uint64_t)rank << 32 | (uint32_t)left);
}

static qp_status apply_to_many(const qp_bpe *bpe, qp_bpe_scratch *s, int32_t *symbol, uint32_t *bytes, size_t *count)
{
    int32_t length = (int32_t)*count;
    if (!QP_GROW(s->next, s->next_capacity, *count)) return no_memory();
    if (!QP_GROW(s->previous, s->previous_capacity, *count)) return no_memory();
    s->heap_count = 0;
    for (int32_t i = 0; i < length; i++) {
        s->next[i] = i + 1 < length ? i + 1 : -1;
        s->previous[i] = i - 1;
    }
    for (int32_t i = 0; i < length; i++) QP_TRY(push_pair(bpe, s, symbol, i));
    while (s->heap_count > 0) {
        uint64_t best = ranks_pop(s->heap, &s->heap_count, NULL);
        int32_t rank = (int32_t)(best >> 32), left = (int32_t)(uint32_t)best;
        int32_t right = symbol[left] < 0 ? -1 : s->next[left];
        if (right < 0) continue;
        const struct qp_merge_slot *merge = qp_bpe_find(bpe, symbol[left], symbol[right]);
        if (!merge || merge->rank != rank) continue; /* out of date */
        symbol[left] = merge->merged;
        symbol[right] = -1;
        if (bytes) bytes[left] += bytes[right];
        s->next[left] = s->next[right];
        if (s->next[left] >= 0) s->previous[s->next[left]] = left;
        QP_TRY(push_pair(bpe, s, symbol, s->previous[left]));
        QP_TRY(push_pair(bpe, s, symbol, left));
    }
    size_t kept = 0;
    for (int32_t i = 0; i >= 0; i = s->next[i]) {
        if (bytes) bytes[kept] = bytes[i];
        symbol[kept++] = symbol[i];
    }
    *count = kept;
    return QP_OK;
}

qp_status qp_bpe_apply(const qp_bpe *bpe, qp_bpe_scratch *scratch, int32_t *symbol, size_t *count)
{
    return qp_bpe_apply_spans(bpe, scratch, symbol, NULL, count);
}

qp_status qp_bpe_apply_spans(const qp_bpe *bpe, qp_bpe_scratch *scratch, int32_t *symbol, uint32_t *bytes,
                             size_t *count)
{
    if (*count < 2) return QP_OK;
    if (*count > INT32_MAX) return qp_fail(QP_EDATA, "bpe: a word of 2^31 symbols or more; cut the text");
    if (*count > FEW) return apply_to_many(bpe, scratch, symbol, bytes, count);
    *count = apply_to_few(bpe, symbol, bytes, *count);
    return QP_OK;
}
