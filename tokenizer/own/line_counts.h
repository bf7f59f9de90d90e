#ifndef QP_LINE_COUNTS_H
#define QP_LINE_COUNTS_H

#include "tokenizer/own/own_trainer.h"
#include "tokenizer/learn/word_counts.h"

/* line_counts — the words of a stream of lines, counted in parallel and in bounded memory: lines are gathered to blocks
 * of 4 MB, the threads count a stretch of each, and their counts are added in the order of the text. The words and
 * their order are those that one thread finds.
 *
 * qp_line_counts — count what the tokenizer makes of the lines (normal form, split) into *words, which begins empty.
 * most_words  above so many distinct words, at the end of a block, the rarest are forgotten until half are left; 0:
 * never report      lines, bytes, words and distinct words are filled in Memory      4 MB, and the distinct words once,
 * with several threads those of a block once more. Errors      those of the source; QP_EMEMORY. */
qp_status qp_line_counts(const qp_own *tokenizer, qp_line_source source, void *self, int64_t most_words,
                         qp_tokenizer_report *report, qp_word_counts *words);

#endif
