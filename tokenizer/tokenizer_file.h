#ifndef QP_TOKENIZER_FILE_H
#define QP_TOKENIZER_FILE_H

#include "tokenizer/tokenizer.h"
#include "tokenizer/tokenizer_json.h"

/* tokenizer_file — save and load a tokenizer.
 *
 * qp_tokenizer_save     — write a tokenizer_json.h file. The file is complete or not there.
 * qp_tokenizer_load     — read one, or any other file that describes a tokenizer completely: a sentencepiece .model, a
 *                         tokenizer.json of Hugging Face, a vocab.txt of BERT, ranks of tiktoken if their number is
 *                         that of a published encoding; or a folder with such a file or GPT-2's two. Those encode and
 *                         decode exactly as their own tools do and keep their own special ids. Else see
 *                         tokenizer_formats.h.
 * Errors  QP_EDATA, QP_ENOINPUT, QP_EIO, QP_EMEMORY. */
qp_status qp_tokenizer_save(const qp_tokenizer *tokenizer, const char *path);
qp_status qp_tokenizer_load(const char *path, qp_tokenizer **tokenizer);

#endif
