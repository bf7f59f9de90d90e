#ifndef QP_BF16_PRODUCT_H
#define QP_BF16_PRODUCT_H

#include "lib/tensor/kernels/gemm_kernels.h"

/* bf16_product — products of operands rounded to bfloat16, with sums in fp32: the arithmetic of Intel's VCVTNE2PS2BF16
 * and VDPBF16PS, by these instructions where the processor has them (AVX512-BF16), emulated everywhere else, with the
 * same bits. AMX is not used: the order of its sums is not that of VDPBF16PS.
 *   rounding   to the nearest, ties to even; subnormal numbers become 0 with their sign; a NaN stays one
 *   an element of C, for each QP_BF16_DEPTH steps of k from 0 on
 *              s = 0;  for pairs of steps (l, l+1):  s = fma(a[l+1], b[l+1], s), s = fma(a[l], b[l], s)
 *              each sum rounded to the nearest, ties to even; subnormal sums become 0; k odd: a step of zeros follows
 *              C = beta*C + s, with beta 1 after the first; beta 0: s
 * Not promised are the bits of a NaN. */
#define QP_BF16_DEPTH 768

/* C = beta*C + A B, alpha and bias are not used; as qp_gemm_kernels.product. */
typedef void qp_bf16_product(const qp_product *p, qp_real *scratch);

qp_bf16_product qp_bf16_product_instruction, qp_bf16_product_avx512, qp_bf16_product_avx2;

/* qp_bf16_product_plain — one element at a time, without scratch: the scalar level. */
qp_bf16_product qp_bf16_product_plain;

/* qp_bf16_product_chosen — for qp_cpu_level and this processor.
 * qp_bf16_has_instruction — whether it is the one with AVX512-BF16. */
qp_bf16_product *qp_bf16_product_chosen(void);
bool qp_bf16_has_instruction(void);

/* What the kernels without the instruction pack with; see bf16_product.inc.h. */
void qp_bf16_pairs_along(qp_real *to, const qp_real *from, int k);
void qp_bf16_pairs_across(qp_real *to, const qp_real *low, const qp_real *high, int count);

#endif
