#ifndef QP_VECTOR_SCALAR_H
#define QP_VECTOR_SCALAR_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"

/* vector — the operations that the kernels (pointwise_kernels.inc.h, rows_kernels.inc.h, gates_kernels.inc.h) are
 * written with. Three headers define the same ones: vector_scalar.h (one lane, float or double, libm), vector_avx2.h
 * and vector_avx512.h (16 lanes, the same bits); a file that includes kernels includes exactly one of them first.
 *
 *   vreal   V_LANES numbers            vsum    a sum of many vreals                  vmask   one truth value per lane
 *   vdouble a sum in double            vword   V_LANES 32-bit words, for the dropout hash
 *   v_load_part / v_store_part         the first `count` lanes, 0 < count <= V_LANES; the others load as 0
 *   v_exp v_expm1 v_tanh v_sigmoid     functions of each lane; v_normal: Phi(x), with *density the normal density */
#define V_LANES 1

typedef qp_real vreal;
typedef double vsum;
typedef double vdouble;
typedef bool vmask;
typedef uint32_t vword;

#ifdef QP_DOUBLE
#define V_LIBM(name) name
#define V_MOST_NEGATIVE (-DBL_MAX)
#else
#define V_LIBM(name) name##f
#define V_MOST_NEGATIVE (-FLT_MAX)
#endif
#define V_LOG(a) V_LIBM(log)(a) /* of one number */
#define V_FMA(a, b, c) ((a) * (b) + (c)) /* of one number; scalar code never fuses */

static inline vreal v_set(qp_real a) { return a; }
static inline vreal v_load(const qp_real *p) { return *p; }
static inline void v_store(qp_real *p, vreal a) { *p = a; }
static inline vreal v_load_part(const qp_real *p, size_t count)
{
    (void)count;
    return *p;
}
static inline void v_store_part(qp_real *p, vreal a, size_t count)
{
    (void)count;
    *p = a;
}

static inline vreal v_add(vreal a, vreal b) { return a + b; }
static inline vreal v_sub(vreal a, vreal b) { return a - b; }
static inline vreal v_mul(vreal a, vreal b) { return a * b; }
static inline vreal v_div(vreal a, vreal b) { return a / b; }
static inline vreal v_fma(vreal a, vreal b, vreal c) { return a * b + c; }  /* a*b + c */
static inline vreal v_fnma(vreal a, vreal b, vreal c) { return c - a * b; } /* c - a*b */
static inline vreal v_max(vreal a, vreal b) { return a > b ? a : b; }       /* b where a is not a number */
static inline vreal v_min(vreal a, vreal b) { return a < b ? a : b; }
static inline vreal v_abs(vreal a) { return V_LIBM(fabs)(a); }
static inline vreal v_sqrt(vreal a) { return V_LIBM(sqrt)(a); }

static inline vmask v_greater(vreal a, vreal b) { return a > b; }
static inline bool v_any(vmask m) { return m; }
static inline vreal v_select(vmask m, vreal yes, vreal no) { return m ? yes : no; }
static inline vreal v_keep(vreal a, size_t count, vreal other)
{
    (void)count, (void)other;
    return a;
} /* lanes >= count: other */

static inline vsum v_sum_zero(void) { return 0; }
static inline vsum v_sum_add(vsum s, vreal a) { return s + (double)a; }
static inline vsum v_sum_add_product(vsum s, vreal a, vreal b) { return s + (double)a * (double)b; }
static inline vsum v_sum_join(vsum a, vsum b) { return a + b; }
static inline qp_real v_sum_total(vsum s) { return (qp_real)s; }
static inline qp_real v_largest(vreal a) { return a; }
static inline qp_real v_first(vreal a) { return a; }

static inline vdouble v_double_zero(void) { return 0; }
static inline vdouble v_double_add_square(vdouble s, vreal a) { return s + (double)a * (double)a; }
static inline double v_double_total(vdouble s) { return s; }

static inline vword v_word_set(uint32_t a) { return a; }
static inline vword v_word_count_up(uint32_t first) { return first; } /* first, first+1, ... */
static inline vword v_word_add(vword a, vword b) { return a + b; }
static inline vword v_word_xor(vword a, vword b) { return a ^ b; }
static inline vword v_word_multiply(vword a, vword b) { return a * b; }
#define v_word_shift(a, bits) ((vword)((a) >> (bits)))
static inline vmask v_word_less(vword a, vword b) { return (int32_t)a < (int32_t)b; } /* both below 2^31 */

static inline vreal v_exp(vreal x) { return V_LIBM(exp)(x); }
static inline vreal v_expm1(vreal x) { return V_LIBM(expm1)(x); }
static inline vreal v_tanh(vreal x) { return V_LIBM(tanh)(x); }
static inline vreal v_sigmoid(vreal x) { return 1 / (1 + V_LIBM(exp)(-x)); }
static inline vreal v_log1p_unit(vreal x) { return V_LIBM(log1p)(x); } /* 0 <= x <= 1 */

/* In double: the error of a float exponent would show in the tail. */
static inline vreal v_normal(vreal x, vreal *density)
{
    *density = (qp_real)(0.39894228040143267794 * exp(-(double)x * (double)x / 2));
    return (qp_real)(erfc((double)x * -0.70710678118654752440) / 2);
}

#endif
