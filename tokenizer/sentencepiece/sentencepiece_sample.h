#ifndef QP_SENTENCEPIECE_SAMPLE_H
#define QP_SENTENCEPIECE_SAMPLE_H

#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/models/unigram_lattice.h"

/* sentencepiece_sample — the n best segmentations of a unigram model, and random ones (subword regularisation). */

/* qp_sentencepiece_nbest — list and score of the `wanted` best in list[0..*found); both arrays have `wanted` entries,
 * the lists zeroed before the first use. An unknown run is one id, but each of its characters counts in the score.
 * Errors  QP_EUSAGE: no unigram model; QP_EMEMORY. */
qp_status qp_sentencepiece_nbest(const qp_sentencepiece *model, const char *text, size_t bytes, size_t wanted,
                                 qp_encoding *list, double *score, size_t *found);

/* Random segmentations of one text; zero it before begin. */
typedef struct {
    const qp_sentencepiece *model;
    qp_mapped_text normal;
    qp_unigram_lattice lattice;
    qp_lattice_path path, *best;
    double *weight; /* of the n best, running sums */
    size_t best_count;
    int nbest_size;
} qp_sentencepiece_sampler;

/* qp_sentencepiece_sampler_begin — nbest_size 0 or 1: always the best; k > 1: among the k best; below 0: among all. The
 * probability of a segmentation is in proportion to exp(alpha * score).
 * qp_sentencepiece_sampler_draw  — draw number `counter` of `key`: a pure function of both. */
qp_status qp_sentencepiece_sampler_begin(qp_sentencepiece_sampler *sampler, const qp_sentencepiece *model,
                                         const char *text, size_t bytes, int nbest_size, double alpha);
qp_status qp_sentencepiece_sampler_draw(qp_sentencepiece_sampler *sampler, uint64_t key, uint64_t counter,
                                        qp_encoding *list);
void qp_sentencepiece_sampler_free(qp_sentencepiece_sampler *sampler);

#endif
