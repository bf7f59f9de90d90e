#ifndef QP_WORD_ROWS_H
#define QP_WORD_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/text/word_vectors.h"
#include "lib/base/real.h"
#include "tokenizer/tokenizer.h"

/* word_rows — word vectors as rows of an embedding, for the pieces of a tokenizer that are whole words.
 *
 * Vocabularies of types word and space hold words. In others a whole word is a piece that begins with the sign of a
 * word's start (U+2581, or GPT-2's U+0120), or ends with "</w>", or does not begin with "##", whichever of these signs
 * the vocabulary uses; without any, every piece is one. Special tokens are none. A piece takes the vector of its
 * word, or else that of its word in lower case. Of several vectors of one word the first counts. */
typedef struct {
    char *match;             /* [vocabulary] malloc'ed: one of QP_ROW_* */
    int size, exact, lower;  /* the vocabulary; rows replaced by the exact word, and by its lower case */
    int64_t words, repeated; /* words of the file; vectors that were not the first of a word of the vocabulary */
} qp_word_rows;

enum { QP_ROW_KEPT, QP_ROW_LOWER, QP_ROW_EXACT };

/* qp_word_rows_read — replaces rows of table[vocabulary, width] by the vectors of `path`, which have this width.
 *   Memory: the words of the vocabulary, one vector.
 * Errors  those of word_vectors.h; QP_EMEMORY. The table may be changed in part. */
qp_status qp_word_rows_read(const char *path, const qp_tokenizer *tokenizer, int width, qp_real *table,
                            qp_word_rows *rows);
void qp_word_rows_free(qp_word_rows *rows);

#endif
