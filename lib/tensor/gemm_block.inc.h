/* gemm_block.inc.h — products cut into tiles (Goto & van de Geijn 2008).
 * A block of B, BLOCK_DEPTH x BLOCK_COLUMNS, is packed and stays in the second-level cache; a strip of A of one tile's
 * height is packed, stays in the first level, and meets all of the block. Blocks are of equal size, so none is a
 * remainder; their number depends on the shape alone. */
#include "lib/tensor/gemm_pack.inc.h"

static inline int smaller(int a, int b) { return a < b ? a : b; }
static inline int parts(int size, int largest) { return (size + largest - 1) / largest; }
static inline int part_start(int size, int count, int i) { return (int)((long long)size * i / count); }

/* all tiles of `rows` rows; B stands in panels, or as it is if b_panel is 0 (then next panel = next columns) */
static void strip_product(tile t, int rows, int n, ptrdiff_t b_panel)
{
    for (int j = 0; j < n; j += TILE_COLUMNS) {
        t.columns = smaller(TILE_COLUMNS, n - j);
        tile_function_of(rows, t.columns)(&t);
        t.b += b_panel != 0 ? b_panel : TILE_COLUMNS;
        t.c += TILE_COLUMNS;
    }
}

/* C += one block of depth kc from step pc on, and columns jc.. */
static void block_product(const qp_product *p, int jc, int nc, int pc, int kc, qp_real *scratch)
{
    qp_real *b_block = scratch, *a_strip = scratch + BLOCK_DEPTH * BLOCK_COLUMNS;
    const qp_real *b = p->b + pc * p->b_step + jc * p->b_column;
    for (int j = 0; j < nc; j += TILE_COLUMNS)
        pack_rows(b_block + (ptrdiff_t)j * kc, TILE_COLUMNS, b + j * p->b_column, p->b_column, p->b_step,
                  smaller(TILE_COLUMNS, nc - j), kc);
    const int strips = parts(p->m, TILE_ROWS);
    for (int i = 0; i < strips; i++) {
        int first = part_start(p->m, strips, i), rows = part_start(p->m, strips, i + 1) - first;
        pack_rows(a_strip, rows, p->a + first * p->a_row + pc * p->a_step, p->a_row, p->a_step, rows, kc);
        tile t = {.a = a_strip, .a_row = 1, .a_step = rows, .b = b_block, .b_step = TILE_COLUMNS, .k = kc,
                  .alpha = p->alpha, .beta = pc == 0 ? p->beta : 1, .c = p->c + first * p->c_row + jc, .c_row = p->c_row};
        strip_product(t, rows, nc, (ptrdiff_t)TILE_COLUMNS * kc);
    }
}

/* Small operands are read where they stand; only a B that lies the wrong way is turned first. */
static void small_product(const qp_product *p, qp_real *scratch)
{
    const qp_real *b = p->b;
    ptrdiff_t b_step = p->b_step, b_panel = 0;
    if (p->b_column != 1) {
        for (int j = 0; j < p->n; j += TILE_COLUMNS)
            pack_turned(scratch + (ptrdiff_t)j * p->k, TILE_COLUMNS, b + j * p->b_column, p->b_column,
                        smaller(TILE_COLUMNS, p->n - j), p->k);
        b = scratch, b_step = TILE_COLUMNS, b_panel = (ptrdiff_t)TILE_COLUMNS * p->k;
    }
    const int strips = parts(p->m, TILE_ROWS);
    for (int i = 0; i < strips; i++) {
        int first = part_start(p->m, strips, i), rows = part_start(p->m, strips, i + 1) - first;
        tile t = {.a = p->a + first * p->a_row, .a_row = p->a_row, .a_step = p->a_step, .b = b, .b_step = b_step, .k = p->k,
                  .alpha = p->alpha, .beta = p->beta, .c = p->c + first * p->c_row, .c_row = p->c_row};
        strip_product(t, rows, p->n, b_panel);
    }
}

static void product(const qp_product *p, qp_real *scratch)
{
    if ((long long)p->n * p->k <= SMALL_ELEMENTS && (long long)p->m * p->k <= SMALL_ELEMENTS) {
        small_product(p, scratch);
        return;
    }
    const int depths = parts(p->k, BLOCK_DEPTH), widths = parts(parts(p->n, TILE_COLUMNS), BLOCK_COLUMNS / TILE_COLUMNS);
    for (int j = 0; j < widths; j++) {
        int jc = TILE_COLUMNS * part_start(parts(p->n, TILE_COLUMNS), widths, j);
        int end = smaller(p->n, TILE_COLUMNS * part_start(parts(p->n, TILE_COLUMNS), widths, j + 1));
        for (int l = 0; l < depths; l++) {
            int pc = part_start(p->k, depths, l), kc = part_start(p->k, depths, l + 1) - pc;
            block_product(p, jc, end - jc, pc, kc, scratch);
        }
    }
}
