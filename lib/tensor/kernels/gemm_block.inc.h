/* gemm_block.inc.h — products cut into tiles (Goto & van de Geijn 2008).
 * A block of B, BLOCK_DEPTH x BLOCK_COLUMNS, is packed and stays in the second-level cache; a strip of A of one tile's
 * height stays in the first level while it is multiplied with the whole block. All blocks have nearly the same size, so
 * there is no small remainder; their number depends on the shape alone. */
#include <string.h>

/* ---- packing: operands in the order in which a tile reads them, step l of all rows side by side ---- */

/* to[l*width + r] = from[r*stride + l] for 8 rows and 8 steps */
QP_INLINE void turn_8x8(qp_real *to, ptrdiff_t width, const qp_real *from, ptrdiff_t stride)
{
    UNROLL_ALL for (int half = 0; half < 8; half += 4)
    {
        __m256 x[4];
        UNROLL_ALL for (int r = 0; r < 4; r++)
            x[r] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + r * stride + half)),
                                        _mm_loadu_ps(from + (r + 4) * stride + half), 1);
        __m256 low01 = _mm256_unpacklo_ps(x[0], x[1]), high01 = _mm256_unpackhi_ps(x[0], x[1]);
        __m256 low23 = _mm256_unpacklo_ps(x[2], x[3]), high23 = _mm256_unpackhi_ps(x[2], x[3]);
        _mm256_storeu_ps(to + half * width, _mm256_shuffle_ps(low01, low23, 0x44));
        _mm256_storeu_ps(to + (half + 1) * width, _mm256_shuffle_ps(low01, low23, 0xEE));
        _mm256_storeu_ps(to + (half + 2) * width, _mm256_shuffle_ps(high01, high23, 0x44));
        _mm256_storeu_ps(to + (half + 3) * width, _mm256_shuffle_ps(high01, high23, 0xEE));
    }
}

/* the same for 4 rows and 4 steps */
QP_INLINE void turn_4x4(qp_real *to, ptrdiff_t width, const qp_real *from, ptrdiff_t stride)
{
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + stride);
    __m128 c = _mm_loadu_ps(from + 2 * stride), d = _mm_loadu_ps(from + 3 * stride);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + width, b);
    _mm_storeu_ps(to + 2 * width, c);
    _mm_storeu_ps(to + 3 * width, d);
}

/* to[l*width + r] = from[r*stride + l], r < rows, l < k. One cache line of every row at a time, so that writes are
 * close together too. */
static void pack_turned(qp_real *to, int width, const qp_real *from, ptrdiff_t stride, int rows, int k)
{
    enum { LINE = 16 };
    int l = 0;
    for (; l + LINE <= k; l += LINE) {
        int r = 0;
        for (; r + 8 <= rows; r += 8)
            for (int i = l; i < l + LINE; i += 8)
                turn_8x8(to + (ptrdiff_t)i * width + r, width, from + r * stride + i, stride);
        for (; r + 4 <= rows; r += 4)
            for (int i = l; i < l + LINE; i += 4)
                turn_4x4(to + (ptrdiff_t)i * width + r, width, from + r * stride + i, stride);
        for (; r < rows; r++)
            for (int i = l; i < l + LINE; i++) to[(ptrdiff_t)i * width + r] = from[r * stride + i];
    }
    for (; l < k; l++)
        for (int r = 0; r < rows; r++) to[(ptrdiff_t)l * width + r] = from[r * stride + l];
}

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

/* ---- blocks ---- */

static inline int smaller(int a, int b) { return a < b ? a : b; }
static inline int parts(int size, int largest) { return (size + largest - 1) / largest; }

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
              .a_row = p->a_row,
              .a_step = p->a_step,
              .k = kc,
              .alpha = p->alpha,
              .beta = pc == 0 ? p->beta : 1,
              .c_row = p->c_row};
    if (plan->b_packed) {
        for (int j = 0; j < nc; j += TILE_COLUMNS)
            pack_rows(plan->b_block + (ptrdiff_t)j * kc, TILE_COLUMNS, b + j * p->b_column, p->b_column, p->b_step,
                      smaller(TILE_COLUMNS, nc - j), kc);
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
        .a_group = scratch + BLOCK_DEPTH * BLOCK_COLUMNS,
    };
    const cut panels = cut_of(parts(p->n, TILE_COLUMNS), BLOCK_COLUMNS / TILE_COLUMNS),
              depths = cut_of(p->k, BLOCK_DEPTH);
    for (int j = 0; j < panels.count; j++) {
        int jc = TILE_COLUMNS * cut_start(panels, j), nc = smaller(TILE_COLUMNS * cut_size(panels, j), p->n - jc);
        for (int l = 0; l < depths.count; l++)
            block_product(p, &plan, jc, nc, cut_start(depths, l), cut_size(depths, l));
    }
}
