#ifndef QP_BYTE_LETTERS_H
#define QP_BYTE_LETTERS_H

#include <stdint.h>

/* byte_letters — one visible letter for each of the 256 bytes, as GPT-2 writes them in its vocabulary: printable
 * Latin-1 is itself, the other 68 bytes are U+0100, U+0101, ... in order (a space is U+0120). */

static inline int32_t qp_byte_letter(unsigned char byte)
{
    if ((byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE) return byte;
    if (byte <= 0x20) return 0x100 + byte;
    return byte == 0xAD ? 0x143 : 0x121 + (byte - 0x7F);
}

/* qp_letter_byte — the byte of a letter, or -1. */
static inline int qp_letter_byte(int32_t code)
{
    if ((code >= 0x21 && code <= 0x7E) || (code >= 0xA1 && code <= 0xAC) || (code >= 0xAE && code <= 0xFF))
        return (int)code;
    if (code >= 0x100 && code <= 0x120) return (int)(code - 0x100);
    if (code >= 0x121 && code <= 0x142) return (int)(code - 0x121 + 0x7F);
    return code == 0x143 ? 0xAD : -1;
}

#endif
