#ifndef QP_UNIGRAM_LATTICE_H
#define QP_UNIGRAM_LATTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/trie.h"

/* unigram_lattice — all segmentations of one text at once: the n best of them, and random ones.
 * Sources: n-best by A* from the end with exact forward scores (Nagata 1994); sampling by forward filtering and
 * backward sampling, P(s) proportional to exp(alpha * score(s)) (Kudo 2018). */
typedef struct {
    struct qp_lattice_node {
        uint32_t begin, end;
        int32_t id; /* -1: an unknown character */
        float score;
        float best;          /* score of the best way to the end of this node */
        double sum;          /* log of the sum of exp(alpha * score) over all ways */
        int32_t next_at_end; /* the next node that ends at the same place, -1: none */
    } * node;
    size_t count, capacity;
    int32_t *ends, *last; /* first and last node that ends at each byte */
    size_t ends_capacity, last_capacity, bytes;
} qp_unigram_lattice;

/* One segmentation: nodes from left to right. */
typedef struct {
    int32_t *node;
    size_t count, capacity;
    double score;
} qp_lattice_path;

/* Score of a piece found at a place; lets user-defined symbols count by characters. */
typedef float (*qp_lattice_score)(const void *self, int32_t id, const char *text, size_t bytes);

void qp_unigram_lattice_free(qp_unigram_lattice *lattice);
void qp_lattice_path_free(qp_lattice_path *path);

/* qp_unigram_lattice_build — every piece of the trie at every place; a character that is no piece is an unknown node.
 */
qp_status qp_unigram_lattice_build(qp_unigram_lattice *lattice, const qp_trie *trie, qp_lattice_score score,
                                   const void *self, float unknown_score, const char *text, size_t bytes);

/* qp_unigram_lattice_best — the `wanted` best segmentations in path[0..*found), best first; path is an array of
 * `wanted` zeroed paths, which the caller frees. */
qp_status qp_unigram_lattice_best(const qp_unigram_lattice *lattice, size_t wanted, qp_lattice_path *path,
                                  size_t *found);

/* qp_unigram_lattice_weigh — prepare drawing with this alpha.
 * qp_unigram_lattice_draw  — segmentation number `counter` of `key`: a pure function of both. */
void qp_unigram_lattice_weigh(qp_unigram_lattice *lattice, double alpha);
qp_status qp_unigram_lattice_draw(const qp_unigram_lattice *lattice, uint64_t key, uint64_t counter,
                                  qp_lattice_path *path);

#endif
