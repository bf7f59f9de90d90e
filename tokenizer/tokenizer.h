#ifndef QP_TOKENIZER_H
#define QP_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/base/status.h"
#include "tokenizer/models/encoding.h"
#include "tokenizer/models/kind.h"

/* tokenizer — text to ids and back.
 *
 * Encoding: normalise (normalize.h), put a space before the text, split into segments (split.h), let the model cut each
 * segment into pieces. A space belongs to the word behind it and is shown as U+2581. What has no piece is spelled in
 * bytes <0x00> .. <0xFF>, or becomes <unk> where bytes are switched off. Special ids are those of lib/base/batch.h;
 * they are never read out of a text.
 * Words between white space (type space): one space takes the place of all white space between two of them, and what
 * stands at the ends is dropped.
 * With byte pieces decode(encode(x)) is the normal form of x, to the byte, whatever x holds: NUL, bad UTF-8, spaces at
 * either end.
 * A tokenizer does not change after it was made, so any number of threads may use one. */
typedef struct qp_tokenizer qp_tokenizer;

void qp_tokenizer_free(qp_tokenizer *tokenizer);

/* qp_tokenizer_encode_into — ids (and spans) of text[0..bytes); no allocation once the longest text was seen.
 * qp_tokenizer_encode      — the same into malloc'ed memory, which the caller frees.
 * Neither adds BOS or EOS. Time n log n in the longest word, linear otherwise.
 * Errors  QP_EMEMORY; QP_EDATA for 2^31 bytes or more. */
qp_status qp_tokenizer_encode_into(const qp_tokenizer *tokenizer, const char *text, size_t bytes,
                                   qp_encoding *encoding);
qp_status qp_tokenizer_encode(const qp_tokenizer *tokenizer, const char *text, size_t bytes, int32_t **id, int *count);

/* qp_tokenizer_encode_pair — ids, spans and type ids of one text or two (second NULL: one) with the special tokens that
 * belong there: what the template of the file says ([CLS] A [SEP] B [SEP]); of ours <s> A </s>, with B </s> of type 1
 * behind it. Spans are of the text a piece is of, and empty for special tokens. Errors: as encode. */
qp_status qp_tokenizer_encode_pair(const qp_tokenizer *tokenizer, const char *first, size_t first_bytes,
                                   const char *second, size_t second_bytes, qp_encoding *encoding);

/* qp_tokenizer_decode — the text of ids, malloc'ed, NUL-terminated behind *bytes; PAD, BOS and EOS are nothing, UNK is
 * "<unk>". Errors: QP_EDATA for an id outside the vocabulary; QP_EMEMORY. */
qp_status qp_tokenizer_decode(const qp_tokenizer *tokenizer, const int32_t *id, int count, char **text, size_t *bytes);

/* Other segmentations than the best one (qp_tokenizer_random is in kind.h):
 * qp_tokenizer_encode_random — segmentation number `counter` of `key`, into *encoding as qp_tokenizer_encode_into does.
 *                              A pure function of the text, `how`, key and counter.
 * qp_tokenizer_encode_nbest  — the `wanted` best of a unigram model into encoding[0..*found), best first, with their
 *                              scores. Both arrays have `wanted` entries; zero the encodings before the first use.
 * Errors  QP_EUSAGE: this type of tokenizer cannot do it; those of encode. */
qp_status qp_tokenizer_encode_random(const qp_tokenizer *tokenizer, const qp_tokenizer_random *how, uint64_t key,
                                     uint64_t counter, const char *text, size_t bytes, qp_encoding *encoding);
qp_status qp_tokenizer_encode_nbest(const qp_tokenizer *tokenizer, const char *text, size_t bytes, size_t wanted,
                                    qp_encoding *encoding, double *score, size_t *found);

/* qp_tokenizer_normalize — the text that decoding gives back: normalised, nothing else. *normal is malloc'ed. */
qp_status qp_tokenizer_normalize(const qp_tokenizer *tokenizer, const char *text, size_t bytes, char **normal,
                                 size_t *normal_bytes);

/* qp_tokenizer_size  — number of pieces; ids are 0 .. size-1.
 * qp_tokenizer_piece — the printable form of an id ("\u2581dog", "<0x0A>", "</s>"), borrowed; "" outside the
 * vocabulary. qp_tokenizer_find  — the id whose printable form this is, or -1. */
int qp_tokenizer_size(const qp_tokenizer *tokenizer);
const char *qp_tokenizer_piece(const qp_tokenizer *tokenizer, int32_t id);
int32_t qp_tokenizer_find(const qp_tokenizer *tokenizer, const char *piece);

/* qp_tokenizer_info — its properties (kind.h). */
qp_tokenizer_facts qp_tokenizer_info(const qp_tokenizer *tokenizer);

/* qp_tokenizer_codec — the interface that lib asks text through; borrows the tokenizer. */
qp_text_codec qp_tokenizer_codec(qp_tokenizer *tokenizer);

#endif
