#include "lib/tensor/bf16/bf16_product.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/tensor/gemm.h"

#ifndef QP_DOUBLE
static float of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* C of one element from a row and a column. */
static float one(int k, const float *a, const float *b, float beta, float before)
{
    float c = before;
    qp_gemm_bf16(QP_ABT, qp_matrix_dense(a, 1, k), qp_matrix_dense(b, 1, k), beta, qp_matrix_dense(&c, 1, 1));
    return c;
}

static float rounded(float x) { return one(1, &x, &(float){1}, 0, NAN); }

Test(bf16_product, operands_are_rounded_to_the_nearest_even)
{
    cr_expect_eq(rounded(1 + 0x1p-8f), 1);
    cr_expect_eq(rounded(1 + 0x1.1p-8f), 1 + 0x1p-7f);
    cr_expect_eq(rounded(-1 - 0x3p-8f), -1 - 0x1p-6f);
    cr_expect_eq(rounded(0x1.ffp127f), INFINITY);
    cr_expect_eq(rounded(-INFINITY), -INFINITY);
    cr_expect(isnan(rounded(of_bits(0x7f800001u))), "a NaN of low bits only");
    cr_expect_eq(rounded(0x1p-127f), 0, "a subnormal operand");
    cr_expect_eq(rounded(0x1p-126f), 0x1p-126f);
}

Test(bf16_product, sums_have_the_order_of_the_instruction)
{
    const float ones[] = {1, 1, 1, 1};
    cr_expect_eq(one(4, (const float[]){0x1p24f, 1, -0x1p24f, 1}, ones, 0, 0), 0, "the later step of a pair is first");
    cr_expect_eq(one(3, (const float[]){-0x1p24f, 0x1p24f, 1}, ones, 0, 0), 1);
    cr_expect_eq(one(2, (const float[]){1, 1}, ones, 1, 0x1p24f), 0x1p24f + 2, "C is added to the sum");
    cr_expect_eq(one(1, &(float){0x1p-100f}, &(float){0x1p-30f}, 0, 0), 0, "a subnormal sum");
    cr_expect_eq(one(1, ones, ones, 0, NAN), 1, "C is not read with beta 0");
}

static const struct {
    const char *name;
    qp_bf16_product *product;
    qp_cpu level;
} kernel[] = {{"plain", qp_bf16_product_plain, QP_CPU_SCALAR},
#ifdef QP_VECTOR_KERNELS
              {"avx2", qp_bf16_product_avx2, QP_CPU_AVX2},
              {"avx512", qp_bf16_product_avx512, QP_CPU_AVX512},
              {"instruction", qp_bf16_product_instruction, QP_CPU_AVX512}
#endif
};
enum { KERNELS = sizeof kernel / sizeof *kernel };

static bool can_run(int i)
{
    if (i == 3 && !qp_bf16_has_instruction()) return false;
    return qp_cpu_supports(kernel[i].level);
}

/* Every third number is near 1, every third has any exponent, every third is one of few bits or special. */
static float number(uint64_t key, uint64_t i)
{
    static const uint32_t special[] = {0,           0x80000000u, 1,           0x807fffffu, 0x00800000u,
                                       0x7f7fffffu, 0x3f808000u, 0x3f818000u, 0x7f800000u, 0xffc00001u};
    const uint32_t any = (uint32_t)qp_random_below(key, i, (uint64_t)1 << 32);
    if (i % 3 == 0) return of_bits((any & 0x807fffffu) | (120 + (any >> 24 & 15)) << 23);
    if (i % 3 == 1) return of_bits((any & 0x807fffffu) | (any >> 7 & 127) << 23);
    return of_bits(i % 97 == 2 ? special[any % 10] : (any & 0x807fffffu) | 127u << 23);
}

static void same(const char *name, qp_gemm_form form, size_t count, const float *got, const float *expected)
{
    for (size_t i = 0; i < count; i++)
        cr_assert(memcmp(&got[i], &expected[i], sizeof *got) == 0 || (isnan(got[i]) && isnan(expected[i])),
                  "%s, form %d, element %zu: %a instead of %a", name, form, i, (double)got[i], (double)expected[i]);
}

static void compare(int m, int n, int k, qp_gemm_form form, float beta)
{
    const bool ta = form == QP_ATB, tb = form == QP_ABT;
    const int a_stride = (ta ? m : k) + 3, b_stride = (tb ? k : n) + 1, c_stride = n + 2;
    const size_t sizes[] = {(size_t)a_stride * (size_t)(ta ? k : m), (size_t)b_stride * (size_t)(tb ? n : k),
                            (size_t)c_stride * (size_t)m};
    float *a = malloc(sizes[0] * sizeof *a), *b = malloc(sizes[1] * sizeof *b), *c[KERNELS];
    float *scratch = aligned_alloc(64, (size_t)QP_GEMM_SCRATCH * sizeof *scratch);
    for (size_t i = 0; i < sizes[0]; i++) a[i] = number(1, i);
    for (size_t i = 0; i < sizes[1]; i++) b[i] = number(2, i);
    qp_product p = {.m = m, .n = n, .k = k, .a = a, .b = b, .alpha = 1, .beta = beta, .c_row = c_stride};
    p.a_row = ta ? 1 : a_stride, p.a_step = ta ? a_stride : 1;
    p.b_step = tb ? 1 : b_stride, p.b_column = tb ? b_stride : 1;
    for (int i = 0; i < KERNELS; i++) {
        c[i] = malloc(sizes[2] * sizeof **c);
        for (size_t j = 0; j < sizes[2]; j++) c[i][j] = number(3, j);
        p.c = c[i];
        if (!can_run(i)) continue;
        const unsigned long kept = qp_cpu_flush_begin();
        kernel[i].product(&p, scratch);
        qp_cpu_flush_end(kept);
        same(kernel[i].name, form, sizes[2], c[i], c[0]);
    }
    for (int i = 0; i < KERNELS; i++) free(c[i]);
    free(a), free(b), free(scratch);
}

Test(bf16_product, all_kernels_make_the_same_bits)
{
    static const int size[][3] = {{1, 1, 1}, {3, 17, 2}, {13, 33, 7}, {30, 70, 1601}, {25, 600, 64}, {97, 5, 769}};
    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        for (int form = QP_AB; form <= QP_ATB; form++)
            compare(size[i][0], size[i][1], size[i][2], (qp_gemm_form)form, (float)(i % 3) / 2);
}

Test(bf16_product, sizes_of_nothing)
{
    float c[2] = {3, 4};
    qp_gemm_bf16(QP_AB, qp_matrix_dense(c, 1, 0), qp_matrix_dense(c, 0, 2), 1, qp_matrix_dense(c, 1, 2));
    cr_expect_eq(c[1], 4);
    qp_gemm_bf16(QP_AB, qp_matrix_dense(c, 1, 0), qp_matrix_dense(c, 0, 2), 0, qp_matrix_dense(c, 1, 2));
    cr_expect_eq(c[0], 0);
}
#endif
