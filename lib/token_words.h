#ifndef QP_TOKEN_WORDS_H
#define QP_TOKEN_WORDS_H

#include "lib/ngram/ngram.h"
#include "tokenizer/tokenizer.h"

/* token_words — the pieces of a tokenizer as words of an n-gram model, which know no white space: a control character or
 * space of a piece is its picture (U+2400 + code); of a tokenizer of type `space` the U+2581 in front is left out, so
 * that its words are those of the text and of other projects' ARPA files. UNK is <unk>; so is a piece spelled like one
 * of the special words. */
typedef struct {
    char *text;
    size_t *start; /* [count] of each word in text, NUL-terminated */
    int count;
} qp_token_words;

/* qp_token_words_init — Errors  QP_EMEMORY.
 * qp_token_words_find — which word of the n-grams each token is, -1: none; the first of several equal ones has it.
 *   malloc'ed, [count]; NULL: out of memory. */
qp_status qp_token_words_init(const qp_tokenizer *tokenizer, qp_token_words *words);
void qp_token_words_free(qp_token_words *words);
int32_t *qp_token_words_find(const qp_token_words *words, const qp_ngram *ngram);

static inline const char *qp_token_word(const qp_token_words *words, int32_t id)
{
    return words->text + words->start[id];
}

#endif
