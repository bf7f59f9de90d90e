#ifndef QP_LINE_COUNTS_H
#define QP_LINE_COUNTS_H

#include "lib/base/view.h"
#include "lib/text/normalize.h"
#include "tokenizer/learn/line_source.h"
#include "tokenizer/learn/word_counts.h"

/* Processes that count a text together, each a part of it. `join` is called by all of them after their parts, with the
 * status of counting; it puts the counts of all parts in place of this one's, in the order of the text, adds up
 * sum[0 .. sums-1], and returns the status of all. NULL: this process counts all. */
typedef struct {
    void *self;
    qp_status (*join)(void *self, qp_status status, qp_word_counts *words, int64_t *sum, int sums);
} qp_counts_join;

/* line_counts — the words of a stream of lines, counted in parallel and in bounded memory: lines are gathered into
 * blocks of 4 MB, each thread counts a part of every block, and the counts are added in the order of the text. The
 * words and their order do not depend on the number of threads. */
typedef struct {
    /* count: add the words of one line. `work` is memory of the thread, kept from line to line. */
    qp_status (*count)(const void *self, qp_text line, qp_mapped_text *work, qp_word_counts *words);
    const void *self;
    int64_t most_words; /* more distinct words than this at the end of a block: the rarest are dropped until half of it
                         * are left; 0: all are kept */
    void (*progress)(void *self, const char *stage, int64_t bytes); /* called once per block; may be NULL */
    void *progress_self;
    qp_counts_join join;
    int64_t lines, bytes, words; /* what was read; words with repetitions */
} qp_line_counter;

/* qp_line_counts — count the lines of `source` into *words, which is empty at first.
 * Memory  4 MB and the distinct words; with several threads also the distinct words of one block.
 * Errors  those of the source and of `count`; QP_EMEMORY. */
qp_status qp_line_counts(qp_line_counter *counter, qp_line_source source, void *source_self, qp_word_counts *words);

#endif
