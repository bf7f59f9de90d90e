#ifndef QP_UNIGRAM_H
#define QP_UNIGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/trie.h"

/* unigram — the most probable segmentation: each piece has a log-probability, and the best sum wins (Viterbi).
 *
 * Sums are floats, added from left to right. Pieces that begin at a position are tried shortest first, and of equal
 * sums the first one found is kept: the arithmetic of sentencepiece 0.2, ties included.
 * Source: Kudo 2018. */
typedef struct {
    qp_trie trie;        /* values are ids */
    const float *score;  /* by id; borrowed */
    float unknown_score; /* of a character that is not a piece */
} qp_unigram;

/* One piece of the path: text[begin .. begin + bytes), id -1 for an unknown character. */
typedef struct {
    uint32_t begin, bytes;
    int32_t id;
} qp_unigram_piece;

/* The result, piece[0..count) in order, and the working memory of one thread; zero it before the first use. */
typedef struct {
    struct qp_unigram_node {
        float score;
        uint32_t begin;
        int32_t id;
    } * node; /* the best path to each byte since the last position that no piece crosses */
    size_t node_capacity;
    qp_unigram_piece *piece;
    size_t piece_capacity, count;
} qp_unigram_path;

void qp_unigram_free(qp_unigram *unigram);
void qp_unigram_path_free(qp_unigram_path *path);

/* qp_unigram_apply    — the best segmentation of text[0..bytes). Time: bytes times the longest match. Memory: the
 *                       longest stretch between two positions that no piece crosses.
 * qp_unigram_continue — the same for a text that follows another one, whose path has *score; the score of this text is
 *                       added to it. A text that is cut where no piece crosses gives, part by part, the pieces of the
 *                       whole.
 * Errors  QP_EMEMORY. */
qp_status qp_unigram_apply(const qp_unigram *unigram, const char *text, size_t bytes, qp_unigram_path *path);
qp_status qp_unigram_continue(const qp_unigram *unigram, const char *text, size_t bytes, float *score,
                              qp_unigram_path *path);

#endif
