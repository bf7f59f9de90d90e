#ifndef QP_TOKENIZER_JSON_H
#define QP_TOKENIZER_JSON_H

#include "tokenizer/tokenizer.h"

/* tokenizer_json — a tokenizer as JSON: the content of a tokenizer file, and of the entry in a model file.
 *
 *     {"format": "quipu-tokenizer", "version": 2, "unicode": "15.0.0", "type": "bpe", "normalization": "nfc",
 *      "lower_case": false, "case_fold": false, "strip_accents": false, "jamo": false, "byte_fallback": true,
 *      "digits": "together", "pattern": "words", "space_first": true,
 *      "pieces": ["<pad>", "<s>", "</s>", "<unk>", "<0x00>", ..., "\u2581the"], "initial": [],
 *      "merges": ["\u2581 t", ...], "scores": [], "checksum": "xxh3:0123456789abcdef"}
 *
 * Pieces are in the order of their ids, merges in the order of learning. `scores` are the log-probabilities of a
 * unigram vocabulary. `initial` lists the WordPiece pieces whose text starts with ## although they begin words.
 * Tokenizers of other projects: type "pipeline" has a tokenizer.json under the key "tokenizer", type "sentencepiece"
 * the fields of a .model; "special" before them has the ids [pad, begin, end, unknown, mask] (-1: none) where training
 * named or appended some. The checksum covers every byte before its key. Version 1, which had no case_fold,
 * strip_accents, jamo, pattern, space_first and initial, is still read. */
#define QP_TOKENIZER_FORMAT "quipu-tokenizer"

/* qp_tokenizer_to_json   — *text is malloc'ed and NUL-terminated.
 *   Errors  QP_EMEMORY; QP_EDATA: a piece of a .model is not UTF-8.
 * qp_tokenizer_from_json — `place` names the source in messages. Memory is proportional to the text.
 *   Errors  QP_EDATA: not JSON, an unknown key, version or value, a piece that is empty or listed twice, a merge of
 *           unknown pieces, a wrong checksum; QP_EMEMORY. */
qp_status qp_tokenizer_to_json(const qp_tokenizer *tokenizer, char **text, size_t *bytes);
qp_status qp_tokenizer_from_json(const char *place, const char *text, size_t bytes, qp_tokenizer **tokenizer);

#endif
