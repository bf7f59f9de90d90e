#ifndef QP_CORPUS_STATISTICS_H
#define QP_CORPUS_STATISTICS_H

#include <stdint.h>

#include "data/text/corpus.h"

/* corpus_statistics — lengths and overlaps of a corpus, for `train --dry-run`. Numbers of lines, tokens, unknown tokens
 * and skipped lines are in qp_corpus.statistics. */

/* Lengths of one side's sequences, in tokens with the end. Percentile p is the smallest length that at least p percent
 * of the sequences do not exceed (nearest rank). */
typedef struct {
    double mean;
    int32_t shortest, median, percentile_90, percentile_95, percentile_99, longest;
} qp_length_statistics;

/* qp_corpus_length_statistics — lengths of a side with at least one sequence.
 * Memory  4 bytes per sequence. Errors: QP_EMEMORY. */
qp_status qp_corpus_length_statistics(const qp_corpus_side *side, int64_t sequences, qp_length_statistics *statistics);

/* Validation lines that occur in training measure memorization. Lines are compared as written, by xxHash. */
typedef struct {
    int64_t pairs;                      /* of the validation files */
    int64_t seen_pairs;                 /* the pair is a training pair */
    int64_t seen_sources, seen_targets; /* the line occurs on the same side of training */
    int64_t repeated_training_pairs;    /* training pairs that occurred before in training */
} qp_overlap_statistics;

/* qp_corpus_overlap_statistics — read both corpora. In ONE_FILE a pair is its target. Targets of fewer than `shortest`
 * bytes are passed over: in running text short lines, as the names of speakers, recur everywhere.
 * Memory  36 bytes per distinct training line and side. Errors: those of qp_text_pairs_next; QP_EMEMORY. */
qp_status qp_corpus_overlap_statistics(const qp_text_files *training, const qp_text_files *validation, size_t shortest,
                                       qp_overlap_statistics *statistics);

/* qp_percent — 100*part/whole; 0 if whole is 0. */
double qp_percent(int64_t part, int64_t whole);

#endif
