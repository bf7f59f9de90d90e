#ifndef QP_UNIGRAM_SEEDS_H
#define QP_UNIGRAM_SEEDS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* unigram_seeds — the pieces from which a unigram vocabulary is chosen, and all their positions in the text.
 *
 * Seeds are all characters, and those substrings of words that occur more than once and become rarer when they are
 * extended to the right; the best `seed_count` of them by frequency times length. They are read from the sorted
 * suffixes of the words. Every position has the list of the pieces that begin there, shortest first, so that training
 * never searches. */
typedef struct {
    int32_t *code; /* the words as code points, each followed by -1 */
    size_t code_count;
    size_t *word_start; /* words + 1 entries */
    int64_t *word_times;
    size_t word_count;
    struct qp_seed {
        uint32_t place; /* one of its positions */
        int32_t length; /* in code points */
        int64_t times;
    } * piece; /* the single characters come first */
    int32_t piece_count, character_count;
    size_t *match_start; /* of each position; code_count + 1 entries */
    int32_t *match;      /* piece numbers, shortest piece first */
} qp_unigram_seeds;

/* qp_unigram_seeds_make — from words of code points (-1 inside a word: a character that is part of no piece).
 * Errors  QP_EMEMORY, QP_EDATA (2^31 characters). */
qp_status qp_unigram_seeds_make(qp_unigram_seeds *seeds, const int32_t *code, const size_t *word_start,
                                const int64_t *word_times, size_t word_count, int longest, size_t seed_count);

/* Seeds from elsewhere: piece i is code[start[i] .. start[i+1]); single characters come first. */
typedef struct {
    const int32_t *code;
    const size_t *start;
    const int64_t *times;
    size_t count, characters;
} qp_unigram_given;

/* qp_unigram_seeds_match — from given seeds, without those that do not occur in the words. Errors: as
 * qp_unigram_seeds_make. */
qp_status qp_unigram_seeds_match(qp_unigram_seeds *seeds, const int32_t *code, const size_t *word_start,
                                 const int64_t *word_times, size_t word_count, const qp_unigram_given *given);

/* qp_unigram_seeds_keep — drop the pieces with keep[i] == 0 and renumber the others in the same order; new_number[i]
 * is the number of piece i, or -1. */
void qp_unigram_seeds_keep(qp_unigram_seeds *seeds, const uint8_t *keep, int32_t *new_number);

void qp_unigram_seeds_free(qp_unigram_seeds *seeds);

#endif
