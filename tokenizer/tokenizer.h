#ifndef QP_TOKENIZER_H
#define QP_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/base/status.h"
#include "tokenizer/models/encoding.h"
#include "tokenizer/models/kind.h"

/* tokenizer — text to ids and back, for every kind of tokenizer (kind.h).
 *
 * quipu's own tokenizers normalize the text (normalize.h), put a space before it, split it into segments (split.h) and
 * cut each segment into pieces by their model. A space belongs to the word after it and is shown as U+2581. Characters
 * without a piece become bytes <0x00> .. <0xFF>, or <unk> where byte fallback is off. Special ids are those of
 * lib/base/batch.h; they are never found in a text. Type "space" takes the words between white space: any white space
 * between two words counts as one space, and is dropped at the ends.
 * With byte pieces decode(encode(x)) is the normal form of x, byte for byte, for any x: NUL, bad UTF-8, spaces at the
 * ends.
 * A tokenizer does not change after it was made, so any number of threads may share it. */
typedef struct qp_tokenizer qp_tokenizer;

void qp_tokenizer_free(qp_tokenizer *tokenizer);

/* qp_tokenizer_encode_into — ids (and spans) of text[0..bytes); allocates nothing once the longest text was seen.
 * qp_tokenizer_encode      — the ids alone, malloc'ed; the caller frees them.
 * Neither adds BOS or EOS. Time: n log n in the longest word, linear otherwise.
 * Errors  QP_EMEMORY; QP_EDATA for 2^31 bytes or more. */
qp_status qp_tokenizer_encode_into(const qp_tokenizer *tokenizer, const char *text, size_t bytes,
                                   qp_encoding *encoding);
qp_status qp_tokenizer_encode(const qp_tokenizer *tokenizer, const char *text, size_t bytes, int32_t **id, int *count);

/* qp_tokenizer_encode_parsed — encode_into, but special and added tokens that are in the text get their ids; nothing is
 * added. Errors: QP_EUSAGE: this type of tokenizer never finds special tokens in a text; those of encode. */
qp_status qp_tokenizer_encode_parsed(const qp_tokenizer *tokenizer, const char *text, size_t bytes,
                                     qp_encoding *encoding);

/* qp_tokenizer_encode_pair — ids, spans and type ids of one text or two (second NULL: one), with special tokens: by the
 * template of the file ([CLS] A [SEP] B [SEP]), or for own tokenizers <s> A </s>, followed by B </s> of type 1. Each
 * span refers to the text its piece came from; special tokens have empty spans. Errors: as encode. */
qp_status qp_tokenizer_encode_pair(const qp_tokenizer *tokenizer, const char *first, size_t first_bytes,
                                   const char *second, size_t second_bytes, qp_encoding *encoding);

/* qp_tokenizer_decode — the text of ids, malloc'ed and NUL-terminated. PAD, BOS and EOS give no text, UNK gives
 * "<unk>".
 * qp_tokenizer_decode_all — the same, but special tokens give their names.
 * Errors: QP_EDATA for an id outside the vocabulary; QP_EMEMORY. */
qp_status qp_tokenizer_decode(const qp_tokenizer *tokenizer, const int32_t *id, int count, char **text, size_t *bytes);
qp_status qp_tokenizer_decode_all(const qp_tokenizer *tokenizer, const int32_t *id, int count, char **text,
                                  size_t *bytes);

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

/* qp_tokenizer_normalize — the normal form of a text, which decoding gives back; *normal is malloc'ed. */
qp_status qp_tokenizer_normalize(const qp_tokenizer *tokenizer, const char *text, size_t bytes, char **normal,
                                 size_t *normal_bytes);

/* qp_tokenizer_size  — number of pieces; ids are 0 .. size-1.
 * qp_tokenizer_piece — the printable form of an id ("\u2581dog", "<0x0A>", "</s>"), borrowed; "" outside the
 * vocabulary.
 * qp_tokenizer_find  — the id with this printable form, or -1. */
int qp_tokenizer_size(const qp_tokenizer *tokenizer);
const char *qp_tokenizer_piece(const qp_tokenizer *tokenizer, int32_t id);
int32_t qp_tokenizer_find(const qp_tokenizer *tokenizer, const char *piece);

/* qp_tokenizer_role — whether an id of the vocabulary is a normal, special or added token. */
qp_token_role qp_tokenizer_role(const qp_tokenizer *tokenizer, int32_t id);

/* qp_tokenizer_cut — where a long text can be cut without a change of its ids (kind.h). */
qp_safe_cut qp_tokenizer_cut(const qp_tokenizer *tokenizer);

/* qp_tokenizer_info — its properties (kind.h). */
qp_tokenizer_facts qp_tokenizer_info(const qp_tokenizer *tokenizer);

/* qp_tokenizer_is_own — is it a kind that quipu trains, whose special ids are QP_PAD, QP_BOS, QP_EOS and QP_UNK? */
bool qp_tokenizer_is_own(const qp_tokenizer *tokenizer);

/* qp_tokenizer_special — the ids with a role, those that the file names or has under their usual names ("</s>",
 * "[SEP]", "<|endoftext|>", ...); tokenizer_special.h sets others. Lives as long as the tokenizer. */
const qp_special_ids *qp_tokenizer_special(const qp_tokenizer *tokenizer);

/* qp_tokenizer_codec — the interface through which lib uses a tokenizer; borrows it. */
qp_text_codec qp_tokenizer_codec(qp_tokenizer *tokenizer);

#endif
