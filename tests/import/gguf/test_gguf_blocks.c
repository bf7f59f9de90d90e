#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/import/gguf/gguf_blocks.h"

/* One block of every type: bytes of a generator, halves of 0.125 (d) and another number (m) put into them. Expected:
 * gguf.quants.dequantize of the Python package gguf 0.19; sum: of value times its number from 1. */
typedef struct {
    uint32_t type;
    const char *name;
    int d, m; /* where the halves are; -1: none */
    uint16_t half; /* of m */
    int at[8];
    double value[8], sum;
} block_case;

enum { MINUS_HALF = 0xB800, QUARTER = 0x3400, EIGHTH = 0x3000 };

static const block_case cases[] = {
    {8, "Q8_0", 0, -1, 0, {0, 1, 15, 16, 17, 31}, {14.5, -13.75, 12.75, -6.25, 4.5, -14.75}, -311.375},
    {2, "Q4_0", 0, -1, 0, {0, 1, 15, 16, 17, 31}, {-0.5, -0.75, -0.25, -0.125, 0.125, -0.25}, -129.375},
    {3, "Q4_1", 0, 2, MINUS_HALF, {0, 1, 15, 16, 17, 31}, {-0.125, 0.125, 0, -0.375, -0.25, -0.25}, 146.5},
    {6, "Q5_0", 0, -1, 0, {0, 1, 15, 16, 17, 31}, {-1.75, -0.25, 0.375, 0.25, 0.25, -1.75}, -209.125},
    {7, "Q5_1", 0, 2, MINUS_HALF, {0, 1, 15, 16, 17, 31}, {1.625, 1.625, 0.75, -0.125, 2.75, 1.125}, 646.875},
    {12, "Q4_K", 0, 2, QUARTER, {0, 33, 63, 64, 127, 128, 200, 255}, {9.125, 19.5, 47.25, 39.25, 47, 2.5, 4, -0.5},
     255918},
    {13, "Q5_K", 0, 2, QUARTER, {0, 33, 63, 64, 127, 128, 200, 255},
     {49.5, 107.375, 33.375, 9.5, 58.5, 16.5, -12.25, 6.25}, 782308.25},
    {14, "Q6_K", 208, -1, 0, {0, 33, 63, 64, 127, 128, 200, 255},
     {-392, -103.75, -84, 126.75, 159.25, -112.5, -129.5, 31.5}, -416825.625},
};

static void put_half(unsigned char *to, uint16_t half)
{
    to[0] = (unsigned char)half;
    to[1] = (unsigned char)(half >> 8);
}

Test(gguf_blocks, blocks_are_unpacked_as_ggml_does)
{
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const block_case *k = &cases[c];
        const qp_gguf_type *type = qp_gguf_type_of(k->type);
        unsigned char bytes[256];
        qp_real value[256];
        uint32_t state = 7;
        double sum = 0;
        cr_assert_str_eq(type->name, k->name);
        for (int i = 0; i < type->bytes; i++) {
            state = (state * 1103515245u + 12345u) & 0x7FFFFFFFu;
            bytes[i] = (unsigned char)(state >> 16);
        }
        put_half(bytes + k->d, EIGHTH);
        if (k->m >= 0) put_half(bytes + k->m, k->half);
        type->unpack(bytes, 1, value);
        for (int i = 0; i < (type->values == 32 ? 6 : 8); i++)
            cr_expect_eq((double)value[k->at[i]], k->value[i], "%s %d: %g", k->name, k->at[i], (double)value[k->at[i]]);
        for (int i = 0; i < type->values; i++) sum += (i + 1) * (double)value[i];
        cr_expect_eq(sum, k->sum, "%s: %g", k->name, sum);
    }
}

Test(gguf_blocks, plain_numbers)
{
    const unsigned char single[] = {0, 0, 0x20, 0xC0}, half[] = {0, 0x42}, brain[] = {0x40, 0xBF};
    qp_real value;
    qp_gguf_type_of(0)->unpack(single, 1, &value);
    cr_expect_eq((double)value, -2.5);
    qp_gguf_type_of(1)->unpack(half, 1, &value);
    cr_expect_eq((double)value, 3);
    qp_gguf_type_of(30)->unpack(brain, 1, &value);
    cr_expect_eq((double)value, -0.75);
    cr_expect_null(qp_gguf_type_of(4), "a type that was given up");
    cr_expect_null(qp_gguf_type_of(1000));
    cr_expect_null(qp_gguf_type_of(10)->unpack, "known, not read");
}

Test(gguf_blocks, packed_numbers_come_back)
{
    qp_real value[64], back[64];
    unsigned char bytes[256];
    for (int i = 0; i < 64; i++) value[i] = (qp_real)((i - 31) * (i < 32 ? 0.25 : 1));
    qp_gguf_pack(8, value, 64, bytes);
    qp_gguf_type_of(8)->unpack(bytes, 2, back);
    for (int i = 0; i < 64; i++)
        cr_expect_float_eq((double)value[i], (double)back[i], (i < 32 ? 31 * 0.25 : 32) / 127.0 * 0.51, "%d", i);
    cr_expect_eq(bytes[2], 0x81, "the largest of the first block, -7.75, is -127");
    qp_gguf_pack(1, value, 64, bytes);
    qp_gguf_type_of(1)->unpack(bytes, 64, back);
    for (int i = 0; i < 64; i++) cr_expect_eq((double)value[i], (double)back[i], "quarters are exact");
    for (int i = 0; i < 32; i++) value[i] = 0;
    qp_gguf_pack(8, value, 32, bytes);
    qp_gguf_type_of(8)->unpack(bytes, 1, back);
    cr_expect_eq((double)back[5], 0, "no division by zero");
}
