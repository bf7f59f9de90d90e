#ifndef QP_PROTOBUF_OUT_H
#define QP_PROTOBUF_OUT_H

#include "lib/text/json_writer.h"

/* protobuf_out — fields of protocol buffers, for the writers of .model files. Source: protobuf.dev, encoding.
 *
 * qp_protobuf_number  — a whole number or flag.
 * qp_protobuf_float   — 32 bits, little-endian.
 * qp_protobuf_text    — bytes.
 * qp_protobuf_message — the content of *inner, which is empty afterwards. */
void qp_protobuf_number(qp_text_buffer *out, uint32_t field, int64_t value);
void qp_protobuf_float(qp_text_buffer *out, uint32_t field, float value);
void qp_protobuf_text(qp_text_buffer *out, uint32_t field, const char *text, size_t bytes);
void qp_protobuf_message(qp_text_buffer *out, uint32_t field, qp_text_buffer *inner);

#endif
