#ifndef QP_UNIGRAM_TRAINER_H
#define QP_UNIGRAM_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/learn/unigram_seeds.h"

/* unigram_trainer — learns a unigram vocabulary by expectation maximization (EM) and pruning.
 *
 * Starts from many seeds (unigram_seeds.h). Two rounds of EM give each piece its expected count and, by the digamma
 * function, its log-probability. Then the pieces whose removal costs the least likelihood are removed, a quarter at a
 * time, until 1.1 times the wanted number remain; the most probable of these are the result. Single characters are
 * never removed. With given seeds they may be, like any piece; an unknown takes their place, and they are not in the
 * result. All sums are doubles in a fixed order, so the result is the same on every machine.
 * Source: Kudo 2018; the rules of pruning are those of sentencepiece. */
typedef struct {
    const int32_t *code;      /* the distinct words end to end, as code points; -1: a character of no piece */
    const size_t *word_start; /* words + 1 entries */
    const int64_t *word_times;
    size_t word_count;
    int piece_count;   /* wanted, single characters included */
    int longest_piece; /* in code points, 1 .. 64; with given seeds not used */
    int seed_count;
    double shrinking_factor;       /* share of the pieces that one pruning keeps */
    int rounds;                    /* of EM between two prunings */
    int enough;                    /* pruning ends at this many pieces; 0: 1.1 times piece_count */
    const qp_unigram_given *given; /* NULL: seeds are taken from the words */
} qp_unigram_training;

/* The result: piece i is code[start[i] .. start[i+1]), best score first. */
typedef struct {
    int32_t *code;
    size_t *start;
    float *score;
    float least; /* the lowest score before the best pieces were chosen */
    int count;
} qp_unigram_pieces;

/* qp_unigram_train — Errors: QP_EUSAGE when piece_count is below the number of characters; QP_EMEMORY; QP_EDATA.
 * Memory  about 40 bytes per character of the distinct words, and 4 per place of a piece. */
qp_status qp_unigram_train(const qp_unigram_training *training, qp_unigram_pieces *pieces);
void qp_unigram_pieces_free(qp_unigram_pieces *pieces);

#endif
