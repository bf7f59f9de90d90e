#define _GNU_SOURCE /* qsort_r */
#include "lib/metric/overlap.h"

#include <stdlib.h>

typedef struct {
    const int32_t *symbol;
    int count, order;
} sorting;

/* By the first `order` symbols; a shorter one comes first. */
static int compare_places(const void *left, const void *right, void *context)
{
    const sorting *s = context;
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    for (int i = 0; i < s->order; i++, a++, b++) {
        if (a == s->count || b == s->count) return a == s->count ? (b == s->count ? 0 : -1) : 1;
        if (s->symbol[a] != s->symbol[b]) return s->symbol[a] < s->symbol[b] ? -1 : 1;
    }
    return 0;
}

qp_status qp_overlap_index_make(const qp_symbols *symbols, int order, qp_overlap_index *index)
{
    *index = (qp_overlap_index){.symbol = symbols->symbol, .count = symbols->count};
    index->place = malloc(((size_t)symbols->count + 1) * sizeof *index->place);
    if (!index->place) return qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    for (int i = 0; i < symbols->count; i++) index->place[i] = i;
    sorting context = {symbols->symbol, symbols->count, order};
    qsort_r(index->place, (size_t)symbols->count, sizeof *index->place, compare_places, &context);
    return QP_OK;
}

void qp_overlap_index_free(qp_overlap_index *index)
{
    free(index->place);
    *index = (qp_overlap_index){0};
}

static int compare_ngrams(const int32_t *a, const int32_t *b, int n)
{
    for (int i = 0; i < n; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* The n-gram at sorted position i, or NULL if the list ends before it is complete. */
static const int32_t *ngram_at(const qp_overlap_index *index, int i, int n)
{
    return index->place[i] + n <= index->count ? index->symbol + index->place[i] : NULL;
}

/* How often `ngram` occurs in `index`; *cursor only moves forward, because the n-grams come in sorted order. */
static int64_t occurrences(const qp_overlap_index *index, const int32_t *ngram, int n, int *cursor)
{
    int64_t count = 0;
    for (; *cursor < index->count; ++*cursor) {
        const int32_t *here = ngram_at(index, *cursor, n);
        int order = here ? compare_ngrams(here, ngram, n) : -1;
        if (order > 0) break;
        if (order == 0) count++;
    }
    return count;
}

int64_t qp_overlap(const qp_overlap_index *hypothesis, const qp_overlap_index *reference, int references, int n)
{
    int cursor[QP_REFERENCES_MAX] = {0};
    int64_t matches = 0;
    for (int i = 0; i < hypothesis->count;) {
        const int32_t *ngram = ngram_at(hypothesis, i, n);
        if (!ngram) {
            i++;
            continue;
        }
        int64_t count = 0, most = 0;
        const int32_t *next;
        /* shorter ones sort before their continuations, so none is inside a group */
        while (i < hypothesis->count && (next = ngram_at(hypothesis, i, n)) && !compare_ngrams(next, ngram, n)) {
            count++;
            i++;
        }
        for (int r = 0; r < references; r++) {
            int64_t found = occurrences(&reference[r], ngram, n, &cursor[r]);
            if (found > most) most = found;
        }
        matches += count < most ? count : most;
    }
    return matches;
}
