/* gemm_weight.inc.h — products with a weight packed once (gemm_packed.h). Every element of C is one chain of
 * multiply-adds over the whole of k in every function here, so its bits do not depend on how rows are grouped. */

#define STRIP_BLOCK 72      /* rows whose strips of A are packed together; a multiple of both tile heights */
#define PACK_ROWS_FROM 4    /* fewer rows are read where they stand */

static void pack_weight(qp_real *memory, int n, int k, const qp_real *w, ptrdiff_t stride, int transposed)
{
    for (int j = 0; j < n; j += QP_PANEL)
        pack_rows(memory + (ptrdiff_t)j * k, QP_PANEL, transposed ? w + j : w + j * stride, transposed ? 1 : stride,
                  transposed ? stride : 1, smaller(QP_PANEL, n - j), k);
}

/* One or two rows times several panels at once, so that enough independent sums are under way to hide their latency.
 * C(r, j) of panel p is at c + r*c_row + p*QP_PANEL. */
QP_INLINE void thin_product(const tile *t, const int rows, const int panels)
{
    enum { EACH = QP_PANEL / V_LANES };
    vreal sum[2][2 * EACH];
    const ptrdiff_t next = (ptrdiff_t)t->k * QP_PANEL;
    const qp_real *b[2] = {t->b, panels == 2 ? t->b + next : t->b};
    UNROLL_ALL for (int i = 0; i < rows * panels * EACH; i++) sum[i % rows][i / rows] = v_set(0);
    for (int l = 0; l < t->k; l++)
        UNROLL_ALL for (int i = 0; i < panels * EACH; i++) {
            vreal w = v_load(b[i / EACH] + (ptrdiff_t)l * QP_PANEL + i % EACH * V_LANES);
            sum[0][i] = v_fma(v_set(t->a[l]), w, sum[0][i]);
            if (rows == 2) sum[1][i] = v_fma(v_set(t->a[t->a_row + l]), w, sum[1][i]);
        }
    UNROLL_ALL for (int r = 0; r < rows; r++)
        UNROLL_ALL for (int i = 0; i < panels * EACH; i++)
            if (i * V_LANES < t->columns) tile_store(t, t->c + r * t->c_row, i * V_LANES, sum[r][i], true);
}

static void thin_products(tile t, int rows, int n)
{
    const ptrdiff_t panel = (ptrdiff_t)t.k * QP_PANEL;
    for (int j = 0; j < n;) {
        const bool two = n - j > QP_PANEL && rows == 1;
        t.columns = smaller(n - j, two ? 2 * QP_PANEL : QP_PANEL);
        if (two)
            thin_product(&t, 1, 2);
        else if (rows == 1)
            thin_product(&t, 1, 1);
        else
            thin_product(&t, 2, 1);
        t.b += two ? 2 * panel : panel;
        t.c += t.columns;
        if (t.bias != NULL) t.bias += t.columns;
        j += t.columns;
    }
}

/* Strips of A against one panel after the other: the weight, the largest operand, is read once. */
static void panel_products(tile t, int m, int n, const qp_real *bias, bool a_packed)
{
    const int strips = parts(m, TILE_ROWS);
    const tile start = t;
    for (int j = 0; j < n; j += TILE_COLUMNS) {
        t.columns = smaller(TILE_COLUMNS, n - j);
        t.b = start.b + (ptrdiff_t)(j / QP_PANEL) * QP_PANEL * t.k + j % QP_PANEL;
        t.bias = bias != NULL ? bias + j : NULL;
        for (int i = 0; i < strips; i++) {
            int first = part_start(m, strips, i), rows = part_start(m, strips, i + 1) - first;
            t.a = a_packed ? start.a + (ptrdiff_t)first * t.k : start.a + first * start.a_row;
            if (a_packed) t.a_row = 1, t.a_step = rows;
            t.c = start.c + first * t.c_row + j;
            tile_function_of(rows, t.columns)(&t);
        }
    }
}

static void packed_product(int m, const qp_real *a, ptrdiff_t a_row, const qp_packed *w, const qp_real *bias, qp_real beta,
                           qp_real *c, ptrdiff_t c_row, qp_real *scratch)
{
    tile t = {.a = a, .a_row = a_row, .a_step = 1, .b = w->panel, .b_step = QP_PANEL, .bias = bias, .k = w->k, .alpha = 1,
              .beta = beta, .c = c, .c_row = c_row};
    if (m <= 2) {
        thin_products(t, m, w->n);
        return;
    }
    const bool packs = m >= PACK_ROWS_FROM && w->k <= QP_GEMM_SCRATCH / STRIP_BLOCK;
    for (int first = 0; first < m; first += STRIP_BLOCK) {
        const int block = smaller(STRIP_BLOCK, m - first), strips = parts(block, TILE_ROWS);
        t.a = packs ? scratch : a + first * a_row;
        for (int i = 0; packs && i < strips; i++) {
            int start = part_start(block, strips, i), rows = part_start(block, strips, i + 1) - start;
            pack_turned(scratch + (ptrdiff_t)start * w->k, rows, a + (first + start) * a_row, a_row, rows, w->k);
        }
        t.c = c + first * c_row;
        panel_products(t, block, w->n, bias, packs);
    }
}
