#include "lib/tensor/bf16/bf16_product.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* x rounded to bfloat16, as the upper half of a float. */
static uint32_t round_bits(qp_real x)
{
    const float single = (float)x;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    const uint32_t size = bits & 0x7fffffffu;
    if (size < 0x00800000u) return bits & 0x80000000u;
    if (size > 0x7f800000u) return (bits | 0x00400000u) & 0xffff0000u;
    return (bits + 0x7fffu + (bits >> 16 & 1)) & 0xffff0000u;
}

static qp_real rounded(qp_real x)
{
    const uint32_t bits = round_bits(x);
    float single;
    memcpy(&single, &bits, sizeof single);
    return (qp_real)single;
}

static void element(const qp_product *p, int i, int j)
{
    qp_real *c = p->c + i * p->c_row + j;
    for (int pc = 0; pc < p->k; pc += QP_BF16_DEPTH) {
        const int end = p->k - pc < QP_BF16_DEPTH ? p->k : pc + QP_BF16_DEPTH;
        const qp_real *a = p->a + i * p->a_row, *b = p->b + j * p->b_column, beta = pc == 0 ? p->beta : 1;
        qp_real s = 0;
        for (int l = pc; l < end; l += 2)
            for (int k = l + 1 < end ? l + 1 : l; k >= l; k--)
#ifdef QP_DOUBLE
                s = fma(rounded(a[k * p->a_step]), rounded(b[k * p->b_step]), s);
#else
                s = fmaf(rounded(a[k * p->a_step]), rounded(b[k * p->b_step]), s);
#endif
        const qp_real kept = beta != 0 ? beta * *c : 0;
        *c = beta != 0 ? kept + s : s;
    }
}

void qp_bf16_product_plain(const qp_product *p, qp_real *scratch)
{
    (void)scratch;
    for (int i = 0; i < p->m; i++)
        for (int j = 0; j < p->n; j++) element(p, i, j);
}

#ifdef QP_VECTOR_KERNELS
static void store_pair(qp_real *to, qp_real low, qp_real high)
{
    const uint32_t pair = round_bits(low) >> 16 | round_bits(high);
    memcpy(to, &pair, sizeof pair);
}

void qp_bf16_pairs_along(qp_real *to, const qp_real *from, int k)
{
    for (int i = 0; i < k; i += 2) store_pair(&to[i / 2], from[i], i + 1 < k ? from[i + 1] : 0);
}

void qp_bf16_pairs_across(qp_real *to, const qp_real *low, const qp_real *high, int count)
{
    for (int i = 0; i < count; i++) store_pair(&to[i], low[i], high != NULL ? high[i] : 0);
}
#endif

bool qp_bf16_has_instruction(void)
{
#ifdef QP_VECTOR_KERNELS
    __builtin_cpu_init();
    return qp_cpu_level() == QP_CPU_AVX512 && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

qp_bf16_product *qp_bf16_product_chosen(void)
{
#ifdef QP_VECTOR_KERNELS
    if (qp_bf16_has_instruction()) return qp_bf16_product_instruction;
    if (qp_cpu_level() == QP_CPU_AVX512) return qp_bf16_product_avx512;
    if (qp_cpu_level() == QP_CPU_AVX2) return qp_bf16_product_avx2;
#endif
    return qp_bf16_product_plain;
}
