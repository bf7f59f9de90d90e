#ifndef QP_HUGGINGFACE_ALPHABET_H
#define QP_HUGGINGFACE_ALPHABET_H

#include "tokenizer/huggingface/huggingface_trainer.h"

/* qp_hf_add_alphabet — adds the characters of the words and of the initial alphabet to the vocabulary, in order of
 * their codes; limit_alphabet keeps the most frequent ones. Errors: QP_EMEMORY. */
qp_status qp_hf_add_alphabet(const qp_hf_training *training, const qp_word_counts *words, qp_vocabulary *vocabulary);

#endif
