/* vector_math.inc.h — exp and related functions, for vector_avx2.h and vector_avx512.h, which include this file.
 * The polynomials are minimax fits (Remez); the number beside each is its relative error before rounding. */
#ifndef QP_VECTOR_MATH_INC_H
#define QP_VECTOR_MATH_INC_H

/* e^x = 2^n e^r, n = round(x/log 2), r in +-0.347 through a log 2 in two parts (Cody & Waite).
 * Above 88.73 infinity, below -103.98 zero, a NaN stays one. */
static inline vreal v_exp(vreal x)
{
    x = v_min(v_set(90.0f), v_max(v_set(-105.0f), x)); /* this order keeps a NaN */
    vreal n = v_round(v_mul(x, v_set(1.44269504088896341f)));
    vreal r = v_fnma(n, v_set(0.693359375f), x);
    r = v_fnma(n, v_set(-2.12194440054690583e-4f), r);
    vreal p = v_set(1.395073952e-03f); /* e^r = 1 + r + r^2 p(r), 3.2e-9 */
    p = v_fma(p, r, v_set(8.369024619e-03f));
    p = v_fma(p, r, v_set(4.166620204e-02f));
    p = v_fma(p, r, v_set(1.666651771e-01f));
    p = v_fma(p, r, v_set(5.000000096e-01f));
    p = v_add(v_fma(v_mul(r, r), p, r), v_set(1));
    return v_scale_by_power(p, n);
}

/* e^x - 1: near 0 as x + x^2 p(x), 3.1e-9 for |x| <= 0.5, because the subtraction loses digits there */
static inline vreal v_expm1(vreal x)
{
    vreal p = v_set(1.999321275e-04f);
    p = v_fma(p, x, v_set(1.399744640e-03f));
    p = v_fma(p, x, v_set(8.333071801e-03f));
    p = v_fma(p, x, v_set(4.166531586e-02f));
    p = v_fma(p, x, v_set(1.666666802e-01f));
    p = v_fma(p, x, v_set(5.000000417e-01f));
    vreal near = v_fma(v_mul(x, x), p, x);
    return v_select(v_greater(v_abs(x), v_set(0.5f)), v_sub(v_exp(x), v_set(1)), near);
}

/* near 0 x + x^3 p(x^2), 4.2e-9 for |x| <= 0.625; further out 1 - 2/(e^(2|x|) + 1) with the sign of x */
static inline vreal v_tanh(vreal x)
{
    const vreal one = v_set(1), two = v_set(2);
    vreal size = v_abs(x), square = v_mul(x, x);
    vreal p = v_set(-5.717046279e-03f);
    p = v_fma(p, square, v_set(2.065058901e-02f));
    p = v_fma(p, square, v_set(-5.374349889e-02f));
    p = v_fma(p, square, v_set(1.333149130e-01f));
    p = v_fma(p, square, v_set(-3.333328393e-01f));
    vreal near = v_fma(v_mul(x, square), p, x);
    vreal far = v_sub(one, v_div(two, v_add(v_exp(v_add(size, size)), one)));
    far = v_select(v_greater(v_set(0), x), v_sub(v_set(0), far), far);
    return v_select(v_greater(size, v_set(0.625f)), far, near);
}

static inline vreal v_sigmoid(vreal x) { return v_div(v_set(1), v_add(v_set(1), v_exp(v_sub(v_set(0), x)))); }

/* log(1+x) for 0 <= x <= 1 = 2 atanh(s), s = x/(2+x) <= 1/3: 2s (1 + s^2 p(s^2)), 4.6e-9 */
static inline vreal v_log1p_unit(vreal x)
{
    vreal s = v_div(x, v_add(v_set(2), x)), square = v_mul(s, s);
    vreal p = v_set(1.401221101e-01f);
    p = v_fma(p, square, v_set(1.399957476e-01f));
    p = v_fma(p, square, v_set(2.001084923e-01f));
    p = v_fma(p, square, v_set(3.333320657e-01f));
    vreal twice = v_add(s, s);
    return v_fma(v_mul(twice, square), p, twice);
}

/* Phi(-t) e^(t^2/2) for 0 <= t <= 14: a polynomial of degree 9 in (t-3)/(t+3), 7.8e-9 */
static inline vreal v_scaled_normal_tail(vreal t)
{
    const vreal three = v_set(3);
    vreal w = v_div(v_sub(t, three), v_add(t, three));
    vreal p = v_set(5.367196411e-05f);
    p = v_fma(p, w, v_set(1.155436051e-04f));
    p = v_fma(p, w, v_set(-3.394852440e-04f));
    p = v_fma(p, w, v_set(-9.837582986e-04f));
    p = v_fma(p, w, v_set(2.904556426e-03f));
    p = v_fma(p, w, v_set(6.132070608e-03f));
    p = v_fma(p, w, v_set(-4.621329101e-02f));
    p = v_fma(p, w, v_set(1.232250307e-01f));
    p = v_fma(p, w, v_set(-2.064026190e-01f));
    return v_fma(p, w, v_set(1.215139476e-01f));
}

/* The normal distribution function and density. e^(-x^2/2) is corrected by the rounding error of x^2: a relative
 * error of 1e-7 in an exponent of 80 would become one of 1e-5 in the result. */
static inline vreal v_normal(vreal x, vreal *density)
{
    vreal t = v_min(v_set(14.5f), v_abs(x)); /* this order keeps a NaN */
    vreal half = v_mul(t, v_set(0.5f)), exponent = v_mul(half, t), lost = v_fnma(half, t, exponent);
    vreal bell = v_exp(v_sub(v_set(0), exponent));
    bell = v_fma(bell, lost, bell);
    vreal tail = v_mul(bell, v_scaled_normal_tail(t));
    *density = v_mul(bell, v_set(0.398942280401432678f));
    return v_select(v_greater(x, v_set(0)), v_sub(v_set(1), tail), tail);
}

#endif
