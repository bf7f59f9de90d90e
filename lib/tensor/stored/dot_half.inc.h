/* dot_half.inc.h — dot products with weights of 16 bits. Included after a vector header, dot_rows.inc.h, and
 * load_bf16(p, left) and load_fp16(p, left), which load the first `left` of V_LANES weights, the others as 0.
 *
 * Lane v of an output's only accumulator sums the products of columns v, v + V_LANES, ... in ascending order. */
typedef struct {
    qp_matrix a;
    const uint16_t *w;
    int rows, n;
    qp_real *sum;
} half_job;
#define dot_job half_job

#define HALF_TILE(NAME, LOAD)                                                                                          \
    DOT_INLINE void NAME(const half_job *j, int row, int out, const int rows, const int outs)                          \
    {                                                                                                                  \
        const int k = j->a.columns;                                                                                    \
        const qp_real *a[4];                                                                                           \
        const uint16_t *w = j->w + (ptrdiff_t)out * k;                                                                 \
        vreal sum[4][4];                                                                                               \
        DOT_UNROLL for (int r = 0; r < rows; r++)                                                                      \
        {                                                                                                              \
            a[r] = qp_matrix_row(j->a, row + r);                                                                       \
            DOT_UNROLL for (int o = 0; o < outs; o++) sum[r][o] = v_set(0);                                            \
        }                                                                                                              \
        for (int l = 0; l < k; l += V_LANES) {                                                                         \
            const size_t left = (size_t)(k - l);                                                                       \
            vreal x[4];                                                                                                \
            DOT_UNROLL for (int r = 0; r < rows; r++) x[r] = left >= V_LANES ? v_load(a[r] + l)                        \
                                                                             : v_load_part(a[r] + l, left);            \
            DOT_UNROLL for (int o = 0; o < outs; o++)                                                                  \
            {                                                                                                          \
                const uint16_t *p = w + (ptrdiff_t)o * k + l;                                                          \
                DOT_FETCH(w, 2 * (l * outs + o * V_LANES));                                                            \
                vreal y = LOAD(p, left);                                                                               \
                DOT_UNROLL for (int r = 0; r < rows; r++) sum[r][o] = v_fma(x[r], y, sum[r][o]);                       \
            }                                                                                                          \
        }                                                                                                              \
        DOT_UNROLL for (int r = 0; r < rows; r++) DOT_UNROLL for (int o = 0; o < outs; o++)                            \
            j->sum[(ptrdiff_t)(row + r) * j->n + out + o] = (qp_real)v_sum_total(sum[r][o]);                           \
    }

HALF_TILE(bf16_tile, load_bf16)
HALF_TILE(fp16_tile, load_fp16)
DOT_INLINE void bf16_one(const half_job *j, int out) { bf16_tile(j, 0, out, 1, 1); }
DOT_INLINE void fp16_one(const half_job *j, int out) { fp16_tile(j, 0, out, 1, 1); }
DOT_ROWS(bf16_rows, bf16_one, bf16_tile)
DOT_ROWS(fp16_rows, fp16_one, fp16_tile)
#undef dot_job

static void bf16_products(qp_matrix a, const uint16_t *w, int n, qp_real *sum)
{
    bf16_rows(&(half_job){a, w, a.rows, n, sum});
}

static void fp16_products(qp_matrix a, const uint16_t *w, int n, qp_real *sum)
{
    fp16_rows(&(half_job){a, w, a.rows, n, sum});
}
