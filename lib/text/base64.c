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

char *qp_base64_write(const char *bytes, size_t count)
{
    static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc(count / 3 * 4 + 5);
    size_t made = 0;
    for (size_t i = 0; text && i < count; i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) group = group << 8 | (i + k < count ? (unsigned char)bytes[i + k] : 0u);
        for (size_t k = 0; k < 4; k++) text[made++] = i + k > count ? '=' : letter[group >> (18 - 6 * k) & 63];
    }
    if (text) text[made] = '\0';
    return text;
}
