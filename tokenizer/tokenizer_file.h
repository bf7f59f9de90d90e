#ifndef QP_TOKENIZER_FILE_H
#define QP_TOKENIZER_FILE_H

#include "tokenizer/tokenizer.h"
#include "tokenizer/tokenizer_json.h"

/* tokenizer_file — save and load a tokenizer.
 *
 * qp_tokenizer_save     — write a tokenizer_json.h file. The file is complete or not there.
 * qp_tokenizer_load     — read one, or any other file that describes a tokenizer completely: a sentencepiece .model, a
 *                         tokenizer.json of Hugging Face, a vocab.txt of BERT. Those encode and decode exactly as their
 *                         own tools do and keep their own special ids. For other formats see tokenizer_formats.h.
 * qp_tokenizer_load_own — the same, but only quipu's own tokenizers, whose special ids are those of lib/base/batch.h:
 *                         for models that are to be trained.
 * Errors  QP_EDATA, QP_ENOINPUT, QP_EIO, QP_EMEMORY. */
qp_status qp_tokenizer_save(const qp_tokenizer *tokenizer, const char *path);
qp_status qp_tokenizer_load(const char *path, qp_tokenizer **tokenizer);
qp_status qp_tokenizer_load_own(const char *path, qp_tokenizer **tokenizer);

#endif
