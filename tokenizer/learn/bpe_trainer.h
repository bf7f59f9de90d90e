#ifndef QP_BPE_TRAINER_H
#define QP_BPE_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/bpe.h"
#include "tokenizer/models/vocabulary.h"

/* bpe_trainer — learns byte pair encoding: the most frequent pair of neighboring symbols becomes a piece, repeatedly.
 *
 * The frequency of a pair is the number of its positions, overlapping ones included ("aaa" contains "aa" twice), times
 * the count of the word. Merging goes from left to right. Of equally frequent pairs the one with the smaller left id is
 * merged, then the one with the smaller right id; ids of characters are in the order of code points, so the result
 * depends only on the counts, not on the order of the text.
 * A pair that spells an existing piece gets the id of that piece.
 * Each position is in the list of its pair, so a merge costs the number of its positions.
 * Source: Sennrich, Haddow & Birch 2016. */

/* Which of equally frequent pairs is merged: the one with the smaller ids, or the one whose two texts are larger
 * (subword-nmt). */
typedef enum { QP_TIE_SMALLER_IDS, QP_TIE_LARGER_TEXTS } qp_bpe_tie;

typedef struct {
    const int32_t *symbol;     /* the distinct words end to end, as ids; -1: a character that is never merged */
    size_t symbol_count;       /* below 2^31 */
    const size_t *word_start;  /* words + 1 entries */
    const int64_t *word_times; /* how often each word occurs */
    size_t word_count;
    int vocabulary_size;     /* stop when the vocabulary has this many pieces */
    int64_t least_frequency; /* stop when the most frequent pair is rarer */
    int longest_piece;       /* in code points; 0: no limit */
    int64_t merge_count;     /* stop after this many merges; 0: no limit */
    qp_bpe_tie tie;
} qp_bpe_training;

/* qp_bpe_train — add the learned pieces to `vocabulary` and the merges to `bpe`.
 * Memory  about 28 bytes per symbol and 40 per distinct pair.  Errors: QP_EMEMORY, QP_EDATA (too many symbols). */
qp_status qp_bpe_train(const qp_bpe_training *training, qp_vocabulary *vocabulary, qp_bpe *bpe);

#endif
