#ifndef QP_SENTENCEPIECE_TRAINER_H
#define QP_SENTENCEPIECE_TRAINER_H

#include "tokenizer/sentencepiece/sentencepiece_trainer_config.h"
#include "tokenizer/learn/line_source.h"

/* sentencepiece_trainer — learn a model file as sentencepiece does, with its options.
 *
 * bpe: the pieces and their order are those of sentencepiece 0.2.3. unigram: its seeds, EM, pruning and final choice,
 * in double instead of float, so that scores agree to a few digits and vocabularies almost always. word, char: by
 * count. Source: Kudo & Richardson 2018; sentencepiece 0.2.3, observed. */
typedef struct {
    const char *const *control, *const *user; /* names of control and user-defined symbols */
    size_t control_count, user_count;
} qp_sentencepiece_symbols;

/* qp_sentencepiece_train — *content becomes the .model file, malloc'ed; qp_sentencepiece_read opens it.
 * Memory  4 bytes per character of the text, about 24 per character of its distinct words, 100 per pair (bpe).
 * Errors  QP_EUSAGE: vocab_size too small for the characters or too large for the text (hard_vocab_limit), two symbols
 * of one name or id; QP_EMEMORY; QP_EDATA; what the source says. */
qp_status qp_sentencepiece_train(const qp_sentencepiece_config *config, const qp_sentencepiece_symbols *symbols,
                                 qp_line_source source, void *self, char **content, size_t *bytes);

#endif
