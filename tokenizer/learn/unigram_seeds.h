#ifndef QP_UNIGRAM_SEEDS_H
#define QP_UNIGRAM_SEEDS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* unigram_seeds — the pieces a unigram vocabulary is chosen from, and where in the text each of them stands.
 *
 * Seeds are all characters, and the substrings of words that occur more than once and cannot be made longer to the
 * right without occurring less often; the best `seed_count` of them by frequency times length. They are read from the
 * sorted suffixes of the words. Every place of the text keeps the list of pieces that begin there, shortest first, so
 * that training never searches. */
typedef struct {
    int32_t *code; /* the words as code points, -1 behind each word */
    size_t code_count;
    size_t *word_start; /* where each word begins in code; words + 1 entries */
    int64_t *word_times;
    size_t word_count;
    struct qp_seed {
        uint32_t place; /* one place where it stands */
        int32_t length; /* in code points */
        int64_t times;
    } * piece; /* the single characters come first */
    int32_t piece_count, character_count;
    size_t *match_start; /* of each place; code_count + 1 entries */
    int32_t *match;      /* piece numbers, shortest piece first */
} qp_unigram_seeds;

/* qp_unigram_seeds_make — from words of code points (-1 inside a word: a character that is in no piece).
 * Errors  QP_EMEMORY, QP_EDATA (2^31 characters). */
qp_status qp_unigram_seeds_make(qp_unigram_seeds *seeds, const int32_t *code, const size_t *word_start,
                                const int64_t *word_times, size_t word_count, int longest, size_t seed_count);

/* Seeds found elsewhere: piece i is code[start[i] .. start[i+1]), single characters first. */
typedef struct {
    const int32_t *code;
    const size_t *start;
    const int64_t *times;
    size_t count, characters;
} qp_unigram_given;

/* qp_unigram_seeds_match — the same from given seeds; those that stand nowhere in the words are left out. */
qp_status qp_unigram_seeds_match(qp_unigram_seeds *seeds, const int32_t *code, const size_t *word_start,
                                 const int64_t *word_times, size_t word_count, const qp_unigram_given *given);

/* qp_unigram_seeds_keep — drop the pieces with keep[i] == 0 and number the others anew, in the same order. */
void qp_unigram_seeds_keep(qp_unigram_seeds *seeds, const uint8_t *keep, int32_t *new_number);

void qp_unigram_seeds_free(qp_unigram_seeds *seeds);

#endif
