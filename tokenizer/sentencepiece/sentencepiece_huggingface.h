#ifndef QP_SENTENCEPIECE_HUGGINGFACE_H
#define QP_SENTENCEPIECE_HUGGINGFACE_H

#include "tokenizer/sentencepiece/sentencepiece.h"

/* sentencepiece_huggingface — a sentencepiece model of BPE or characters as a tokenizer.json: the same ids for every
 * text that is UTF-8, and the same text for the ids of a text. The whole text is one word there, as with sentencepiece;
 * control pieces are pieces that no text becomes and that decode to nothing; as "added tokens" they would be found in
 * the text.
 *   *text  malloc'ed and NUL-terminated
 * Errors  QP_EDATA, naming what a tokenizer.json cannot express:
 *           unigram              sums are 64-bit there and 32-bit here, so equal sums may differ there
 *           normalisation rules  "Precompiled" applies only the shortest rule to a short cluster of characters
 *           user-defined pieces  where a space is put first or extra spaces are removed; else they are added tokens
 *           words, unused pieces, a space after words, a denormalizer, equal scores, a piece that is
 *           joined in more ways than one
 *         QP_EMEMORY. */
qp_status qp_sentencepiece_write_huggingface(const qp_sentencepiece *model, char **text, size_t *bytes);

#endif
