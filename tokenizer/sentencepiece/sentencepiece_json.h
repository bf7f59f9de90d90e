#ifndef QP_SENTENCEPIECE_JSON_H
#define QP_SENTENCEPIECE_JSON_H

#include "lib/text/json_writer.h"
#include "tokenizer/sentencepiece/sentencepiece.h"

/* sentencepiece_json — a sentencepiece model in a tokenizer file.
 *
 * qp_sentencepiece_put_json — the keys after "type" and before "checksum".
 * qp_sentencepiece_of_json  — a model from the whole text. */
qp_status qp_sentencepiece_put_json(const qp_sentencepiece *model, qp_text_buffer *out);
qp_status qp_sentencepiece_of_json(const char *place, const char *text, size_t bytes, qp_sentencepiece **model);

#endif
