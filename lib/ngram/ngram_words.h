#ifndef QP_NGRAM_WORDS_H
#define QP_NGRAM_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* ngram_words — the words of an n-gram model and their ids, numbered in the order of addition. Ids 0, 1, 2 are always
 * <unk>, <s> and </s>. */
enum { QP_NGRAM_UNK, QP_NGRAM_BEGIN, QP_NGRAM_END, QP_NGRAM_SPECIALS };

typedef struct {
    char *text;    /* all words, each NUL-terminated */
    size_t *place; /* [count] offset of each word in text */
    struct qp_ngram_word_index *index;
    int32_t count;
    size_t text_bytes, text_capacity, capacity;
} qp_ngram_words;

/* qp_ngram_words_init — a vocabulary of the three special words.
 * qp_ngram_words_find — the id of a word, or -1.
 * qp_ngram_words_add — the same; an unknown word is added.
 * qp_ngram_words_text — a word, NUL-terminated, borrowed.
 * Memory  about 24 bytes per word and its text.
 * Errors  QP_EMEMORY; QP_EDATA for more than 2^30 words. */
qp_status qp_ngram_words_init(qp_ngram_words *words);
void qp_ngram_words_free(qp_ngram_words *words);
int32_t qp_ngram_words_find(const qp_ngram_words *words, const char *word, size_t bytes);
qp_status qp_ngram_words_add(qp_ngram_words *words, const char *word, size_t bytes, int32_t *id);
const char *qp_ngram_words_text(const qp_ngram_words *words, int32_t id);

#endif
