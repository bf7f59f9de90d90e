#ifndef QP_OWN_HUGGINGFACE_H
#define QP_OWN_HUGGINGFACE_H

#include "tokenizer/own/own.h"

/* own_huggingface — a tokenizer of ours as a tokenizer.json that gives the same ids, spans and text for every text that
 * is UTF-8. The special tokens are pieces that no text becomes and that decode to nothing, as with us; they are not
 * "added tokens", which would be read out of the text.
 * Errors  QP_EDATA, naming what a tokenizer.json cannot say: case folding, jamo, bytes behind words or WordPiece,
 *         unigram (its sums are 64-bit there), pieces that look like special ones; QP_EMEMORY. */
qp_status qp_own_write_huggingface(const qp_own *tokenizer, char **text, size_t *bytes);

#endif
