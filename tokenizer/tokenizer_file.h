#ifndef QP_TOKENIZER_FILE_H
#define QP_TOKENIZER_FILE_H

#include "tokenizer/tokenizer.h"

/* tokenizer_file — a tokenizer as JSON: the same text is a file of its own and an entry in a model file.
 *
 *     {"format": "quipu-tokenizer", "version": 1, "unicode": "15.0.0", "type": "bpe", "normalization": "nfc",
 *      "lower_case": false, "byte_fallback": true, "digits": "together",
 *      "pieces": ["<pad>", "<s>", "</s>", "<unk>", "<0x00>", ..., "\u2581the"], "merges": ["\u2581 t", ...], "scores":
 * [], "checksum": "xxh3:0123456789abcdef"} Pieces stand in order of their ids, merges in order of learning; scores are
 * the log-probabilities of a unigram vocabulary. The checksum covers all the rest. */

/* qp_tokenizer_to_json   — *text is malloc'ed and NUL-terminated.  Errors: QP_EMEMORY.
 * qp_tokenizer_from_json — `place` names the source in messages.
 *   Errors  QP_EDATA: not JSON, an unknown key, version or value, a piece that is empty or there twice, a merge of
 *           unknown pieces, a checksum that does not fit; QP_EMEMORY. Memory is in proportion to the text. */
qp_status qp_tokenizer_to_json(const qp_tokenizer *tokenizer, char **text, size_t *bytes);
qp_status qp_tokenizer_from_json(const char *place, const char *text, size_t bytes, qp_tokenizer **tokenizer);

/* qp_tokenizer_save, qp_tokenizer_load — the same in a file. Saving is complete or absent. Loading also takes a
 * sentencepiece .model or a tokenizer.json of Hugging Face; those encode and decode exactly as their own tools do, keep
 * their own special ids, and cannot be saved in our format. */
qp_status qp_tokenizer_save(const qp_tokenizer *tokenizer, const char *path);
qp_status qp_tokenizer_load(const char *path, qp_tokenizer **tokenizer);

#endif
