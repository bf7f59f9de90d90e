#ifndef QP_TOKENIZER_FILE_INTERNAL_H
#define QP_TOKENIZER_FILE_INTERNAL_H

#include "lib/text/json_writer.h"
#include "tokenizer/own/tokenizer_internal.h"

/* tokenizer_file_parts — the pieces of tokenizer_file.c, one file each. */
enum { QP_TOKENIZER_FILE_VERSION = 2 };
extern const char qp_tokenizer_format_name[];         /* "quipu-tokenizer" */
extern const char *const qp_tokenizer_type_name[];    /* by QP_TOKENIZER_, QP_TOKENIZER_TYPES of them */
extern const char *const qp_tokenizer_form_name[];    /* by qp_form, 5 */
extern const char *const qp_tokenizer_pattern_name[]; /* by QP_CUT_, 5 */

/* qp_tokenizer_read_own — a tokenizer of ours; `version` and, from version 2 on, the checksum are checked already. */
qp_status qp_tokenizer_read_own(const char *place, const char *text, size_t bytes, qp_tokenizer **tokenizer);

/* qp_sentencepiece_put_json — the keys behind "type" and before "checksum".
 * qp_sentencepiece_of_json — a model from the whole text. */
qp_status qp_sentencepiece_put_json(const qp_sentencepiece *model, qp_json_out *out);
qp_status qp_sentencepiece_of_json(const char *place, const char *text, size_t bytes, qp_sentencepiece **model);

/* qp_tokenizer_of_foreign — takes over *foreign, also when it fails. */
qp_status qp_tokenizer_of_foreign(qp_foreign *foreign, qp_tokenizer **tokenizer);

#endif
