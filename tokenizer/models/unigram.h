#ifndef QP_UNIGRAM_H
#define QP_UNIGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/trie.h"

/* unigram — the most probable segmentation: each piece has a log-probability, the best sum wins (Viterbi).
 *
 * Sums are floats, added from left to right; pieces that begin at a place are tried shortest first, and of two equal
 * sums the one found first stays. This is the arithmetic of sentencepiece 0.2, ties included.
 * Source: Kudo 2018. */
typedef struct {
    qp_trie trie;        /* values are ids */
    const float *score;  /* by id; borrowed */
    float unknown_score; /* of one character without a piece of its own */
} qp_unigram;

/* One piece of the path: text[begin .. begin + bytes), id -1 for an unknown character. */
typedef struct {
    uint32_t begin, bytes;
    int32_t id;
} qp_unigram_piece;

/* Memory of one caller; zero it before the first use. piece[0..count) is the result, in order. */
typedef struct {
    struct qp_unigram_node {
        float score;
        uint32_t begin;
        int32_t id;
    } * node; /* best way to end at each byte since the last place that no piece reaches over */
    size_t node_capacity;
    qp_unigram_piece *piece;
    size_t piece_capacity, count;
} qp_unigram_path;

void qp_unigram_free(qp_unigram *unigram);
void qp_unigram_path_free(qp_unigram_path *path);

/* qp_unigram_apply — the best segmentation of text[0..bytes). Time: bytes times the longest match; memory: the longest
 * stretch without a place that no piece reaches over. Errors: QP_EMEMORY.
 * qp_unigram_go_on — the same behind a text whose path has *score, which grows by that of this one: a text cut where no
 * piece reaches over, part by part, gives the pieces of the whole. */
qp_status qp_unigram_apply(const qp_unigram *unigram, const char *text, size_t bytes, qp_unigram_path *path);
qp_status qp_unigram_go_on(const qp_unigram *unigram, const char *text, size_t bytes, float *score,
                           qp_unigram_path *path);

#endif
