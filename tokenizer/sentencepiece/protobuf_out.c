#include "tokenizer/sentencepiece/protobuf_out.h"

#include <string.h>

static void put_varint(qp_text_buffer *out, uint64_t value)
{
    char byte[10];
    size_t count = 0;
    for (; value >= 0x80; value >>= 7) byte[count++] = (char)((value & 0x7F) | 0x80);
    byte[count++] = (char)value;
    qp_text_put(out, byte, count);
}

void qp_protobuf_number(qp_text_buffer *out, uint32_t field, int64_t value)
{
    put_varint(out, (uint64_t)field << 3);
    put_varint(out, (uint64_t)value);
}

void qp_protobuf_float(qp_text_buffer *out, uint32_t field, float value)
{
    uint32_t bits;
    char byte[4];
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++) byte[i] = (char)(bits >> 8 * i & 0xFF);
    put_varint(out, (uint64_t)field << 3 | 5);
    qp_text_put(out, byte, 4);
}

void qp_protobuf_text(qp_text_buffer *out, uint32_t field, const char *text, size_t bytes)
{
    put_varint(out, (uint64_t)field << 3 | 2);
    put_varint(out, bytes);
    qp_text_put(out, text, bytes);
}

void qp_protobuf_message(qp_text_buffer *out, uint32_t field, qp_text_buffer *inner)
{
    qp_protobuf_text(out, field, inner->text ? inner->text : "", inner->bytes);
    out->failed = out->failed || inner->failed;
    qp_text_free(inner);
}
