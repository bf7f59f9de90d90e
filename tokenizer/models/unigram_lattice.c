#include "tokenizer/models/unigram_lattice.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/random.h"
#include "lib/text/utf8.h"

/* A hypothesis: a path from `node` to the end. */
typedef struct {
    int32_t node, next; /* next hypothesis towards the end, -1: none */
    float after, whole; /* score of what follows the node; of all, with the best path to the node */
} hypothesis;

typedef struct {
    hypothesis *all;
    size_t count, capacity;
    int32_t *heap;
    size_t heap_count, heap_capacity;
} search;

enum { MOST_HYPOTHESES = 10000000 };

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "unigram: out of memory; use shorter texts"); }

void qp_unigram_lattice_free(qp_unigram_lattice *lattice)
{
    free(lattice->node);
    free(lattice->ends);
    free(lattice->last);
    *lattice = (qp_unigram_lattice){0};
}

void qp_lattice_path_free(qp_lattice_path *path)
{
    free(path->node);
    *path = (qp_lattice_path){0};
}

static qp_status add_node(qp_unigram_lattice *l, size_t begin, size_t end, int32_t id, float score)
{
    if (!QP_GROW(l->node, l->capacity, l->count + 1)) return no_memory();
    float before = begin ? -INFINITY : 0;
    for (int32_t k = l->ends[begin]; k >= 0; k = l->node[k].next_at_end) before = fmaxf(before, l->node[k].best);
    l->node[l->count] = (struct qp_lattice_node){.begin = (uint32_t)begin,
                                                 .end = (uint32_t)end,
                                                 .id = id,
                                                 .score = score,
                                                 .best = before + score,
                                                 .next_at_end = -1};
    if (l->ends[end] < 0)
        l->ends[end] = (int32_t)l->count;
    else
        l->node[l->last[end]].next_at_end = (int32_t)l->count;
    l->last[end] = (int32_t)l->count++;
    return QP_OK;
}

qp_status qp_unigram_lattice_build(qp_unigram_lattice *l, const qp_trie *trie, qp_lattice_score score, const void *self,
                                   float unknown_score, const char *text, size_t bytes)
{
    l->count = 0;
    l->bytes = bytes;
    if (!QP_GROW(l->ends, l->ends_capacity, bytes + 1) || !QP_GROW(l->last, l->last_capacity, bytes + 1))
        return no_memory();
    for (size_t i = 0; i <= bytes; i++) l->ends[i] = -1;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t state = 0;
        bool single = false;
        qp_utf8_next(text + at, bytes - at, &length);
        for (size_t end = at; end < bytes && qp_trie_step(trie, &state, (unsigned char)text[end]);) {
            int32_t id = trie->unit[state].value;
            end++;
            if (id < 0) continue;
            QP_TRY(add_node(l, at, end, id, score(self, id, text + at, end - at)));
            single = single || end - at == length;
        }
        if (!single) QP_TRY(add_node(l, at, at + length, -1, unknown_score));
    }
    return QP_OK;
}

/* ---- n best ---- */

/* Not QP_HEAP: equal hypotheses must come in the order of the C++ standard library's heap, which sentencepiece uses, so
 * pop moves the hole down to a leaf first. */
static void sift_up(search *s, size_t at, int32_t index)
{
    for (; at > 0 && s->all[s->heap[(at - 1) / 2]].whole < s->all[index].whole; at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = index;
}

static qp_status push(search *s, hypothesis h)
{
    if (s->count >= MOST_HYPOTHESES)
        return qp_fail(QP_EDATA, "unigram: too many segmentations of this text; ask for fewer");
    if (!QP_GROW(s->all, s->capacity, s->count + 1) || !QP_GROW(s->heap, s->heap_capacity, s->heap_count + 1))
        return no_memory();
    s->all[s->count++] = h;
    sift_up(s, s->heap_count++, (int32_t)s->count - 1);
    return QP_OK;
}

static int32_t pop(search *s)
{
    int32_t top = s->heap[0], last = s->heap[--s->heap_count];
    size_t at = 0, count = s->heap_count;
    if (count == 0) return top;
    for (size_t child; (child = 2 * at + 2) <= count; at = child) { /* to a leaf, by the larger child */
        if (child == count || s->all[s->heap[child]].whole < s->all[s->heap[child - 1]].whole) child--;
        s->heap[at] = s->heap[child];
    }
    sift_up(s, at, last);
    return top;
}

/* Add a hypothesis for each node that ends at `end`; at 0 the hypothesis is complete. */
static qp_status expand(const qp_unigram_lattice *l, search *s, size_t end, int32_t next, float after)
{
    if (end == 0) return push(s, (hypothesis){-1, next, after, after});
    for (int32_t k = l->ends[end]; k >= 0; k = l->node[k].next_at_end)
        QP_TRY(push(s, (hypothesis){k, next, l->node[k].score + after, l->node[k].best + after}));
    return QP_OK;
}

static qp_status add_to_path(qp_lattice_path *path, int32_t node)
{
    if (!QP_GROW(path->node, path->capacity, path->count + 1)) return no_memory();
    path->node[path->count++] = node;
    return QP_OK;
}

static qp_status search_best(const qp_unigram_lattice *l, search *s, size_t wanted, qp_lattice_path *path,
                             size_t *found)
{
    QP_TRY(expand(l, s, l->bytes, -1, 0.0f));
    while (s->heap_count > 0 && *found < wanted) {
        int32_t top = pop(s), node = s->all[top].node;
        if (node >= 0) {
            QP_TRY(expand(l, s, l->node[node].begin, top, s->all[top].after));
            continue;
        }
        qp_lattice_path *p = &path[(*found)++];
        p->count = 0;
        p->score = (double)s->all[top].whole;
        for (int32_t h = s->all[top].next; h >= 0; h = s->all[h].next) QP_TRY(add_to_path(p, s->all[h].node));
    }
    return QP_OK;
}

qp_status qp_unigram_lattice_best(const qp_unigram_lattice *l, size_t wanted, qp_lattice_path *path, size_t *found)
{
    search s = {0};
    *found = 0;
    qp_status status = search_best(l, &s, wanted, path, found);
    free(s.all);
    free(s.heap);
    return status;
}

/* ---- drawing ---- */

static double log_add(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

void qp_unigram_lattice_weigh(qp_unigram_lattice *l, double alpha)
{
    /* nodes are in the order of their beginnings, so all that end at a beginning come before it */
    for (size_t i = 0; i < l->count; i++) {
        double before = l->node[i].begin ? -INFINITY : 0;
        for (int32_t k = l->ends[l->node[i].begin]; k >= 0; k = l->node[k].next_at_end)
            before = log_add(before, l->node[k].sum);
        l->node[i].sum = before + alpha * (double)l->node[i].score;
    }
}

qp_status qp_unigram_lattice_draw(const qp_unigram_lattice *l, uint64_t key, uint64_t counter, qp_lattice_path *path)
{
    uint64_t own = qp_random_key(key, counter), step = 0;
    path->count = 0;
    path->score = 0;
    for (size_t end = l->bytes; end > 0;) {
        double total = -INFINITY, mark = 0;
        for (int32_t k = l->ends[end]; k >= 0; k = l->node[k].next_at_end) total = log_add(total, l->node[k].sum);
        double wanted = qp_random_uniform(own, step++);
        int32_t chosen = -1;
        for (int32_t k = l->ends[end]; k >= 0; k = l->node[k].next_at_end) {
            chosen = k;
            mark += exp(l->node[k].sum - total);
            if (wanted < mark) break;
        }
        QP_TRY(add_to_path(path, chosen));
        path->score += (double)l->node[chosen].score;
        end = l->node[chosen].begin;
    }
    for (size_t i = 0; i < path->count / 2; i++) {
        int32_t kept = path->node[i];
        path->node[i] = path->node[path->count - 1 - i];
        path->node[path->count - 1 - i] = kept;
    }
    return QP_OK;
}
