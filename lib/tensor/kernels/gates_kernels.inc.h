/* gates_kernels.inc.h — the kernels of lib/tensor/gates.h, written with the operations of vector_*.h.
 * Included once by each of gates_scalar.c, gates_avx2.c and gates_avx512.c. */
#include "lib/tensor/kernels/gates_kernels.h"
#include "lib/tensor/kernels/vector_part.inc.h"

/* s*(1-s) and 1-t^2: the derivatives of sigmoid and tanh, from their results */
static inline vreal sigmoid_slope(vreal s) { return v_mul(s, v_sub(v_set(1), s)); }
static inline vreal tanh_slope(vreal t) { return v_fnma(t, t, v_set(1)); }

static void lstm_back(size_t n, qp_real *a, const qp_real *before, const qp_real *c, const qp_real *dh, qp_real *dc)
{
    for (size_t k = 0; k < n; k += V_LANES) {
        size_t left = n - k;
        vreal i = load_at(a + k, left), f = load_at(a + n + k, left), g = load_at(a + 2 * n + k, left);
        vreal o = load_at(a + 3 * n + k, left), u = v_tanh(load_at(c + k, left)), up = load_at(dh + k, left);
        vreal d = v_fma(v_mul(up, o), tanh_slope(u), load_at(dc + k, left));
        store_at(a + k, v_mul(v_mul(d, g), sigmoid_slope(i)), left);
        store_at(a + n + k, v_mul(v_mul(d, load_at(before + k, left)), sigmoid_slope(f)), left);
        store_at(a + 2 * n + k, v_mul(v_mul(d, i), tanh_slope(g)), left);
        store_at(a + 3 * n + k, v_mul(v_mul(up, u), sigmoid_slope(o)), left);
        store_at(dc + k, v_mul(d, f), left);
    }
}

static void gru_back(size_t n, qp_real *a, qp_real *s, const qp_real *before, const qp_real *dh, qp_real *dh_before)
{
    for (size_t k = 0; k < n; k += V_LANES) {
        size_t left = n - k;
        vreal r = load_at(a + k, left), z = load_at(a + n + k, left), t = load_at(a + 2 * n + k, left);
        vreal up = load_at(dh + k, left);
        vreal dn = v_mul(v_mul(up, v_sub(v_set(1), z)), tanh_slope(t));
        vreal dz = v_mul(v_mul(up, v_sub(load_at(before + k, left), t)), sigmoid_slope(z));
        vreal dr = v_mul(v_mul(dn, load_at(s + 2 * n + k, left)), sigmoid_slope(r));
        store_at(a + k, dr, left);
        store_at(s + k, dr, left);
        store_at(a + n + k, dz, left);
        store_at(s + n + k, dz, left);
        store_at(a + 2 * n + k, dn, left);
        store_at(s + 2 * n + k, v_mul(dn, r), left);
        store_at(dh_before + k, v_fma(up, z, load_at(dh_before + k, left)), left);
    }
}

static qp_real score(size_t n, const qp_real *query, const qp_real *key, const qp_real *energy)
{
    vsum sum = v_sum_zero();
    for (size_t k = 0; k < n; k += V_LANES) {
        size_t left = n - k;
        sum = v_sum_add_product(sum, load_at(energy + k, left),
                                v_tanh(v_add(load_at(query + k, left), load_at(key + k, left))));
    }
    return v_sum_total(sum);
}

QP_INLINE void add_at(qp_real *p, vreal a, size_t left)
{
    if (p != NULL) store_at(p, v_add(load_at(p, left), a), left);
}

static void score_back(size_t n, const qp_real *query, const qp_real *key, const qp_real *energy, qp_real ds,
                       qp_real *d_query, qp_real *d_key, qp_real *d_energy)
{
    const vreal up = v_set(ds);
    for (size_t k = 0; k < n; k += V_LANES) {
        size_t left = n - k;
        vreal u = v_tanh(v_add(load_at(query + k, left), load_at(key + k, left)));
        vreal d = v_mul(v_mul(up, load_at(energy + k, left)), tanh_slope(u));
        add_at(d_query ? d_query + k : NULL, d, left);
        add_at(d_key ? d_key + k : NULL, d, left);
        add_at(d_energy ? d_energy + k : NULL, v_mul(up, u), left);
    }
}

static qp_real dot(size_t n, const qp_real *x, const qp_real *y)
{
    vsum sum[2] = {v_sum_zero(), v_sum_zero()};
    size_t k = 0;
    for (; k + 2 * V_LANES <= n; k += 2 * V_LANES)
        for (size_t j = 0; j < 2; j++)
            sum[j] = v_sum_add_product(sum[j], v_load(x + k + j * V_LANES), v_load(y + k + j * V_LANES));
    for (; k < n; k += V_LANES) sum[0] = v_sum_add_product(sum[0], load_at(x + k, n - k), load_at(y + k, n - k));
    return v_sum_total(v_sum_join(sum[0], sum[1]));
}

#define QP_GATES_SET                                                                                                   \
    {                                                                                                                  \
        .lstm_back = lstm_back, .gru_back = gru_back, .score = score, .score_back = score_back, .dot = dot             \
    }
