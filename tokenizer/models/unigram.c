#include "tokenizer/models/unigram.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

enum { NOT_REACHED = -2, UNKNOWN = -1 };

void qp_unigram_free(qp_unigram *unigram) { qp_trie_free(&unigram->trie); }

void qp_unigram_path_free(qp_unigram_path *path)
{
    free(path->node);
    free(path->piece);
    *path = (qp_unigram_path){0};
}

/* node[i] is the best path to byte start + i; those up to node[known] are initialized. */
typedef struct {
    const qp_unigram *unigram;
    const char *text;
    size_t bytes, start, known;
    qp_unigram_path *path;
} search;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "unigram: out of memory; use shorter texts"); }

static inline void offer(struct qp_unigram_node *node, float score, size_t begin, int32_t id)
{
    if (node->id != NOT_REACHED && !(score > node->score)) return;
    *node = (struct qp_unigram_node){score, (uint32_t)begin, id};
}

static qp_status reach(search *s, size_t place)
{
    qp_unigram_path *path = s->path;
    if (!QP_GROW(path->node, path->node_capacity, place + 1)) return no_memory();
    while (s->known < place) path->node[++s->known].id = NOT_REACHED;
    return QP_OK;
}

/* Extend the path at `begin` by every piece there, and by its character as unknown if that is not a piece. */
static qp_status leave(search *s, size_t begin, size_t *next)
{
    const qp_unigram *u = s->unigram;
    const struct qp_trie_unit *unit = u->trie.unit;
    const char *text = s->text + begin;
    size_t left = s->bytes - begin, from = begin - s->start, length, i = 0;
    float here = s->path->node[from].score;
    bool single = false;
    qp_utf8_next(text, left, &length);
    QP_TRY(reach(s, from + length));
    for (int32_t at = 0; i < left;) {
        int32_t child = unit[at].base ^ (unsigned char)text[i];
        if (unit[child].parent != at) break;
        at = child;
        i++;
        int32_t id = unit[at].value;
        if (id < 0) continue;
        if (from + i > s->known) QP_TRY(reach(s, from + i));
        offer(&s->path->node[from + i], here + u->score[id], begin, id);
        single = single || i == length;
    }
    if (!single) offer(&s->path->node[from + length], here + u->unknown_score, begin, UNKNOWN);
    *next = begin + length;
    return QP_OK;
}

/* No piece crosses `end`, so the best path to it is part of the result: output it and restart there with its score.
 * Sums and ties do not change, and the nodes stay few. */
static qp_status settle(search *s, size_t end)
{
    qp_unigram_path *path = s->path;
    const struct qp_unigram_node *node = path->node;
    size_t count = 0;
    for (size_t at = end; at > s->start; at = node[at - s->start].begin) count++;
    if (!QP_GROW(path->piece, path->piece_capacity, path->count + count)) return no_memory();
    qp_unigram_piece *piece = path->piece + path->count;
    path->count += count;
    for (size_t at = end; at > s->start;) {
        const struct qp_unigram_node *best = &node[at - s->start];
        piece[--count] = (qp_unigram_piece){best->begin, (uint32_t)(at - best->begin), best->id};
        at = best->begin;
    }
    path->node[0] = (struct qp_unigram_node){.score = node[end - s->start].score};
    s->start = end;
    s->known = 0;
    return QP_OK;
}

qp_status qp_unigram_continue(const qp_unigram *unigram, const char *text, size_t bytes, float *score,
                              qp_unigram_path *path)
{
    search s = {.unigram = unigram, .text = text, .bytes = bytes, .path = path};
    path->count = 0;
    QP_TRY(reach(&s, 0));
    path->node[0] = (struct qp_unigram_node){.score = *score};
    for (size_t at = 0; at < bytes;) {
        QP_TRY(leave(&s, at, &at));
        if (s.start + s.known == at) QP_TRY(settle(&s, at));
    }
    *score = path->node[0].score;
    return QP_OK;
}

qp_status qp_unigram_apply(const qp_unigram *unigram, const char *text, size_t bytes, qp_unigram_path *path)
{
    float score = 0;
    return qp_unigram_continue(unigram, text, bytes, &score, path);
}
