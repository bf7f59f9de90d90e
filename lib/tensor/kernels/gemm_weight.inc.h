/* gemm_weight.inc.h — products with a weight packed once (gemm_packed.h). Every element of C is one chain of
 * multiply-adds over the whole of k in every function here, so its bits do not depend on how rows are grouped. */

#define ROW_BLOCK 72 /* rows of A multiplied with one panel before the next; a multiple of both tile heights */

static void pack_weight(qp_real *memory, qp_matrix w, bool transposed)
{
    const int n = transposed ? w.columns : w.rows, k = transposed ? w.rows : w.columns;
    const ptrdiff_t stride = w.stride;
    for (size_t i = (size_t)(n / QP_PANEL) * QP_PANEL * (size_t)k; i < qp_packed_count(n, k); i++) memory[i] = 0;
    for (int j = 0; j < n; j += QP_PANEL)
        pack_rows(memory + (ptrdiff_t)j * k, QP_PANEL, transposed ? w.value + j : w.value + j * stride,
                  transposed ? 1 : stride, transposed ? stride : 1, smaller(QP_PANEL, n - j), k);
}

/* One or two rows times several panels at once: THIN_SUMS independent sums, because one that waits for its latency, or
 * for memory, leaves the others running. C(r, j) of panel p is at c + r*c_row + p*QP_PANEL. */
#define THIN_SUMS 8
QP_INLINE void thin_product(const tile *t, const int rows, const int panels)
{
    enum { EACH = QP_PANEL / V_LANES };
    vreal sum[2][THIN_SUMS];
    const ptrdiff_t panel = (ptrdiff_t)t->k * QP_PANEL, row = t->a_row;
    const qp_real *a = t->a, *b[THIN_SUMS / EACH];
    UNROLL_ALL for (int p = 0; p < panels; p++) b[p] = t->b + p * panel;
    UNROLL_ALL for (int i = 0; i < rows * panels * EACH; i++) sum[i % rows][i / rows] = v_set(0);
    for (ptrdiff_t l = 0; l < t->k; l++) UNROLL_ALL for (int i = 0; i < panels * EACH; i++)
        {
            vreal w = v_load(b[i / EACH] + l * QP_PANEL + i % EACH * V_LANES);
            sum[0][i] = v_fma(v_set(a[l]), w, sum[0][i]);
            if (rows == 2) sum[1][i] = v_fma(v_set(a[row + l]), w, sum[1][i]);
        }
    UNROLL_ALL for (int r = 0; r < rows; r++)
        UNROLL_ALL for (int i = 0; i < panels * EACH; i++) if (i * V_LANES < t->columns)
            tile_store(t, t->c + r * t->c_row, i * V_LANES, sum[r][i], true, false);
}

static void thin_products(tile t, int rows, int n)
{
    enum { MOST = THIN_SUMS * V_LANES / QP_PANEL, HALF = MOST / 2 };
    for (int j = 0; j < n;) {
        const int most = rows == 1 ? MOST : HALF, panels = n - j > (most - 1) * QP_PANEL ? most : 1;
        t.columns = smaller(n - j, panels * QP_PANEL);
        if (rows == 1 && panels == MOST)
            thin_product(&t, 1, MOST);
        else if (rows == 1)
            thin_product(&t, 1, 1);
        else if (panels == HALF)
            thin_product(&t, 2, HALF);
        else
            thin_product(&t, 2, 1);
        t.b += (ptrdiff_t)panels * t.k * QP_PANEL;
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
        t.b = start.b + (ptrdiff_t)(j / QP_PANEL) * QP_PANEL * t.k + j % QP_PANEL;
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
              .b_step = QP_PANEL,
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
