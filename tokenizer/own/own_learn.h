#ifndef QP_OWN_LEARN_H
#define QP_OWN_LEARN_H

#include "tokenizer/learn/word_counts.h"
#include "tokenizer/own/own_trainer.h"

/* qp_own_learn — fill an empty tokenizer with what its type learns from counted words, and finish it; the words may be
 * sorted. The report gets the numbers of characters. Errors: QP_EUSAGE: vocab_size is too small; QP_EMEMORY. */
qp_status qp_own_learn(const qp_tokenizer_config *config, qp_word_counts *words, qp_own *own,
                       qp_tokenizer_report *report);

#endif
