#ifndef QP_HALF_H
#define QP_HALF_H

#include <stdint.h>
#include <string.h>

/* half — numbers of 16 bits: IEEE half precision (5 bits of exponent, 10 of fraction) and bfloat16 (8 and 7: the upper
 * half of a float). To float they are exact; from float they round to the nearest, ties to even. */
static inline float qp_half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = (half >> 10) & 31u, fraction = half & 1023u;
    if (exponent == 0) { /* zero and subnormal: fraction * 2^-24 is exact */
        float magnitude = (float)fraction * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    uint32_t bits = exponent == 31 ? sign | 0x7F800000u | fraction << 13
                                   : sign | (exponent + 112) << 23 | fraction << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float qp_bfloat_to_float(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint16_t qp_bfloat_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(bits >> 16 | 64); /* stays not a number */
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

/* Above 65,519 it is infinite. */
static inline uint16_t qp_half_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u, size = bits & 0x7FFFFFFFu;
    if (size > 0x7F800000u) return (uint16_t)(sign | 0x7E00u);
    if (size >= 0x477FF000u) return (uint16_t)(sign | 0x7C00u);
    if (size < 0x38800000u) { /* below 2^-14: steps of 2^-24, to which adding 0.5 rounds */
        float shifted;
        memcpy(&shifted, &size, sizeof shifted);
        shifted += 0.5f;
        memcpy(&bits, &shifted, sizeof bits);
        return (uint16_t)(sign | (bits - 0x3F000000u));
    }
    return (uint16_t)(sign | ((size - 0x38000000u + 0xFFFu + (size >> 13 & 1)) >> 13));
}

#endif
