#include "tokenizer/models/bpe_dropout.h"

#include <limits.h>
#include <stdbool.h>

#include "lib/base/array.h"
#include "lib/base/heap.h"
#include "lib/base/random.h"

/* The symbols as a linked list, and a heap of the possible merges, rank << 32 | place. Pairs that were skipped before
 * the next merge wait at the end of the same array. */
typedef struct {
    const qp_bpe *bpe;
    qp_bpe_scratch *s;
    int32_t *symbol;
    size_t waiting; /* heap[heap_count .. heap_count + waiting) */
} joining;

QP_HEAP(ranks, uint64_t, const void *, qp_smaller_first)

static qp_status push(joining *j, uint64_t value)
{
    qp_bpe_scratch *s = j->s;
    size_t all = s->heap_count + j->waiting;
    if (!QP_GROW(s->heap, s->heap_capacity, all + 1))
        return qp_fail(QP_EMEMORY, "bpe: out of memory; use shorter texts");
    if (j->waiting) s->heap[all] = s->heap[s->heap_count]; /* moves the first waiting entry away */
    ranks_push(s->heap, &s->heap_count, value, NULL);
    return QP_OK;
}

static uint64_t pop(joining *j)
{
    qp_bpe_scratch *s = j->s;
    uint64_t top = ranks_pop(s->heap, &s->heap_count, NULL);
    if (j->waiting) s->heap[s->heap_count] = s->heap[s->heap_count + j->waiting];
    return top;
}

static qp_status push_pair(joining *j, int32_t left)
{
    if (left < 0 || j->s->next[left] < 0) return QP_OK;
    const struct qp_merge_slot *merge = qp_bpe_find(j->bpe, j->symbol[left], j->symbol[j->s->next[left]]);
    return merge ? push(j, (uint64_t)merge->rank << 32 | (uint32_t)left) : QP_OK;
}

/* The merge of a heap entry, or NULL if a symbol of it has changed since. */
static const struct qp_merge_slot *merge_of(const joining *j, uint64_t entry)
{
    int32_t left = (int32_t)(uint32_t)entry, right = j->symbol[left] < 0 ? -1 : j->s->next[left];
    if (right < 0) return NULL;
    const struct qp_merge_slot *merge = qp_bpe_find(j->bpe, j->symbol[left], j->symbol[right]);
    return merge && merge->rank == (int32_t)(entry >> 32) ? merge : NULL;
}

static qp_status join_at(joining *j, int32_t left, int32_t merged)
{
    qp_bpe_scratch *s = j->s;
    int32_t right = s->next[left];
    j->symbol[left] = merged;
    j->symbol[right] = -1;
    s->next[left] = s->next[right];
    if (s->next[left] >= 0) s->previous[s->next[left]] = left;
    while (j->waiting > 0) { /* skipped pairs are candidates again */
        uint64_t value = s->heap[s->heap_count + --j->waiting];
        QP_TRY(push(j, value));
    }
    QP_TRY(push_pair(j, s->previous[left]));
    return push_pair(j, left);
}

static qp_status begin(joining *j, int32_t length)
{
    qp_bpe_scratch *s = j->s;
    if (!QP_GROW(s->next, s->next_capacity, (size_t)length) ||
        !QP_GROW(s->previous, s->previous_capacity, (size_t)length))
        return qp_fail(QP_EMEMORY, "bpe: out of memory; use shorter texts");
    s->heap_count = 0;
    for (int32_t i = 0; i < length; i++) {
        s->next[i] = i + 1 < length ? i + 1 : -1;
        s->previous[i] = i - 1;
    }
    for (int32_t i = 0; i < length; i++) QP_TRY(push_pair(j, i));
    return QP_OK;
}

qp_status qp_bpe_apply_dropout(const qp_bpe *bpe, qp_bpe_scratch *scratch, qp_random_merges *random, int32_t *symbol,
                               size_t *count)
{
    joining j = {.bpe = bpe, .s = scratch, .symbol = symbol};
    if (*count < 2) return QP_OK;
    if (*count > INT32_MAX) return qp_fail(QP_EDATA, "bpe: a word of 2^31 symbols or more; cut the text");
    QP_TRY(begin(&j, (int32_t)*count));
    while (scratch->heap_count > 0) {
        uint64_t entry = pop(&j);
        const struct qp_merge_slot *merge = merge_of(&j, entry);
        if (!merge) continue; /* out of date */
        if (random->dropout > 0 && qp_random_uniform(random->key, random->draws++) < random->dropout)
            scratch->heap[scratch->heap_count + j.waiting++] = entry; /* into the place that pop freed */
        else
            QP_TRY(join_at(&j, (int32_t)(uint32_t)entry, merge->merged));
    }
    size_t kept = 0;
    for (int32_t i = 0; i >= 0; i = scratch->next[i]) symbol[kept++] = symbol[i];
    *count = kept;
    return QP_OK;
}
