#ifndef QP_GGUF_BLOCKS_H
#define QP_GGUF_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"

/* gguf_blocks — the types of arrays in GGUF files: plain numbers, and blocks of few bits with a factor.
 *
 * A row is cut into blocks of `values` numbers, `bytes` bytes each. All numbers are little-endian; half is IEEE's
 * format of 16 bits. q are the stored whole numbers, x what they mean:
 *   F32, F16, BF16  plain
 *   Q8_0  32 values, 34 bytes: half d; int8 q [32].                     x = d q
 *   Q4_0  32 values, 18 bytes: half d; 16 bytes: value i in the low half of byte i, i + 16 in its high half.
 *                                                                       x = d (q - 8)
 *   Q4_1  32 values, 20 bytes: half d, m; 16 bytes as in Q4_0.          x = d q + m
 *   Q5_0  32 values, 22 bytes: half d; 32 bits, the fifth bit of value i is bit i; 16 bytes as in Q4_0.
 *                                                                       x = d (q - 16)
 *   Q5_1  32 values, 24 bytes: half d, m; then as in Q5_0.              x = d q + m
 *   Q4_K  256 values, 144 bytes: half d, m; 12 bytes with 8 factors s and 8 offsets o of 6 bits; 128 bytes. Values
 *         64 k .. 64 k + 31 are the low halves of bytes 32 k .. 32 k + 31, the next 32 their high halves. Every 32
 *         values share s and o.                                         x = d s q - m o
 *   Q5_K  256 values, 176 bytes: half d, m; 12 bytes as in Q4_K; 32 bytes, the fifth bit of value i is bit i / 32 of
 *         byte i % 32; 128 bytes as in Q4_K.                            x = d s q - m o
 *   Q6_K  256 values, 210 bytes: 128 bytes of low halves; 64 bytes of upper 2 bits; int8 s [16], one for 16 values;
 *         half d. Of every 128 values the first 64 are low halves of 64 bytes, the others their high halves; the upper
 *         bits of values l, l + 32, l + 64, l + 96 are those of byte l.  x = d s (q - 32)
 * Source  ggml, docs/gguf.md; ggml-common.h and ggml-quants.c of llama.cpp. */
typedef struct {
    const char *name;
    int values, bytes; /* of a block; 0: a type that cannot be read */
    void (*unpack)(const unsigned char *from, size_t blocks, qp_real *to);
} qp_gguf_type;

/* qp_gguf_type_of — the type of this number; NULL: there is none. */
enum { QP_GGUF_F32 = 0, QP_GGUF_F16 = 1, QP_GGUF_Q8_0 = 8 };
const qp_gguf_type *qp_gguf_type_of(uint32_t number);

/* qp_gguf_pack — numbers as blocks of F32, F16 or Q8_0. In Q8_0 d is the largest magnitude over 127, rounded to half
 * after q = x / d was rounded to the nearest, ties away from 0, as ggml does. `count` is a multiple of the block's. */
void qp_gguf_pack(uint32_t type, const qp_real *from, size_t count, unsigned char *to);

#endif
