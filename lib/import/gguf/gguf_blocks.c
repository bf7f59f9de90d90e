#include "lib/import/gguf/gguf_blocks.h"

#include <math.h>
#include <string.h>

#include "lib/base/half.h"
#include "lib/store/checked.h"

static uint16_t u16_at(const unsigned char *from) { return (uint16_t)(from[0] | from[1] << 8); }

static qp_real half_at(const unsigned char *from) { return (qp_real)qp_half_to_float(u16_at(from)); }

static qp_real float_at(const unsigned char *from)
{
    uint32_t bits = qp_little_u32(from);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (qp_real)value;
}

/* ---- plain numbers ---- */

static void f32(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (size_t i = 0; i < blocks; i++) to[i] = float_at(from + 4 * i);
}

static void f16(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (size_t i = 0; i < blocks; i++) to[i] = half_at(from + 2 * i);
}

static void bf16(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (size_t i = 0; i < blocks; i++) to[i] = (qp_real)qp_bfloat_to_float(u16_at(from + 2 * i));
}

/* ---- blocks of 32 ---- */

static void q8_0(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (; blocks > 0; blocks--, from += 34, to += 32) {
        qp_real d = half_at(from);
        for (int i = 0; i < 32; i++) to[i] = d * (qp_real)(int8_t)from[2 + i];
    }
}

/* x = d (q + low) + m; high: where the fifth bits are, or NULL. */
static void nibbles(const unsigned char *half, const unsigned char *high, int low, qp_real d, qp_real m, qp_real *to)
{
    uint32_t fifth = high ? qp_little_u32(high) : 0;
    for (int i = 0; i < 32; i++) {
        int q = i < 16 ? half[i] & 15 : half[i - 16] >> 4;
        to[i] = d * (qp_real)((q | (int)(fifth >> i & 1) << 4) + low) + m;
    }
}

static void q4_0(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (; blocks > 0; blocks--, from += 18, to += 32) nibbles(from + 2, NULL, -8, half_at(from), 0, to);
}

static void q4_1(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (; blocks > 0; blocks--, from += 20, to += 32) nibbles(from + 4, NULL, 0, half_at(from), half_at(from + 2), to);
}

static void q5_0(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (; blocks > 0; blocks--, from += 22, to += 32) nibbles(from + 6, from + 2, -16, half_at(from), 0, to);
}

static void q5_1(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (; blocks > 0; blocks--, from += 24, to += 32)
        nibbles(from + 8, from + 4, 0, half_at(from), half_at(from + 2), to);
}

/* ---- blocks of 256 ---- */

/* Factor i of 8 and its offset, of 6 bits each, in 12 bytes: the first four are the lower 6 bits of bytes 0 to 3 and 4
 * to 7; of the others, bytes 8 to 11 have the lower 4 bits of both and the upper 2 bits are those of bytes 0 to 7. */
static void scale_of(const unsigned char *s, int i, int *scale, int *offset)
{
    *scale = i < 4 ? s[i] & 63 : (s[i + 4] & 15) | s[i - 4] >> 6 << 4;
    *offset = i < 4 ? s[i + 4] & 63 : s[i + 4] >> 4 | s[i] >> 6 << 4;
}

/* high: 32 bytes of fifth bits, or NULL. */
static void k_nibbles(const unsigned char *from, const unsigned char *high, const unsigned char *low, qp_real *to)
{
    qp_real d = half_at(from), m = half_at(from + 2);
    for (int group = 0; group < 8; group++) {
        const unsigned char *byte = low + (ptrdiff_t)(group / 2) * 32;
        int scale, offset;
        scale_of(from + 4, group, &scale, &offset);
        qp_real factor = d * (qp_real)scale, least = m * (qp_real)offset;
        for (int i = 0; i < 32; i++) {
            int q = group % 2 ? byte[i] >> 4 : byte[i] & 15;
            if (high) q |= (high[i] >> group & 1) << 4;
            to[32 * group + i] = factor * (qp_real)q - least;
        }
    }
}

static void q4_k(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (; blocks > 0; blocks--, from += 144, to += 256) k_nibbles(from, NULL, from + 16, to);
}

static void q5_k(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (; blocks > 0; blocks--, from += 176, to += 256) k_nibbles(from, from + 16, from + 48, to);
}

static void q6_k(const unsigned char *from, size_t blocks, qp_real *to)
{
    for (; blocks > 0; blocks--, from += 210, to += 256) {
        qp_real d = half_at(from + 208);
        for (int i = 0; i < 256; i++) {
            int part = i / 128, in = i % 128, quarter = in / 32, l = in % 32;
            const unsigned char *low = from + 64L * part + in % 64, *high = from + 128 + 32L * part + l;
            int q = (in < 64 ? *low & 15 : *low >> 4) | (*high >> 2 * quarter & 3) << 4;
            to[i] = d * (qp_real)(int8_t)from[192 + i / 16] * (qp_real)(q - 32);
        }
    }
}

/* ---- the table ---- */

static const qp_gguf_type types[] = {
    [QP_GGUF_F32] = {"F32", 1, 4, f32},
    [QP_GGUF_F16] = {"F16", 1, 2, f16},
    [2] = {"Q4_0", 32, 18, q4_0},
    [3] = {"Q4_1", 32, 20, q4_1},
    [6] = {"Q5_0", 32, 22, q5_0},
    [7] = {"Q5_1", 32, 24, q5_1},
    [QP_GGUF_Q8_0] = {"Q8_0", 32, 34, q8_0},
    [9] = {"Q8_1", 0, 0, NULL},
    [10] = {"Q2_K", 0, 0, NULL},
    [11] = {"Q3_K", 0, 0, NULL},
    [12] = {"Q4_K", 256, 144, q4_k},
    [13] = {"Q5_K", 256, 176, q5_k},
    [14] = {"Q6_K", 256, 210, q6_k},
    [15] = {"Q8_K", 0, 0, NULL},
    [16] = {"IQ2_XXS", 0, 0, NULL},
    [17] = {"IQ2_XS", 0, 0, NULL},
    [18] = {"IQ3_XXS", 0, 0, NULL},
    [19] = {"IQ1_S", 0, 0, NULL},
    [20] = {"IQ4_NL", 0, 0, NULL},
    [21] = {"IQ3_S", 0, 0, NULL},
    [22] = {"IQ2_S", 0, 0, NULL},
    [23] = {"IQ4_XS", 0, 0, NULL},
    [24] = {"I8", 0, 0, NULL},
    [25] = {"I16", 0, 0, NULL},
    [26] = {"I32", 0, 0, NULL},
    [27] = {"I64", 0, 0, NULL},
    [28] = {"F64", 0, 0, NULL},
    [29] = {"IQ1_M", 0, 0, NULL},
    [30] = {"BF16", 1, 2, bf16},
    [34] = {"TQ1_0", 0, 0, NULL},
    [35] = {"TQ2_0", 0, 0, NULL},
    [39] = {"MXFP4", 0, 0, NULL},
};

const qp_gguf_type *qp_gguf_type_of(uint32_t number)
{
    return number < sizeof types / sizeof *types && types[number].name ? &types[number] : NULL;
}

/* ---- packing ---- */

static void put_u16(unsigned char *to, uint16_t value)
{
    to[0] = (unsigned char)value;
    to[1] = (unsigned char)(value >> 8);
}

static void pack_q8_0(const qp_real *from, unsigned char *to)
{
    float largest = 0;
    for (int i = 0; i < 32; i++) largest = fmaxf(largest, fabsf((float)from[i]));
    float d = largest / 127, inverse = d > 0 ? 1 / d : 0;
    put_u16(to, qp_half_of(d));
    for (int i = 0; i < 32; i++) to[2 + i] = (unsigned char)(int8_t)roundf((float)from[i] * inverse);
}

void qp_gguf_pack(uint32_t type, const qp_real *from, size_t count, unsigned char *to)
{
    for (size_t i = 0; type == QP_GGUF_F32 && i < count; i++) {
        float value = (float)from[i];
        memcpy(to + 4 * i, &value, sizeof value);
    }
    for (size_t i = 0; type == QP_GGUF_F16 && i < count; i++) put_u16(to + 2 * i, qp_half_of((float)from[i]));
    for (size_t i = 0; type == QP_GGUF_Q8_0 && i < count; i += 32) pack_q8_0(from + i, to + i / 32 * 34);
}
