#include "lib/text/base64.h"

#include <stdint.h>
#include <stdlib.h>

static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

qp_status qp_base64_read(const char *place, const char *text, size_t bytes, char **out, size_t *out_bytes)
{
    *out = NULL;
    *out_bytes = 0;
    size_t padding = 0, made = 0;
    while (padding < 2 && padding < bytes && text[bytes - 1 - padding] == '=') padding++;
    if (bytes % 4 != 0) return qp_fail(QP_EDATA, "%s: base64 of %zu letters is incomplete", place, bytes);
    char *raw = malloc(bytes / 4 * 3 + 1);
    if (!raw) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    for (size_t i = 0; i < bytes; i += 4) {
        uint32_t group = 0;
        for (size_t k = 0; k < 4; k++) {
            int value = i + k >= bytes - padding ? 0 : value_of(text[i + k]);
            if (value < 0) {
                free(raw);
                return qp_fail(QP_EDATA, "%s: a character that is not base64", place);
            }
            group = group << 6 | (uint32_t)value;
        }
        raw[made++] = (char)(group >> 16);
        raw[made++] = (char)(group >> 8 & 0xFF);
        raw[made++] = (char)(group & 0xFF);
    }
    *out = raw;
    *out_bytes = made - padding;
    return QP_OK;
}

void qp_base64_write(qp_text_buffer *out, const void *bytes, size_t count)
{
    static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *byte = bytes;
    char *to = count > SIZE_MAX / 4 ? NULL : qp_text_room(out, (count + 2) / 3 * 4);
    if (!to) return;
    for (size_t i = 0; i < count; i += 3, to += 4) {
        uint32_t group = (uint32_t)byte[i] << 16;
        if (i + 1 < count) group |= (uint32_t)byte[i + 1] << 8;
        if (i + 2 < count) group |= byte[i + 2];
        to[0] = letter[group >> 18];
        to[1] = letter[group >> 12 & 63];
        to[2] = i + 1 < count ? letter[group >> 6 & 63] : '=';
        to[3] = i + 2 < count ? letter[group & 63] : '=';
    }
    out->bytes += (count + 2) / 3 * 4;
}
