/* gemm_tile.inc.h — the innermost product: a tile of C that stays in registers while k runs.
 * Included by gemm_avx2.c (tiles of 6 x 16) and gemm_avx512.c (12 x 32) after their vector header; they also define
 * TILE_ROWS and FOR_EACH_TILE_HEIGHT. A tile may have fewer rows: there is one function for every height. */
#include "lib/tensor/kernels/gemm_kernels.h"
#include "lib/tensor/kernels/vector_part.inc.h"

#define TILE_COLUMNS (2 * V_LANES)

/* C = beta*C + alpha*A B + bias over one tile; A(i,l) at a[i*a_row + l*a_step], row l of B at b + l*b_step */
typedef struct {
    const qp_real *a, *b, *bias;
    ptrdiff_t a_row, a_step, b_step;
    int k, columns;
    qp_real alpha, beta, *c;
    ptrdiff_t c_row;
} tile;

/* Stores a finished sum. `plain`, a constant wherever this is inlined: C is the sum itself. */
QP_INLINE void tile_store(const tile *t, qp_real *c, int column, vreal sum, bool part, bool plain)
{
    size_t left = part ? (size_t)(t->columns - column) : V_LANES;
    if (!plain) {
        sum = v_mul(v_set(t->alpha), sum);
        if (t->bias != NULL) sum = v_add(sum, load_at(t->bias + column, left));
        if (t->beta != 0) sum = v_fma(v_set(t->beta), load_at(c + column, left), sum);
    }
    store_at(c + column, sum, left);
}

static inline bool tile_plain(const tile *t) { return t->alpha == 1 && t->beta == 0 && t->bias == NULL; }

QP_INLINE void tile_store_all(const tile *t, vreal (*sum)[2], const int rows, const int vectors, const bool part,
                              const bool plain)
{
    UNROLL_ALL for (int r = 0; r < rows; r++)
    {
        qp_real *c = t->c + r * t->c_row;
        tile_store(t, c, 0, sum[r][0], part && vectors == 1, plain);
        if (vectors == 2) tile_store(t, c, V_LANES, sum[r][1], part, plain);
    }
}

/* `rows`, `vectors` and `part` are constants wherever this is inlined. part: the last vector has fewer columns. */
QP_INLINE void tile_product(const tile *t, const int rows, const int vectors, const bool part)
{
    vreal sum[TILE_ROWS][2];
    const ptrdiff_t row = t->a_row, step = t->a_step, b_step = t->b_step;
    const qp_real *a[3] = {t->a, t->a + 4 * row, t->a + 8 * row}, *b = t->b;
    const size_t left = (size_t)(t->columns - (vectors - 1) * V_LANES);
    UNROLL_ALL for (int r = 0; r < rows; r++)
    {
        sum[r][0] = sum[r][1] = v_set(0);
        __builtin_prefetch(t->c + r * t->c_row, 1);
        if (vectors == 2) __builtin_prefetch(t->c + r * t->c_row + V_LANES, 1);
    }
    for (int l = 0; l < t->k; l++) {
        vreal b0 = part && vectors == 1 ? load_at(b, left) : v_load(b), b1 = b0;
        if (vectors == 2) b1 = part ? load_at(b + V_LANES, left) : v_load(b + V_LANES);
        UNROLL_ALL for (int r = 0; r < rows; r++)
        {
            vreal x = v_set(a[r / 4][(r % 4) * row]);
            sum[r][0] = v_fma(x, b0, sum[r][0]);
            if (vectors == 2) sum[r][1] = v_fma(x, b1, sum[r][1]);
        }
        UNROLL_ALL for (int g = 0; g < 3; g++) a[g] += step;
        if (TILE_AHEAD != 0) __builtin_prefetch(b + TILE_AHEAD);
        b += b_step;
    }
    if (tile_plain(t))
        tile_store_all(t, sum, rows, vectors, part, true);
    else
        tile_store_all(t, sum, rows, vectors, part, false);
}

#define TILE_OF(R)                                                                                                     \
    static void tile_whole_##R(const tile *t) { tile_product(t, R, 2, false); }                                        \
    static void tile_part_##R(const tile *t) { tile_product(t, R, 2, true); }                                          \
    static void tile_half_##R(const tile *t) { tile_product(t, R, 1, true); }
FOR_EACH_TILE_HEIGHT (TILE_OF) typedef void (*tile_function)(const tile *);

static tile_function tile_function_of(int rows, int columns)
{
#define TILE_NAMES(R) {tile_whole_##R, tile_part_##R, tile_half_##R},
    static const tile_function function[TILE_ROWS][3] = {FOR_EACH_TILE_HEIGHT (TILE_NAMES)};
    return function[rows - 1][columns == TILE_COLUMNS ? 0 : columns > V_LANES ? 1 : 2];
}
