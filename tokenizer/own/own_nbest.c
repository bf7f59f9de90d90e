#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/own/own.h"
#include "tokenizer/own/own_file.h"
#include "tokenizer/own/own_kind.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

/* A path through the segments so far: the path before, and which of the n best of the last segment. */
typedef struct {
    double score;
    uint32_t before, choice;
} way;

typedef struct {
    const qp_own *tokenizer;
    size_t wanted;
    struct segment {
        size_t begin, end, ways;
        qp_unigram_lattice lattice;
        qp_lattice_path *path;
        way *way; /* best first */
    } * segment;
    size_t count, capacity;
    way *candidate;
    size_t candidate_capacity;
} search;

static void free_search(search *s)
{
    for (size_t i = 0; i < s->count; i++) {
        qp_unigram_lattice_free(&s->segment[i].lattice);
        for (size_t k = 0; s->segment[i].path && k < s->wanted; k++) qp_lattice_path_free(&s->segment[i].path[k]);
        free(s->segment[i].path);
        free(s->segment[i].way);
    }
    free(s->segment);
    free(s->candidate);
}

static int by_score(const void *left, const void *right)
{
    const way *a = left, *b = right;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    if (a->before != b->before) return a->before < b->before ? -1 : 1;
    return a->choice < b->choice ? -1 : a->choice > b->choice;
}

/* Extend the paths so far by the n best of the segment. Pair (i, k) has (i+1)(k+1) - 1 better pairs, so only pairs with
 * (i+1)(k+1) <= n can be among the n best. */
static qp_status extend(search *s, struct segment *last, size_t found)
{
    const struct segment *before = s->count > 0 ? last - 1 : NULL;
    size_t count = 0, ways = before ? before->ways : 1;
    for (size_t i = 0; i < ways; i++) {
        for (size_t k = 0; k < found && (i + 1) * (k + 1) <= s->wanted; k++) {
            if (!QP_GROW(s->candidate, s->candidate_capacity, count + 1)) return no_memory();
            double score = (before ? before->way[i].score : 0) + last->path[k].score;
            s->candidate[count++] = (way){score, (uint32_t)i, (uint32_t)k};
        }
    }
    qsort(s->candidate, count, sizeof *s->candidate, by_score);
    last->ways = count < s->wanted ? count : s->wanted;
    last->way = malloc((last->ways + 1) * sizeof *last->way);
    if (!last->way) return no_memory();
    memcpy(last->way, s->candidate, last->ways * sizeof *last->way);
    return QP_OK;
}

static qp_status add_segment(search *s, const char *work, size_t begin, size_t end)
{
    size_t found = 0;
    if (!QP_GROW(s->segment, s->capacity, s->count + 1)) return no_memory();
    struct segment *last = &s->segment[s->count];
    *last = (struct segment){.begin = begin, .end = end, .path = calloc(s->wanted, sizeof *last->path)};
    qp_status status = last->path ? qp_own_lattice(s->tokenizer, work + begin, end - begin, &last->lattice)
                                  : no_memory();
    if (status == QP_OK) status = qp_unigram_lattice_best(&last->lattice, s->wanted, last->path, &found);
    if (status == QP_OK) status = extend(s, last, found);
    s->count++; /* also after a failure, so that it is freed */
    return status;
}

/* The pieces of path number `rank`, segment by segment; `choice` has room for one entry per segment. */
static qp_status read_way(const search *s, const qp_mapped_text *work, size_t rank, uint32_t *choice, qp_encoding *e)
{
    e->count = 0;
    for (size_t i = s->count; i-- > 0;) {
        choice[i] = s->segment[i].way[rank].choice;
        rank = s->segment[i].way[rank].before;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct segment *g = &s->segment[i];
        const qp_lattice_path *path = &g->path[choice[i]];
        for (size_t k = 0; k < path->count; k++) {
            const struct qp_lattice_node *node = &g->lattice.node[path->node[k]];
            size_t from = g->begin + node->begin, to = g->begin + node->end;
            int first = e->count;
            QP_TRY(node->id >= 0 ? qp_encoding_add(e, node->id)
                                 : qp_own_add_unknown(s->tokenizer, work->text + from, to - from, e));
            if (!e->spans) continue;
            if (!QP_GROW(e->begin, e->begin_capacity, (size_t)e->count) ||
                !QP_GROW(e->end, e->end_capacity, (size_t)e->count))
                return no_memory();
            for (int p = first; p < e->count; p++) { /* several pieces: the bytes of an unknown character */
                bool byte = e->count - first > 1;
                e->begin[p] = work->begin[byte ? from + (size_t)(p - first) : from];
                e->end[p] = work->end[byte ? from + (size_t)(p - first) : to - 1];
            }
        }
    }
    return QP_OK;
}

static qp_status search_best(const qp_own *t, const qp_mapped_text *work, size_t wanted, qp_encoding *e, double *score,
                             size_t *found)
{
    search s = {.tokenizer = t, .wanted = wanted};
    qp_status status = QP_OK;
    for (size_t at = 0, end; at < work->bytes && status == QP_OK; at = end) {
        end = t->whole_text ? work->bytes : qp_split_next(&t->rules, work->text, work->bytes, at);
        status = add_segment(&s, work->text, at, end);
    }
    uint32_t *choice = malloc((s.count + 1) * sizeof *choice);
    if (status == QP_OK && !choice) status = no_memory();
    if (status == QP_OK && s.count > 0) *found = s.segment[s.count - 1].ways;
    for (size_t i = 0; i < *found && status == QP_OK; i++) {
        score[i] = s.segment[s.count - 1].way[i].score;
        status = read_way(&s, work, i, choice, &e[i]);
    }
    free(choice);
    free_search(&s);
    return status;
}

qp_status qp_own_nbest(const void *self, qp_text text, size_t wanted, qp_encoding *e, double *score, size_t *found)
{
    const qp_own *t = self;
    if (t->settings.type != QP_TOKENIZER_UNIGRAM)
        return qp_fail(QP_EUSAGE, "tokenizer: the n best segmentations are of unigram models; this is %s",
                       qp_own_type_name[t->settings.type]);
    qp_mapped_text work = {.mapped = true};
    qp_status status = qp_own_prepare(t, text.text, text.bytes, &work);
    if (status == QP_OK && work.bytes == 0) { /* an empty text has one segmentation, into nothing */
        e[0].count = 0;
        score[0] = 0;
        *found = 1;
    } else if (status == QP_OK) {
        status = search_best(t, &work, wanted, e, score, found);
    }
    qp_mapped_text_free(&work);
    return status;
}
