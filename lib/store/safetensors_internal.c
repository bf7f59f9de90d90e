#define _GNU_SOURCE /* memmem */
#include "lib/store/safetensors_internal.h"

#include <string.h>


static const struct {
    const char *name;
    size_t bytes;
} dtype_table[QP_DTYPE_COUNT] = {
    [QP_DTYPE_F64] = {"F64", 8},   [QP_DTYPE_F32] = {"F32", 4}, [QP_DTYPE_F16] = {"F16", 2},
    [QP_DTYPE_BF16] = {"BF16", 2}, [QP_DTYPE_I64] = {"I64", 8}, [QP_DTYPE_I32] = {"I32", 4},
    [QP_DTYPE_I8] = {"I8", 1},     [QP_DTYPE_U8] = {"U8", 1},   [QP_DTYPE_BOOL] = {"BOOL", 1},
};

size_t qp_dtype_bytes(qp_dtype dtype) { return dtype_table[dtype].bytes; }
const char *qp_dtype_name(qp_dtype dtype) { return dtype_table[dtype].name; }

const char *qp_printable(const char *name, qp_printable_name *buffer)
{
    size_t limit = sizeof buffer->text - 4, length = 0;
    for (; length < limit && name[length]; length++) {
        unsigned char c = (unsigned char)name[length];
        buffer->text[length] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    buffer->text[length] = '\0';
    if (!name[length]) return buffer->text;
    while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80) length--; /* the beginning of a character */
    strcpy(buffer->text + length, "...");
    return buffer->text;
}

qp_status qp_safetensors_pread(const qp_safetensors *file, uint64_t offset, void *memory, size_t bytes)
{
    return qp_binary_read(&file->base, offset, memory, bytes);
}

/* A quote inside a JSON string is escaped, so these bytes can only be the key itself. */
char *qp_checksum_place(char *header, size_t bytes)
{
    static const char mark[] = "\"" QP_CHECKSUM_KEY "\":\"";
    char *place = memmem(header, bytes, mark, sizeof mark - 1);
    if (!place) return NULL;
    place += sizeof mark - 1;
    return (size_t)(header + bytes - place) > QP_CHECKSUM_DIGITS && place[QP_CHECKSUM_DIGITS] == '"' ? place : NULL;
}
