#include "tokenizer/unigram.h"

#include <stdlib.h>

#include "tokenizer/growing.h"
#include "tokenizer/utf8.h"

enum { NOT_REACHED = -2, UNKNOWN = -1 };

void qp_unigram_free(qp_unigram *unigram)
{
    qp_trie_free(&unigram->trie);
}

void qp_unigram_path_free(qp_unigram_path *path)
{
    free(path->node);
    free(path->piece);
    *path = (qp_unigram_path){0};
}

static void offer(struct qp_unigram_node *node, float score, size_t begin, int32_t id)
{
    if (node->id != NOT_REACHED && !(score > node->score)) return;
    *node = (struct qp_unigram_node){score, (uint32_t)begin, id};
}

/* Every piece that begins at `begin`, and the character there as unknown if it is no piece itself. */
static size_t leave(const qp_unigram *u, const char *text, size_t bytes, size_t begin, struct qp_unigram_node *node)
{
    size_t length;
    qp_utf8_next(text + begin, bytes - begin, &length);
    float here = node[begin].score;
    bool single = false;
    int32_t at = 0;
    for (size_t end = begin; end < bytes && qp_trie_step(&u->trie, &at, (unsigned char)text[end]);) {
        int32_t id = u->trie.unit[at].value;
        end++;
        if (id < 0) continue;
        offer(&node[end], here + u->score[id], begin, id);
        single = single || end - begin == length;
    }
    if (!single) offer(&node[begin + length], here + u->unknown_score, begin, UNKNOWN);
    return begin + length;
}

qp_status qp_unigram_apply(const qp_unigram *unigram, const char *text, size_t bytes, qp_unigram_path *path)
{
    path->count = 0;
    if (!QP_GROW(path->node, path->node_capacity, bytes + 1))
        return qp_fail(QP_EMEMORY, "unigram: out of memory; use shorter texts");
    struct qp_unigram_node *node = path->node;
    node[0] = (struct qp_unigram_node){0};
    for (size_t i = 1; i <= bytes; i++) node[i].id = NOT_REACHED;
    for (size_t at = 0; at < bytes;) at = leave(unigram, text, bytes, at, node);
    size_t count = 0;
    for (size_t end = bytes; end > 0; end = node[end].begin) count++;
    if (!QP_GROW(path->piece, path->piece_capacity, count))
        return qp_fail(QP_EMEMORY, "unigram: out of memory; use shorter texts");
    path->count = count;
    for (size_t end = bytes; end > 0; end = node[end].begin) {
        path->piece[--count] = (qp_unigram_piece){node[end].begin, (uint32_t)(end - node[end].begin), node[end].id};
    }
    return QP_OK;
}
