#include "tokenizer/sentencepiece/joiner.h"

#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/heap.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory; use shorter texts"); }

void qp_joiner_free(qp_joiner *joiner)
{
    free(joiner->symbol);
    free(joiner->heap);
    free(joiner->left_bytes);
    *joiner = (qp_joiner){0};
}

static inline bool goes_before(const void *self, const struct qp_joiner_entry *a, const struct qp_joiner_entry *b)
{
    (void)self;
    return a->rank != b->rank ? a->rank < b->rank : a->left < b->left;
}

QP_HEAP(queue, struct qp_joiner_entry, const void *, goes_before)

static qp_status push(qp_joiner *j, struct qp_joiner_entry entry)
{
    if (!QP_GROW(j->heap, j->heap_capacity, j->heap_count + 1)) return no_memory();
    queue_push(j->heap, &j->heap_count, entry, NULL);
    return QP_OK;
}

/* Queues the symbol `left` with its right neighbour if together they are a piece. */
static qp_status offer(qp_joiner *j, const qp_sentencepiece *m, const char *text, int32_t left)
{
    if (left < 0 || j->symbol[left].next < 0) return QP_OK;
    const struct qp_joiner_symbol *a = &j->symbol[left], *b = &j->symbol[a->next];
    if (a->frozen || b->frozen) return QP_OK;
    uint32_t bytes = b->end - a->begin;
    int32_t id = qp_vocabulary_find(&m->vocabulary, text + a->begin, bytes);
    if (id < 0) return QP_OK;
    if (m->type[id] == QP_SPM_UNUSED) j->left_bytes[id] = a->end - a->begin;
    return push(j, (struct qp_joiner_entry){m->rank[id], left, bytes});
}

static qp_status lay_out(qp_joiner *j, const qp_sentencepiece *m, const char *text, size_t begin, size_t end)
{
    j->symbol_count = j->heap_count = 0;
    if (m->has_unused && !j->left_bytes) {
        j->left_bytes = calloc((size_t)m->vocabulary.count, sizeof *j->left_bytes);
        if (!j->left_bytes) return no_memory();
    }
    for (size_t at = begin, length; at < end; at += length) {
        if (!QP_GROW(j->symbol, j->symbol_capacity, j->symbol_count + 1)) return no_memory();
        bool frozen = qp_trie_longest(&m->user_defined, text + at, end - at, &length) >= 0;
        if (!frozen) qp_utf8_next(text + at, end - at, &length);
        int32_t index = (int32_t)j->symbol_count++;
        j->symbol[index] = (struct qp_joiner_symbol){.begin = (uint32_t)at,
                                                     .end = (uint32_t)(at + length),
                                                     .previous = index - 1,
                                                     .next = at + length < end ? index + 1 : -1,
                                                     .frozen = frozen};
    }
    for (size_t i = 0; i < j->symbol_count; i++) QP_TRY(offer(j, m, text, (int32_t)i));
    return QP_OK;
}

/* Passes on a piece, an unused one as its parts, or as unknown if it has none. Parts are shorter, so the recursion
 * ends. */
static qp_status give(const qp_joiner *j, const qp_sentencepiece *m, const char *text, size_t begin, size_t end,
                      qp_joiner_take take, void *self)
{
    int32_t id = qp_vocabulary_find(&m->vocabulary, text + begin, end - begin);
    if (id < 0 || m->type[id] != QP_SPM_UNUSED) return take(self, begin, end, id);
    if (j->left_bytes[id] > 0) {
        size_t middle = begin + j->left_bytes[id];
        QP_TRY(give(j, m, text, begin, middle, take, self));
        return give(j, m, text, middle, end, take, self);
    }
    return take(self, begin, end, -1);
}

qp_status qp_joiner_join(qp_joiner *j, const qp_sentencepiece *m, const char *text, size_t begin, size_t end,
                         qp_joiner_take take, void *self)
{
    QP_TRY(lay_out(j, m, text, begin, end));
    while (j->heap_count > 0) {
        struct qp_joiner_entry best = queue_pop(j->heap, &j->heap_count, NULL);
        struct qp_joiner_symbol *left = &j->symbol[best.left];
        if (left->gone || left->next < 0) continue;
        struct qp_joiner_symbol *right = &j->symbol[left->next];
        if (right->end - left->begin != best.bytes) continue; /* out of date */
        left->end = right->end;
        right->gone = true;
        left->next = right->next;
        if (left->next >= 0) j->symbol[left->next].previous = best.left;
        QP_TRY(offer(j, m, text, left->previous));
        QP_TRY(offer(j, m, text, best.left));
    }
    for (int32_t i = j->symbol_count ? 0 : -1; i >= 0; i = j->symbol[i].next)
        QP_TRY(give(j, m, text, j->symbol[i].begin, j->symbol[i].end, take, self));
    return QP_OK;
}
