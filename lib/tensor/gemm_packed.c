#include "lib/tensor/gemm_packed.h"

#include "lib/tensor/kernels/gemm_kernels.h"

size_t qp_packed_count(int n, int k) { return ((size_t)n + QP_PANEL - 1) / QP_PANEL * QP_PANEL * (size_t)k; }

static void pack_plain(qp_real *memory, int n, int k, const qp_real *w, ptrdiff_t stride, int transposed)
{
    for (int first = 0; first < n; first += QP_PANEL) {
        qp_real *panel = memory + (ptrdiff_t)first * k;
        for (int i = 0; i < k; i++)
            for (int j = 0; j < QP_PANEL; j++) {
                int o = first + j;
                panel[(ptrdiff_t)i * QP_PANEL + j] = o >= n ? 0 : transposed ? w[i * stride + o] : w[o * stride + i];
            }
    }
}

qp_packed qp_packed_init(qp_real *memory, int n, int k, const qp_real *w, int stride, int transposed)
{
#ifdef QP_VECTOR_KERNELS
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    if (kernels != NULL)
        kernels->pack(memory, n, k, w, stride, transposed);
    else
#endif
        pack_plain(memory, n, k, w, stride, transposed);
    return (qp_packed){.n = n, .k = k, .panel = memory};
}

/* One row times one panel: every output is one chain of additions in the order of k. */
static void row_panel(int k, const qp_real *a, const qp_real *panel, qp_real sum[QP_PANEL])
{
    for (int j = 0; j < QP_PANEL; j++) sum[j] = 0;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < QP_PANEL; j++) sum[j] += a[i] * panel[(ptrdiff_t)i * QP_PANEL + j];
}

static void plain_product(int m, const qp_real *a, ptrdiff_t a_row, const qp_packed *w, const qp_real *bias,
                          qp_real beta, qp_real *c, ptrdiff_t c_row)
{
    for (int first = 0; first < w->n; first += QP_PANEL)
        for (int r = 0; r < m; r++) {
            qp_real sum[QP_PANEL], *out = c + r * c_row + first;
            row_panel(w->k, a + r * a_row, w->panel + (ptrdiff_t)first * w->k, sum);
            for (int j = 0; j < QP_PANEL && first + j < w->n; j++) {
                qp_real value = sum[j] + (bias != NULL ? bias[first + j] : 0);
                out[j] = beta != 0 ? beta * out[j] + value : value;
            }
        }
}

void qp_gemm_packed(int m, const qp_real *a, int a_stride, const qp_packed *w, const qp_real *bias, qp_real beta,
                    qp_real *c, int c_stride)
{
    if (m <= 0) return;
#ifdef QP_VECTOR_KERNELS
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    if (kernels != NULL) {
        kernels->packed(m, a, a_stride, w, bias, beta, c, c_stride, scratch);
        return;
    }
#endif
    plain_product(m, a, a_stride, w, bias, beta, c, c_stride);
}
