#ifndef QP_TOKENIZER_FILE_H
#define QP_TOKENIZER_FILE_H

#include "tokenizer/tokenizer.h"

/* tokenizer_file — a tokenizer as JSON: the same text is a file of its own and an entry in a model file.
 *
 *     {"format": "quipu-tokenizer", "version": 2, "unicode": "15.0.0", "type": "bpe", "normalization": "nfc",
 *      "lower_case": false, "case_fold": false, "strip_accents": false, "jamo": false, "byte_fallback": true,
 *      "digits": "together", "pattern": "words", "space_first": true,
 *      "pieces": ["<pad>", "<s>", "</s>", "<unk>", "<0x00>", ..., "\u2581the"], "initial": [],
 *      "merges": ["\u2581 t", ...], "scores": [], "checksum": "xxh3:0123456789abcdef"}
 *
 * Pieces stand in order of their ids, merges in order of learning; scores are the log-probabilities of a unigram
 * vocabulary; initial are the WordPiece pieces that begin with ## and begin words all the same. Tokenizers of other
 * projects are kept too: type "pipeline" holds a tokenizer.json under "tokenizer", type "sentencepiece" the parts of a
 * .model. The checksum is of every byte before its key. Version 1 had no case_fold, strip_accents, jamo, pattern,
 * space_first and initial; it is still read. */

#define QP_TOKENIZER_FORMAT "quipu-tokenizer"

/* qp_tokenizer_to_json   — *text is malloc'ed and NUL-terminated.  Errors: QP_EMEMORY; QP_EDATA: pieces of a .model
 *                          that are not UTF-8.
 * qp_tokenizer_from_json — `place` names the source in messages.
 *   Errors  QP_EDATA: not JSON, an unknown key, version or value, a piece that is empty or there twice, a merge of
 *           unknown pieces, a checksum that does not fit; QP_EMEMORY. Memory is in proportion to the text. */
qp_status qp_tokenizer_to_json(const qp_tokenizer *tokenizer, char **text, size_t *bytes);
qp_status qp_tokenizer_from_json(const char *place, const char *text, size_t bytes, qp_tokenizer **tokenizer);

/* qp_tokenizer_save, qp_tokenizer_load — the same in a file. Saving is complete or absent. Loading also takes what one
 * file says completely: a sentencepiece .model, a tokenizer.json of Hugging Face, a vocab.txt of BERT; those encode and
 * decode exactly as their own tools do and keep their own special ids. For the others see tokenizer_formats.h. */
qp_status qp_tokenizer_save(const qp_tokenizer *tokenizer, const char *path);
qp_status qp_tokenizer_load(const char *path, qp_tokenizer **tokenizer);

/* qp_tokenizer_load_own — the same, but only ours, whose special ids are those of lib/base/batch.h: for models that are
 * to be trained. Errors: also QP_EDATA for a tokenizer of another project. */
qp_status qp_tokenizer_load_own(const char *path, qp_tokenizer **tokenizer);

#endif
