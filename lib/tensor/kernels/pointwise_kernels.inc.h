/* pointwise_kernels.inc.h — the kernels of lib/tensor/pointwise.h, written with the operations of vector_*.h.
 * Included once by each of pointwise_scalar.c, pointwise_avx2.c and pointwise_avx512.c. */
#include "lib/tensor/kernels/pointwise_kernels.h"
#include "lib/tensor/kernels/vector_part.inc.h"

#define GELU_TANH_SCALE ((qp_real)1.59576912160573071176) /* 2 sqrt(2/pi): 0.5(1+tanh(u)) = sigmoid(2u) */
#define GELU_TANH_CUBIC ((qp_real)0.044715)

static inline vreal gelu_tanh_inner(vreal x)
{
    vreal factor = v_fma(v_mul(x, x), v_set(GELU_TANH_CUBIC), v_set(1));
    return v_mul(v_mul(x, v_set(GELU_TANH_SCALE)), factor);
}

QP_INLINE vreal activation(qp_activation_kind kind, vreal x, vreal slope)
{
    const vreal zero = v_set(0);
    vreal density;
    switch (kind) {
    case QP_SIGMOID: return v_sigmoid(x);
    case QP_TANH: return v_tanh(x);
    case QP_RELU: return v_max(zero, x); /* this order keeps a NaN */
    case QP_LEAKY_RELU: return v_select(v_greater(zero, x), v_mul(slope, x), x);
    case QP_ELU: return v_select(v_greater(zero, x), v_mul(slope, v_expm1(v_min(x, zero))), x);
    case QP_SOFTPLUS: return v_add(v_max(zero, x), v_log1p_unit(v_exp(v_sub(zero, v_abs(x)))));
    case QP_GELU: return v_mul(x, v_normal(x, &density));
    case QP_GELU_TANH: return v_mul(x, v_sigmoid(gelu_tanh_inner(x)));
    case QP_SILU: return v_mul(x, v_sigmoid(x));
    default: return x;
    }
}

QP_INLINE vreal activation_derivative(qp_activation_kind kind, vreal x, vreal y, vreal slope)
{
    const vreal zero = v_set(0), one = v_set(1);
    vreal density, s;
    switch (kind) {
    case QP_SIGMOID: return v_mul(y, v_sub(one, y));
    case QP_TANH: return v_fnma(y, y, one);
    case QP_RELU: return v_select(v_greater(x, zero), one, zero);
    case QP_LEAKY_RELU: return v_select(v_greater(x, zero), one, slope);
    case QP_ELU: return v_select(v_greater(x, zero), one, v_mul(slope, v_exp(v_min(x, zero))));
    case QP_SOFTPLUS: return v_sigmoid(x);
    case QP_GELU: s = v_normal(x, &density); return v_fma(x, density, s);
    case QP_GELU_TANH: {
        s = v_sigmoid(gelu_tanh_inner(x));
        vreal slope_inner = v_fma(v_mul(x, x), v_set(3 * GELU_TANH_CUBIC * GELU_TANH_SCALE), v_set(GELU_TANH_SCALE));
        vreal away = v_select(v_greater(v_abs(x), v_set(30)), zero, v_mul(x, slope_inner)); /* no inf * 0 */
        return v_fma(v_mul(away, s), v_sub(one, s), s);
    }
    case QP_SILU: s = v_sigmoid(x); return v_fma(v_mul(x, s), v_sub(one, s), s);
    default: return one;
    }
}

QP_INLINE void activate_loop(qp_activation_kind kind, size_t n, const qp_real *x, qp_real slope, qp_real *y)
{
    const vreal slopes = v_set(slope);
    for (size_t i = 0; i < n; i += V_LANES) store_at(y + i, activation(kind, load_at(x + i, n - i), slopes), n - i);
}

#define FOR_EACH_ACTIVATION(DO)                                                                                        \
    DO(QP_IDENTITY)                                                                                                    \
    DO(QP_SIGMOID)                                                                                                     \
    DO(QP_TANH) DO(QP_RELU) DO(QP_LEAKY_RELU) DO(QP_ELU) DO(QP_SOFTPLUS) DO(QP_GELU) DO(QP_GELU_TANH) DO(QP_SILU)

static void activate(qp_activation_kind kind, size_t n, const qp_real *x, qp_real slope, qp_real *y)
{
    switch (kind) {
#define DO(K)                                                                                                          \
    case K: activate_loop(K, n, x, slope, y); break;
        FOR_EACH_ACTIVATION (DO)
#undef DO
        default: break;
    }
}

/* Where the caller has no x, x is y. */
QP_INLINE void activate_back_loop(qp_activation_kind kind, size_t n, const qp_real *x, const qp_real *y, qp_real slope,
                                  const qp_real *dy, qp_real beta, qp_real *dx)
{
    const vreal slopes = v_set(slope), betas = v_set(beta);
    for (size_t i = 0; i < n; i += V_LANES) {
        size_t left = n - i;
        vreal xs = load_at(x + i, left), ys = load_at(y + i, left);
        vreal result = v_mul(load_at(dy + i, left), activation_derivative(kind, xs, ys, slopes));
        if (beta != 0) result = v_fma(betas, load_at(dx + i, left), result);
        store_at(dx + i, result, left);
    }
}

static void activate_back(qp_activation_kind kind, size_t n, const qp_real *x, const qp_real *y, qp_real slope,
                          const qp_real *dy, qp_real beta, qp_real *dx)
{
    if (x == NULL) x = y;
    if (y == NULL) y = x;
    switch (kind) {
#define DO(K)                                                                                                          \
    case K: activate_back_loop(K, n, x, y, slope, dy, beta, dx); break;
        FOR_EACH_ACTIVATION (DO)
#undef DO
        default: break;
    }
}

static void scale_add(size_t n, qp_real alpha, const qp_real *x, qp_real beta, qp_real *y)
{
    const vreal alphas = v_set(alpha), betas = v_set(beta);
    if (beta == 0)
        for (size_t i = 0; i < n; i += V_LANES) store_at(y + i, v_mul(alphas, load_at(x + i, n - i)), n - i);
    else
        for (size_t i = 0; i < n; i += V_LANES)
            store_at(y + i, v_fma(alphas, load_at(x + i, n - i), v_mul(betas, load_at(y + i, n - i))), n - i);
}

static void multiply_add(size_t n, const qp_real *x, const qp_real *y, qp_real beta, qp_real *z)
{
    const vreal betas = v_set(beta);
    for (size_t i = 0; i < n; i += V_LANES) {
        vreal product = v_mul(load_at(x + i, n - i), load_at(y + i, n - i));
        if (beta != 0) product = v_fma(betas, load_at(z + i, n - i), product);
        store_at(z + i, product, n - i);
    }
}

static double sum_squares(size_t n, const qp_real *x)
{
    vdouble sum[4] = {v_double_zero(), v_double_zero(), v_double_zero(), v_double_zero()};
    size_t i = 0;
    for (; i + 4 * V_LANES <= n; i += 4 * V_LANES)
        for (size_t j = 0; j < 4; j++) sum[j] = v_double_add_square(sum[j], v_load(x + i + j * V_LANES));
    for (; i < n; i += V_LANES) sum[0] = v_double_add_square(sum[0], load_at(x + i, n - i));
    return (v_double_total(sum[0]) + v_double_total(sum[1])) + (v_double_total(sum[2]) + v_double_total(sum[3]));
}

/* Two rounds of multiply and xor-shift over the index, each mixed with one half of the key. */
static inline vword dropout_hash(vword index, vword key0, vword key1)
{
    vword h = v_word_xor(index, key0);
    h = v_word_xor(h, v_word_shift(h, 16));
    h = v_word_multiply(h, v_word_set(0x7feb352dU));
    h = v_word_xor(h, v_word_shift(h, 15));
    h = v_word_add(h, key1);
    h = v_word_multiply(h, v_word_set(0x846ca68bU));
    h = v_word_xor(h, v_word_shift(h, 16));
    h = v_word_multiply(h, v_word_set(0x9e3779b1U));
    return v_word_shift(h, 1);
}

static void dropout(size_t n, const qp_dropout_piece *piece, const qp_real *x, qp_real beta, qp_real *y)
{
    const vword key0 = v_word_set(piece->key[0]), key1 = v_word_set(piece->key[1]);
    const vword threshold = v_word_set(piece->threshold);
    const vreal scale = v_set(piece->scale), zero = v_set(0), betas = v_set(beta);
    for (size_t i = 0; i < n; i += V_LANES) {
        vword hash = dropout_hash(v_word_count_up(piece->first + (uint32_t)i), key0, key1);
        vreal kept = v_select(v_word_less(hash, threshold), zero, v_mul(scale, load_at(x + i, n - i)));
        if (beta != 0) kept = v_fma(betas, load_at(y + i, n - i), kept);
        store_at(y + i, kept, n - i);
    }
}

static void adam_update(size_t n, const qp_adam_constants *c, const qp_real *g, qp_real *m, qp_real *v, qp_real *w)
{
    const vreal beta1 = v_set(c->beta1), beta2 = v_set(c->beta2), rest1 = v_set(1 - c->beta1),
                rest2 = v_set(1 - c->beta2);
    const vreal epsilon = v_set(c->epsilon), rate = v_set(c->rate), v_scale = v_set(c->v_scale), l2 = v_set(c->l2),
                shrink = v_set(c->shrink);
    for (size_t i = 0; i < n; i += V_LANES) {
        size_t left = n - i;
        vreal weight = load_at(w + i, left), gradient = v_fma(l2, weight, load_at(g + i, left));
        vreal first = v_fma(beta1, load_at(m + i, left), v_mul(rest1, gradient));
        vreal second = v_fma(beta2, load_at(v + i, left), v_mul(rest2, v_mul(gradient, gradient)));
        vreal step = v_div(v_mul(rate, first), v_fma(v_sqrt(second), v_scale, epsilon));
        store_at(m + i, first, left);
        store_at(v + i, second, left);
        store_at(w + i, v_fma(weight, shrink, v_sub(v_set(0), step)), left);
    }
}

#define QP_POINTWISE_SET                                                                                               \
    {                                                                                                                  \
        .activate = activate, .activate_back = activate_back, .scale_add = scale_add, .multiply_add = multiply_add,    \
        .sum_squares = sum_squares, .dropout = dropout, .adam_update = adam_update                                     \
    }
