#ifndef QP_TOKEN_WORDS_H
#define QP_TOKEN_WORDS_H

#include "lib/ngram/ngram.h"
#include "tokenizer/tokenizer.h"

/* token_words — the pieces of a tokenizer as words of an n-gram model. Words have no white space: control characters
 * and spaces become their pictures (U+2400 + code). For a tokenizer of type `space` the leading U+2581 is dropped, so
 * that its words are those of the text and of other projects' ARPA files. UNK is <unk>, and so is a piece spelled like
 * one of the special words. */
typedef struct {
    char *text;
    size_t *start; /* [count] of each word in text, NUL-terminated */
    int count;
    qp_special_ids special;
} qp_token_words;

/* qp_token_words_init — Errors  QP_EMEMORY.
 * qp_token_words_find — the word of the n-grams for each token, -1: none; of several equal tokens the first has it.
 *   malloc'ed, [count]; NULL: out of memory. */
qp_status qp_token_words_init(const qp_tokenizer *tokenizer, qp_token_words *words);
void qp_token_words_free(qp_token_words *words);
int32_t *qp_token_words_find(const qp_token_words *words, const qp_ngram *ngram);

static inline const char *qp_token_word(const qp_token_words *words, int32_t id)
{
    return words->text + words->start[id];
}

#endif
