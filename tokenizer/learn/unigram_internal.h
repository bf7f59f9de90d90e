#ifndef QP_UNIGRAM_INTERNAL_H
#define QP_UNIGRAM_INTERNAL_H

#include <stdbool.h>

#include "tokenizer/learn/unigram_seeds.h"
#include "tokenizer/learn/unigram_trainer.h"

/* The state of a training: seeds and their scores (log-probabilities), with arrays for one word at a time. */
typedef struct {
    const qp_unigram_training *in;
    qp_unigram_seeds seeds;
    double *score, *probability, *expected;
    int64_t *times; /* on the best paths */
    uint8_t *keep;
    int32_t *number;
    double *loss;
    double unknown, unknown_probability; /* of a character whose piece was removed; only with given seeds */
    double *forward, *backward, *best;   /* of one word: an entry for each position, and its end */
    int32_t *by_end;
    double scale; /* probabilities are multiplied by scale^length, which cancels in every quotient */
} qp_unigram_trainer;

/* qp_unigram_em_round — one round of expectation and maximisation over all words; drops pieces that are expected less
 *   often than 0.5 times.
 * qp_unigram_prune — drops the pieces whose loss costs the least log-likelihood, down to shrinking_factor * pieces, not
 *   below `wanted`.    Errors  QP_EMEMORY
 * qp_unigram_score_unknown — the score of a character without a piece: 10 below the lowest.
 * qp_unigram_keep — removes the pieces that are not marked in `keep`, with their scores and counts. */
void qp_unigram_em_round(qp_unigram_trainer *t);
qp_status qp_unigram_prune(qp_unigram_trainer *t, int32_t wanted);
void qp_unigram_score_unknown(qp_unigram_trainer *t);
void qp_unigram_keep(qp_unigram_trainer *t);

/* Is the character here not a piece? Then it is an unknown, whose score is 10 below the lowest. */
static inline bool qp_unigram_is_unknown(const qp_unigram_trainer *t, size_t place)
{
    const qp_unigram_seeds *s = &t->seeds;
    size_t first = s->match_start[place];
    if (!t->in->given || s->code[place] < 0) return false;
    return first == s->match_start[place + 1] || s->piece[s->match[first]].length > 1;
}

/* For qsort_r: pieces by descending loss[piece], then ascending number. */
static inline int qp_unigram_by_loss(const void *left, const void *right, void *loss)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    const double *l = loss;
    if (l[a] != l[b]) return l[a] > l[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static inline qp_status qp_unigram_no_memory(void)
{
    return qp_fail(QP_EMEMORY, "unigram training: out of memory; use less text");
}

#endif
