/* bf16_product.inc.h — products of operands rounded to bfloat16, with sums in fp32 (see bf16_product.h).
 * As in gemm_block.inc.h, a block of B is packed and stays in the second-level cache. Steps 2l and 2l+1 of k are a
 * pair: two numbers of 16 bits, the earlier one in the low half, kept in the 32 bits of a float that is not used as a
 * number.
 * The includer defines LANES, TILE_ROWS (with FOR_EACH_TILE_HEIGHT), and
 *   vector                                    LANES floats, or LANES pairs
 *   s_zero, s_load, s_set, s_dot              s_dot(s, a, b): s + a1*b1, then + a0*b0, each sum rounded
 *   s_store(to, first, columns, beta, s)      to = beta*to + s of the columns that exist
 *   pairs_along(to, from, k)                  pairs of k numbers side by side; an odd one is paired with 0
 *   pairs_across(to, low, high, count)        to[i] = the pair of low[i] and high[i]; high NULL: 0 */
#define WIDTH (2 * LANES)

enum { PAIRS = QP_BF16_DEPTH / 2, BLOCK_COLUMNS = 512, GROUP_STRIPS = 8 };

static inline int smaller(int a, int b) { return a < b ? a : b; }

/* A block of the product: depth pairs from step pc, nc columns from column jc. */
typedef struct {
    const qp_product *p;
    int pc, depth, pairs, jc, nc;
    qp_real *b, *a, *turned; /* packed B and A, and a panel of B before it is turned */
} block;

static void pack_panel(const block *k, int j, qp_real *to)
{
    const qp_product *p = k->p;
    const int columns = smaller(WIDTH, k->nc - j);
    const qp_real *from = p->b + k->pc * p->b_step + (k->jc + j) * p->b_column;
    if (p->b_step == 1) {
        for (int c = 0; c < columns; c++) pairs_along(k->turned + c * k->pairs, from + c * p->b_column, k->depth);
        for (int i = columns * k->pairs; i < WIDTH * k->pairs; i++) k->turned[i] = 0;
        pack_turned(to, WIDTH, k->turned, k->pairs, WIDTH, k->pairs);
        return;
    }
    for (int l = 0; l < k->pairs; l++, to += WIDTH, from += 2 * p->b_step) {
        for (int c = columns; c < WIDTH; c++) to[c] = 0;
        pairs_across(to, from, 2 * l + 1 < k->depth ? from + p->b_step : NULL, columns);
    }
}

/* Rows of A, from `first`: side by side as they are, or, where A is transposed, step by step. */
static void pack_strip(const block *k, int first, int rows, qp_real *to)
{
    const qp_product *p = k->p;
    const qp_real *from = p->a + first * p->a_row + k->pc * p->a_step;
    if (p->a_step == 1) {
        for (int r = 0; r < rows; r++) pairs_along(to + r * k->pairs, from + r * p->a_row, k->depth);
        return;
    }
    for (int l = 0; l < k->pairs; l++, to += rows, from += 2 * p->a_step)
        pairs_across(to, from, 2 * l + 1 < k->depth ? from + p->a_step : NULL, rows);
}

typedef struct {
    const qp_real *a, *b;
    ptrdiff_t a_row, a_step;
    int pairs, columns;
    qp_real beta, *c;
    ptrdiff_t c_row;
} strip;

QP_INLINE void tile_product(const strip *t, const int rows)
{
    vector sum[TILE_ROWS][2];
    const ptrdiff_t row = t->a_row;
    const qp_real *a[(TILE_ROWS + 2) / 3], *b = t->b;
    UNROLL_ALL for (int g = 0; g < (rows + 2) / 3; g++) a[g] = t->a + 3 * g * row;
    UNROLL_ALL for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = s_zero();
    for (int l = 0; l < t->pairs; l++) {
        const vector b0 = s_load(b), b1 = s_load(b + LANES);
        UNROLL_ALL for (int r = 0; r < rows; r++)
        {
            const vector x = s_set(a[r / 3][r % 3 * row]);
            sum[r][0] = s_dot(sum[r][0], x, b0);
            sum[r][1] = s_dot(sum[r][1], x, b1);
        }
        UNROLL_ALL for (int g = 0; g < (rows + 2) / 3; g++) a[g] += t->a_step;
        b += WIDTH;
    }
    UNROLL_ALL for (int r = 0; r < rows; r++) UNROLL_ALL for (int v = 0; v < 2; v++)
        s_store(t->c + r * t->c_row, v * LANES, t->columns, t->beta, sum[r][v]);
}

#define TILE_OF(R)                                                                                                     \
    static void tile_##R(const strip *t) { tile_product(t, R); }
FOR_EACH_TILE_HEIGHT (TILE_OF) static void strip_product(const block *k, strip t, int first, int rows)
    {
#define TILE_NAME(R) tile_##R,
        static void (*const tile[])(const strip *) = {FOR_EACH_TILE_HEIGHT (TILE_NAME)};
        const qp_product *p = k->p;
        t.beta = k->pc == 0 ? p->beta : 1;
        t.c_row = p->c_row;
        t.pairs = k->pairs;
        t.b = k->b;
        t.c = p->c + first * p->c_row + k->jc;
        for (int j = 0; j < k->nc; j += WIDTH) {
            t.columns = smaller(WIDTH, k->nc - j);
            tile[rows - 1](&t);
            t.b += WIDTH * k->pairs;
            t.c += WIDTH;
        }
    }

static void block_product(const block *k)
{
    const qp_product *p = k->p;
    const int strips = (p->m + TILE_ROWS - 1) / TILE_ROWS, area = TILE_ROWS * k->pairs;
    for (int j = 0; j < k->nc; j += WIDTH) pack_panel(k, j, k->b + j * k->pairs);
    for (int i = 0, first = 0; i < strips; i++) {
        const int rows = p->m / strips + (i < p->m % strips);
        strip t = {.a = k->a + i % GROUP_STRIPS * area,
                   .a_row = p->a_step == 1 ? k->pairs : 1,
                   .a_step = p->a_step == 1 ? 1 : rows};
        pack_strip(k, first, rows, k->a + i % GROUP_STRIPS * area);
        strip_product(k, t, first, rows);
        first += rows;
    }
}

static void product(const qp_product *p, qp_real *scratch)
{
    block k = {.p = p, .b = scratch, .a = scratch + PAIRS * BLOCK_COLUMNS};
    k.turned = k.a + GROUP_STRIPS * TILE_ROWS * PAIRS;
    for (k.jc = 0; k.jc < p->n; k.jc += BLOCK_COLUMNS) {
        k.nc = smaller(BLOCK_COLUMNS, p->n - k.jc);
        for (k.pc = 0; k.pc < p->k; k.pc += QP_BF16_DEPTH) {
            k.depth = smaller(QP_BF16_DEPTH, p->k - k.pc);
            k.pairs = (k.depth + 1) / 2;
            block_product(&k);
        }
    }
}
