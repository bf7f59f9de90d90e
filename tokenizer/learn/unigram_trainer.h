#ifndef QP_UNIGRAM_TRAINER_H
#define QP_UNIGRAM_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/learn/unigram_seeds.h"

/* unigram_trainer — a unigram vocabulary by expectation maximisation and pruning.
 *
 * From many seeds (unigram_seeds.h): two rounds of EM give each piece its expected count and from that, through the
 * digamma function, its log-probability; then the pieces whose loss would cost least are removed, a quarter at a time,
 * until 1.1 times the wanted number is left. The best by probability are taken. Single characters always stay; with
 * given seeds they may go like any piece, leave an unknown in their place, and are not part of the result.
 * All sums run in a fixed order in double, so the result is the same everywhere.
 * Source: Kudo 2018; the rules of pruning are those of sentencepiece. */
typedef struct {
    const int32_t *code;      /* the distinct words end to end, as code points; -1: a character in no piece */
    const size_t *word_start; /* words + 1 entries */
    const int64_t *word_times;
    size_t word_count;
    int piece_count;   /* wanted, single characters included */
    int longest_piece; /* in code points, 1 .. 64 */
    int seed_count;
    double shrinking_factor;       /* share kept by one pruning */
    int rounds;                    /* of EM between two prunings */
    int enough;                    /* pruning ends at so many pieces; 0: 1.1 times piece_count */
    const qp_unigram_given *given; /* NULL: the seeds are looked for in the words */
} qp_unigram_training;

/* What was learned: piece i is code[start[i] .. start[i+1]), by score, best first. */
typedef struct {
    int32_t *code;
    size_t *start;
    float *score;
    float least; /* score of the rarest piece before the best were taken */
    int count;
} qp_unigram_pieces;

/* qp_unigram_train — Errors: QP_EUSAGE when piece_count is below the number of characters; QP_EMEMORY; QP_EDATA.
 * Memory  about 40 bytes per character of the distinct words, and 4 per place of a piece. */
qp_status qp_unigram_train(const qp_unigram_training *training, qp_unigram_pieces *pieces);
void qp_unigram_pieces_free(qp_unigram_pieces *pieces);

#endif
