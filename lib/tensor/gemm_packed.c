#include "lib/tensor/gemm_packed.h"

#define PANEL 16 /* outputs of a panel: element (output o, input i) is at (o/16)*16*k + i*16 + o%16 */

size_t qp_packed_count(int n, int k)
{
    return (size_t)((n + PANEL - 1) / PANEL) * PANEL * (size_t)k;
}

qp_packed qp_packed_init(qp_real *memory, int n, int k, const qp_real *w, int stride, int transposed)
{
    for (int first = 0; first < n; first += PANEL) {
        qp_real *panel = memory + (ptrdiff_t)first * k;
        for (int i = 0; i < k; i++)
            for (int j = 0; j < PANEL; j++) {
                int o = first + j;
                panel[(ptrdiff_t)i * PANEL + j] =
                    o >= n ? 0 : transposed ? w[(ptrdiff_t)i * stride + o] : w[(ptrdiff_t)o * stride + i];
            }
    }
    return (qp_packed){.n = n, .k = k, .panel = memory};
}

/* One row times one panel: every output is one chain of additions in the order of k. */
static void row_panel(int k, const qp_real *a, const qp_real *panel, qp_real sum[PANEL])
{
    for (int j = 0; j < PANEL; j++) sum[j] = 0;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < PANEL; j++) sum[j] += a[i] * panel[(ptrdiff_t)i * PANEL + j];
}

void qp_gemm_packed(int m, const qp_real *a, int a_stride, const qp_packed *w, const qp_real *bias, qp_real beta,
                    qp_real *c, int c_stride)
{
    for (int first = 0; first < w->n; first += PANEL)
        for (int r = 0; r < m; r++) {
            qp_real sum[PANEL], *out = c + (ptrdiff_t)r * c_stride + first;
            row_panel(w->k, a + (ptrdiff_t)r * a_stride, w->panel + (ptrdiff_t)first * w->k, sum);
            for (int j = 0; j < PANEL && first + j < w->n; j++) {
                qp_real old = beta != 0 ? out[j] : 0;
                out[j] = old + sum[j] + (bias != NULL ? bias[first + j] : 0);
            }
        }
}
