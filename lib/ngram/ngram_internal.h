#ifndef QP_NGRAM_INTERNAL_H
#define QP_NGRAM_INTERNAL_H

#include "lib/ngram/ngram.h"
#include "lib/ngram/ngram_words.h"

/* The n-grams of order k+1 are level k of a trie. Each level is sorted by its words from first to last, so that the
 * children of a node are adjacent: node i of a level has children child[i] .. child[i+1]-1 on the next level. Level 0
 * has every word at the index of its id. */
typedef struct {
    int64_t count;
    int32_t *word;  /* [count] the last word */
    float *log10;   /* [count] */
    float *backoff; /* [count] log10; NULL on the highest level */
    int64_t *child; /* [count + 1]; NULL on the highest level */
} qp_ngram_level;

struct qp_ngram {
    int order;
    qp_ngram_words words;
    qp_ngram_level level[QP_NGRAM_MAX_ORDER];
};

/* qp_ngram_node — the node of word[0..count) on level count-1, or -1. */
int64_t qp_ngram_node(const qp_ngram *model, const int32_t *word, int count);

/* qp_ngram_walk — visit every n-gram of `order` in sorted order; word [order].
 * qp_ngram_level_new — allocate `count` nodes; the highest level has no child and no backoff. */
typedef qp_status qp_ngram_visit(void *self, int64_t node, const int32_t *word);
qp_status qp_ngram_walk(const qp_ngram *model, int order, qp_ngram_visit *visit, void *self);
qp_status qp_ngram_level_new(qp_ngram_level *level, int64_t count, bool highest);

#endif
