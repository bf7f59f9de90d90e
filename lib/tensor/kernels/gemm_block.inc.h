/* gemm_block.inc.h — products cut into tiles (Goto & van de Geijn 2008).
 * A block of B, QP_GEMM_DEPTH x BLOCK_COLUMNS, is packed and stays in the second-level cache; a strip of A of one
 * tile's height stays in the first level while it is multiplied with the whole block. All blocks have nearly the same
 * size, so there is no small remainder; their number depends on the shape alone. */
#include <string.h>

/* ---- packing: operands in the order in which a tile reads them, step l of all rows side by side ---- */

/* to[l*width + r] = from[l*stride + r], r < rows, l < k */
static void pack_straight(qp_real *to, int width, const qp_real *from, ptrdiff_t stride, int rows, int k)
{
    if (rows == 2 * V_LANES) {
        for (int l = 0; l < k; l++, to += width, from += stride) {
            v_store(to, v_load(from));
            v_store(to + V_LANES, v_load(from + V_LANES));
        }
        return;
    }
    for (int l = 0; l < k; l++, to += width, from += stride)
        for (int r = 0; r < rows; r += V_LANES)
            store_at(to + r, load_at(from + r, (size_t)(rows - r)), (size_t)(rows - r));
}

/* One of the two: the operand's element (r, l) is from[r*row + l*step]. */
static void pack_rows(qp_real *to, int width, const qp_real *from, ptrdiff_t row, ptrdiff_t step, int rows, int k)
{
    if (step == 1)
        pack_turned(to, width, from, row, rows, k);
    else
        pack_straight(to, width, from, step, rows, k);
}

static inline int smaller(int a, int b) { return a < b ? a : b; }
static inline int parts(int size, int largest) { return (size + largest - 1) / largest; }

/* to = k steps of `columns` columns of B, panel after panel. Rows without gaps are read in full, across all panels:
 * in the order of memory. */
static void pack_block(qp_real *to, const qp_real *b, ptrdiff_t step, ptrdiff_t column, int columns, int k)
{
    enum { LINE = 16, AHEAD = 8 };
    const ptrdiff_t panel = (ptrdiff_t)TILE_COLUMNS * k;
    if (step == 1) {
        for (int j = 0; j < columns; j += TILE_COLUMNS, to += panel)
            pack_turned(to, TILE_COLUMNS, b + j * column, column, smaller(TILE_COLUMNS, columns - j), k);
        return;
    }
    for (int l = 0; l < k; l++, b += step, to += TILE_COLUMNS) {
        qp_real *place = to;
        int j = 0;
        for (int i = 0; i < columns; i += LINE) __builtin_prefetch(b + AHEAD * step + i);
        for (; j + TILE_COLUMNS <= columns; j += TILE_COLUMNS, place += panel) {
            v_store(place, v_load(b + j));
            v_store(place + V_LANES, v_load(b + j + V_LANES));
        }
        for (; j < columns; j += V_LANES, place += V_LANES)
            store_at(place, load_at(b + j, (size_t)(columns - j)), (size_t)(columns - j));
    }
}

/* ---- blocks ---- */

/* `size` items in `count` parts; the first `larger` parts have one item more than the others */
typedef struct {
    int count, least, larger;
} cut;
static inline cut cut_of(int size, int largest)
{
    const int count = parts(size, largest);
    return (cut){.count = count, .least = size / count, .larger = size % count};
}
static inline int cut_start(cut c, int i) { return i * c.least + smaller(i, c.larger); }
static inline int cut_size(cut c, int i) { return c.least + (i < c.larger); }

/* What is packed, and where to. A is packed only where reading it in place is slower, see READ_A_DIRECTLY. */
typedef struct {
    bool a_packed, b_packed;
    cut strips;
    qp_real *b_block, *a_group;
} block_plan;

/* All columns of a strip of `rows` rows; t.a and t.c point to its first row. */
static void strip_product(tile t, int rows, int n, ptrdiff_t b_panel)
{
    for (int j = 0; j < n; j += TILE_COLUMNS) {
        t.columns = smaller(TILE_COLUMNS, n - j);
        tile_function_of(rows, t.columns)(&t);
        t.b += b_panel;
        t.c += TILE_COLUMNS;
        if (t.bias != NULL) t.bias += TILE_COLUMNS;
    }
}

/* Copies rows of A, padded so that no two of them fall on the same set of the cache; returns their distance. */
static ptrdiff_t copy_rows(const qp_real *from, ptrdiff_t stride, int rows, int kc, qp_real *to)
{
    const ptrdiff_t apart = (kc + 31) / 16 * 16;
    for (int r = 0; r < rows; r++) memcpy(to + r * apart, from + r * stride, (size_t)kc * sizeof *to);
    return apart;
}

/* Packs strips first .. last-1 of a transposed A, depth kc from step pc, each into TILE_ROWS*kc + V_LANES reals: a
 * step is stored as a whole vector, whose unused end the next store overwrites. */
static void pack_group(const qp_product *p, const block_plan *plan, int first, int last, int pc, int kc)
{
    const ptrdiff_t area = (ptrdiff_t)TILE_ROWS * kc + V_LANES;
    const qp_real *a = p->a + pc * p->a_step;
    for (int l = 0; l < kc; l++, a += p->a_step) {
        int start = cut_start(plan->strips, first);
        for (int i = first; i < last; i++) {
            int rows = cut_size(plan->strips, i);
            v_store(plan->a_group + (i - first) * area + (ptrdiff_t)l * rows,
                    load_at(a + start, (size_t)(p->m - start)));
            start += rows;
        }
    }
}

/* Sets where strip i of A is read from; packs it first if the plan says so. */
static void place_strip(const qp_product *p, const block_plan *plan, int i, int pc, int kc, tile *t)
{
    const int in_group = i % STRIP_GROUP, rows = cut_size(plan->strips, i);
    t->a = p->a + cut_start(plan->strips, i) * p->a_row + pc * p->a_step;
    if (!plan->a_packed) return;
    if (p->a_step == 1) {
        t->a_row = copy_rows(t->a, p->a_row, rows, kc, plan->a_group);
        t->a = plan->a_group;
    } else {
        if (in_group == 0) pack_group(p, plan, i, smaller(i + STRIP_GROUP, plan->strips.count), pc, kc);
        t->a = plan->a_group + in_group * ((ptrdiff_t)TILE_ROWS * kc + V_LANES);
        t->a_step = rows;
    }
}

/* C += one block: depth kc from step pc, nc columns from column jc. */
static void block_product(const qp_product *p, const block_plan *plan, int jc, int nc, int pc, int kc)
{
    const qp_real *b = p->b + pc * p->b_step + jc * p->b_column;
    tile t = {.b = b,
              .b_step = p->b_step,
              .bias = pc == 0 && p->bias != NULL ? p->bias + jc : NULL,
              .a_row = p->a_row,
              .a_step = p->a_step,
              .k = kc,
              .alpha = p->alpha,
              .beta = pc == 0 ? p->beta : 1,
              .c_row = p->c_row};
    if (plan->b_packed) {
        pack_block(plan->b_block, b, p->b_step, p->b_column, nc, kc);
        t.b = plan->b_block, t.b_step = TILE_COLUMNS;
    }
    for (int i = 0; i < plan->strips.count; i++) {
        place_strip(p, plan, i, pc, kc, &t);
        t.c = p->c + cut_start(plan->strips, i) * p->c_row + jc;
        strip_product(t, cut_size(plan->strips, i), nc, plan->b_packed ? (ptrdiff_t)TILE_COLUMNS * kc : TILE_COLUMNS);
    }
}

static void product(const qp_product *p, qp_real *scratch)
{
    const block_plan plan = {
        .a_packed = p->n > DIRECT_COLUMNS && !READ_A_DIRECTLY(p), /* few tiles a strip: not worth it */
        .b_packed = p->b_column != 1 || p->m > DIRECT_ROWS,
        .strips = cut_of(p->m, TILE_ROWS),
        .b_block = scratch,
        .a_group = scratch + QP_GEMM_DEPTH * BLOCK_COLUMNS,
    };
    const cut panels = cut_of(parts(p->n, TILE_COLUMNS), BLOCK_COLUMNS / TILE_COLUMNS),
              depths = cut_of(p->k, QP_GEMM_DEPTH);
    for (int j = 0; j < panels.count; j++) {
        int jc = TILE_COLUMNS * cut_start(panels, j), nc = smaller(TILE_COLUMNS * cut_size(panels, j), p->n - jc);
        for (int l = 0; l < depths.count; l++)
            block_product(p, &plan, jc, nc, cut_start(depths, l), cut_size(depths, l));
    }
}

/* ---- with a weight packed once (gemm_packed.h) ----
 * Every element of C is one chain of multiply-adds over the whole of k in every function from here on, so its bits do
 * not depend on how rows are grouped. */

#define ROW_BLOCK 72 /* rows of A multiplied with one panel before the next; a multiple of both tile heights */

static void pack_weight(qp_real *memory, qp_matrix w, bool transposed)
{
    const int n = transposed ? w.columns : w.rows, k = transposed ? w.rows : w.columns;
    const ptrdiff_t stride = w.stride;
    for (size_t i = (size_t)(n - n % TILE_COLUMNS) * (size_t)k; i < qp_packed_count(n, k); i++) memory[i] = 0;
    for (int j = 0; j < n; j += TILE_COLUMNS)
        pack_rows(memory + (ptrdiff_t)j * k, TILE_COLUMNS, transposed ? w.value + j : w.value + j * stride,
                  transposed ? 1 : stride, transposed ? stride : 1, smaller(TILE_COLUMNS, n - j), k);
}

/* One or two rows times several panels at once: THIN_SUMS independent sums, because one that waits for its latency, or
 * for memory, leaves the others running. C(r, j) of panel p is at c + r*c_row + p*TILE_COLUMNS. */
#define THIN_SUMS 8
QP_INLINE void thin_product(const tile *t, const int rows, const int panels)
{
    enum { EACH = TILE_COLUMNS / V_LANES };
    vreal sum[2][THIN_SUMS];
    const ptrdiff_t panel = (ptrdiff_t)t->k * TILE_COLUMNS, row = t->a_row;
    const qp_real *a = t->a, *b[THIN_SUMS / EACH];
    UNROLL_ALL for (int p = 0; p < panels; p++) b[p] = t->b + p * panel;
    UNROLL_ALL for (int i = 0; i < rows * panels * EACH; i++) sum[i % rows][i / rows] = v_set(0);
    for (ptrdiff_t l = 0; l < t->k; l++) UNROLL_ALL for (int i = 0; i < panels * EACH; i++)
        {
            vreal w = v_load(b[i / EACH] + l * TILE_COLUMNS + i % EACH * V_LANES);
            sum[0][i] = v_fma(v_set(a[l]), w, sum[0][i]);
            if (rows == 2) sum[1][i] = v_fma(v_set(a[row + l]), w, sum[1][i]);
        }
    UNROLL_ALL for (int r = 0; r < rows; r++)
        UNROLL_ALL for (int i = 0; i < panels * EACH; i++) if (i * V_LANES < t->columns)
            tile_store(t, t->c + r * t->c_row, i * V_LANES, sum[r][i], true, false);
}

static void thin_products(tile t, int rows, int n)
{
    enum { MOST = THIN_SUMS * V_LANES / TILE_COLUMNS, HALF = MOST / 2 };
    for (int j = 0; j < n;) {
        const int most = rows == 1 ? MOST : HALF, panels = n - j > (most - 1) * TILE_COLUMNS ? most : 1;
        t.columns = smaller(n - j, panels * TILE_COLUMNS);
        if (rows == 1 && panels == MOST)
            thin_product(&t, 1, MOST);
        else if (rows == 1)
            thin_product(&t, 1, 1);
        else if (panels == HALF)
            thin_product(&t, 2, HALF);
        else
            thin_product(&t, 2, 1);
        t.b += (ptrdiff_t)panels * t.k * TILE_COLUMNS;
        t.c += t.columns;
        if (t.bias != NULL) t.bias += t.columns;
        j += t.columns;
    }
}

/* All strips of A times one panel, then the next panel: the weight, the largest operand, is read once. */
static void panel_products(tile t, int m, int n, const qp_real *bias)
{
    const cut strips = cut_of(m, TILE_ROWS);
    const tile start = t;
    for (int j = 0; j < n; j += TILE_COLUMNS) {
        t.columns = smaller(TILE_COLUMNS, n - j);
        t.b = start.b + (ptrdiff_t)j * t.k;
        t.bias = bias != NULL ? bias + j : NULL;
        for (int i = 0; i < strips.count; i++) {
            const int first = cut_start(strips, i), rows = cut_size(strips, i);
            t.a = start.a + first * t.a_row;
            t.c = start.c + first * t.c_row + j;
            tile_function_of(rows, t.columns)(&t);
        }
    }
}

static void packed_product(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c,
                           qp_real *scratch)
{
    tile t = {.a = a.value,
              .a_row = a.stride,
              .a_step = 1,
              .b = w->panel,
              .b_step = TILE_COLUMNS,
              .bias = bias,
              .k = w->k,
              .alpha = 1,
              .beta = beta,
              .c = c.value,
              .c_row = c.stride};
    if (a.rows <= 2) {
        thin_products(t, a.rows, w->n);
        return;
    }
    const qp_product p = {.a_row = a.stride, .a_step = 1};
    const bool copies = a.rows > 8 && !READ_A_DIRECTLY(&p) && w->k <= QP_GEMM_SCRATCH / ROW_BLOCK - 32;
    for (int first = 0; first < a.rows; first += ROW_BLOCK) {
        const int block = smaller(ROW_BLOCK, a.rows - first);
        t.a = qp_matrix_row(a, first);
        if (copies) {
            t.a_row = copy_rows(t.a, a.stride, block, w->k, scratch);
            t.a = scratch;
        }
        t.c = qp_matrix_row(c, first);
        panel_products(t, block, w->n, bias);
    }
}
