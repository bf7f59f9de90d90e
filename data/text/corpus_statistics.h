#ifndef QP_CORPUS_STATISTICS_H
#define QP_CORPUS_STATISTICS_H

#include <stdint.h>

#include "data/text/corpus.h"

/* report — what a corpus is like, before anything is learned from it (`train --dry-run`). Figures alone; the caller
 * prints them. Lines, tokens, unknown and left-out lines are in qp_corpus.statistics. */

/* Lengths of one side's sequences, in tokens with QP_EOS. percentile p is the smallest length that at least p of a
 * hundred sequences do not exceed (nearest rank). */
typedef struct {
    double mean;
    int32_t shortest, median, percentile_90, percentile_95, percentile_99, longest;
} qp_length_statistics;

/* qp_corpus_length_statistics — of a side that exists, with at least one sequence. Memory 4 bytes a sequence. Errors QP_EMEMORY.
 */
qp_status qp_corpus_length_statistics(const qp_corpus_side *side, int64_t sequences, qp_length_statistics *statistics);

/* Validation that was trained on measures memory, not learning. Lines are compared as written, by xxHash. */
typedef struct {
    int64_t pairs;                      /* of the validation files */
    int64_t seen_pairs;                 /* source and target together are a training pair */
    int64_t seen_sources, seen_targets; /* the line is a line of the same side of training */
    int64_t repeated_training_pairs;    /* training pairs that occurred before in training */
} qp_overlap_statistics;

/* qp_corpus_overlap_statistics — read both corpora. In ONE_FILE a pair is its target alone.
 * Memory  36 bytes a different training line and side. Errors: those of qp_text_pairs_next; QP_EMEMORY. */
qp_status qp_corpus_overlap_statistics(const qp_text_files *training, const qp_text_files *validation,
                                       qp_overlap_statistics *statistics);

/* qp_percent — 100*part/whole, 0 of nothing. */
double qp_percent(int64_t part, int64_t whole);

#endif
