#ifndef QP_TOKENIZER_REPORT_H
#define QP_TOKENIZER_REPORT_H

#include "tokenizer/own/own_trainer.h"
#include "tokenizer/learn/word_counts.h"

/* qp_own_measure — tokens of the counted words, each cut once: the sums of tokens, unknown_tokens and byte_tokens
 * of *report are set. Errors: QP_EMEMORY. */
qp_status qp_own_measure(const qp_own *tokenizer, const qp_word_counts *words, qp_tokenizer_report *report);

#endif
