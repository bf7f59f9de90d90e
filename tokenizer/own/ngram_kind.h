#ifndef QP_NGRAM_KIND_H
#define QP_NGRAM_KIND_H

#include "tokenizer/models/kind.h"

/* ngram_kind — a text as the set of its n-grams, for --encoder bag: words and pairs of neighbouring words, and
 * stretches of 1 to 5 characters inside what white space separates, a space added at both ends. Each n-gram is hashed
 * to an id 4 .. features-1: words and pairs to an even one, characters to an odd one (in files without "even_words" to
 * any). Ids are sorted, each once. Text is read in NFC, in lower case if asked for. Nothing is learned, and ids cannot
 * be decoded to text.
 * Source: Weinberger et al. 2009 (feature hashing), Joulin et al. 2017 (fastText). */
extern const qp_tokenizer_kind qp_ngram_kind;

/* qp_ngram_new — for ids below `features` (6 or more); free it with qp_ngram_kind.free. NULL: no memory. */
void *qp_ngram_new(int features, bool lower_case);

#endif
