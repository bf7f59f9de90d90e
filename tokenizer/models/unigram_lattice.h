#ifndef QP_UNIGRAM_LATTICE_H
#define QP_UNIGRAM_LATTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/trie.h"

/* unigram_lattice — all segmentations of one text: the n best, and random ones.
 * Sources: n-best by A* from the end with exact forward scores (Nagata 1994); sampling by forward filtering and
 * backward sampling, P(s) proportional to exp(alpha * score(s)) (Kudo 2018). */
typedef struct {
    struct qp_lattice_node {
        uint32_t begin, end;
        int32_t id; /* -1: an unknown character */
        float score;
        float best;          /* score of the best path that ends with this node */
        double sum;          /* log of the sum of exp(alpha * score) over all paths that end with this node */
        int32_t next_at_end; /* the next node with the same end; -1: none */
    } * node;
    size_t count, capacity;
    int32_t *ends, *last; /* first and last node that ends at each byte */
    size_t ends_capacity, last_capacity, bytes;
} qp_unigram_lattice;

/* One segmentation: its nodes from left to right. */
typedef struct {
    int32_t *node;
    size_t count, capacity;
    double score;
} qp_lattice_path;

/* The score of a piece for a text; sentencepiece scores user-defined symbols by their length. */
typedef float (*qp_lattice_score)(const void *self, int32_t id, const char *text, size_t bytes);

void qp_unigram_lattice_free(qp_unigram_lattice *lattice);
void qp_lattice_path_free(qp_lattice_path *path);

/* qp_unigram_lattice_build — every piece of the trie at every position; a character that is not a piece becomes an
 * unknown node. Errors: QP_EMEMORY. */
qp_status qp_unigram_lattice_build(qp_unigram_lattice *lattice, const qp_trie *trie, qp_lattice_score score,
                                   const void *self, float unknown_score, const char *text, size_t bytes);

/* qp_unigram_lattice_best — the `wanted` best segmentations in path[0..*found), best first; path is an array of
 * `wanted` zeroed paths, which the caller frees. Errors: QP_EMEMORY; QP_EDATA: too many hypotheses. */
qp_status qp_unigram_lattice_best(const qp_unigram_lattice *lattice, size_t wanted, qp_lattice_path *path,
                                  size_t *found);

/* qp_unigram_lattice_weigh — compute `sum` of all nodes for this alpha, before drawing.
 * qp_unigram_lattice_draw  — random segmentation number `counter` of `key`: a pure function of both.
 *                            Errors: QP_EMEMORY. */
void qp_unigram_lattice_weigh(qp_unigram_lattice *lattice, double alpha);
qp_status qp_unigram_lattice_draw(const qp_unigram_lattice *lattice, uint64_t key, uint64_t counter,
                                  qp_lattice_path *path);

#endif
