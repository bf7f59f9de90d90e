#ifndef QP_OWN_HUGGINGFACE_H
#define QP_OWN_HUGGINGFACE_H

#include "tokenizer/own/own.h"

/* own_huggingface — an own tokenizer as a tokenizer.json with the same ids, spans and decoded text, for every text that
 * is UTF-8. Special tokens are pieces that no text is encoded as and that decode to nothing, as here; they are not
 * "added tokens", which would be found in the text.
 * Errors  QP_EDATA, naming what a tokenizer.json cannot express: case folding, jamo, byte fallback of words or
 *         WordPiece, unigram (its sums are 64-bit there), pieces spelled like special ones; QP_EMEMORY. */
qp_status qp_own_write_huggingface(const qp_own *tokenizer, char **text, size_t *bytes);

#endif
