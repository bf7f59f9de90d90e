#include <string.h>

#include "lib/base/tiles.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"
#include "tests/tensor/tensor_check.h"

/* Operations that idle threads help with: any team makes the same bits, and none writes after the result. */
enum { COUNT = 50001, AFTER = 50000, M = 100, N = 900, K = 300 };

typedef struct {
    int operation;
    const qp_real *x, *y;
    qp_real *to;
} operation;

enum { ACTIVATE, ACTIVATE_BACK, SCALE_ADD, MULTIPLY_ADD, DROPOUT, PRODUCT, PRODUCT_AND_BIAS, OPERATIONS };
static const char *const name[] = {"activate", "activate_back", "scale_add", "multiply_add",
                                   "dropout",  "product",       "bias"};

static void run(void *self, int worker)
{
    const operation *o = self;
    if (worker > 0) return;
    while (qp_team_size() > 1 && qp_team_idle() < qp_team_size() - 1) {} /* so that all of them take tiles */
    const qp_real half = (qp_real)0.5;
    const qp_matrix a = qp_matrix_dense((qp_real *)o->x, M, K), b = qp_matrix_dense((qp_real *)o->y, N, K);
    const qp_matrix c = qp_matrix_dense(o->to, M, N);
    switch (o->operation) {
    case ACTIVATE: qp_activate(QP_TANH, COUNT, o->x, 0, o->to); break;
    case ACTIVATE_BACK: qp_activate_back(QP_TANH, COUNT, o->x, o->y, 0, o->y, half, o->to); break;
    case SCALE_ADD: qp_scale_add(COUNT, half, o->x, half, o->to); break;
    case MULTIPLY_ADD: qp_multiply_add(COUNT, o->x, o->y, half, o->to); break;
    case DROPOUT: qp_dropout_apply(COUNT, 7, 3, half, o->x, half, o->to); break;
    case PRODUCT: qp_gemm(QP_ABT, half, a, b, half, c); break;
    default: qp_gemm_bias(a, b, o->x, c); break;
    }
}

/* The result of a team, and what comes after it. */
static void run_in_team(int threads, operation o)
{
    for (int i = 0; i < M * N + AFTER; i++) o.to[i] = (qp_real)(i % 13);
    qp_team_run(threads, &(qp_team_work){&o, run});
}

Test(shared, any_team_makes_the_same_bits)
{
    qp_real *x = new_reals(N * K), *y = new_reals(N * K);
    qp_real *alone = new_reals(M * N + AFTER), *several = new_reals(M * N + AFTER);
    for (int i = 0; i < N * K; i++) x[i] = (qp_real)sin(i), y[i] = (qp_real)cos(i * 0.37);
    for (int k = 0; k < OPERATIONS; k++) {
        const int end = k < PRODUCT ? COUNT : M * N;
        run_in_team(1, (operation){k, x, y, alone});
        for (int i = end; i < end + AFTER; i++) cr_assert_eq(alone[i], i % 13, "%s wrote after its result", name[k]);
        for (int threads = 2; threads < 5; threads++) {
            run_in_team(threads, (operation){k, x, y, several});
            cr_expect_eq(memcmp(alone, several, (size_t)(M * N + AFTER) * sizeof *alone), 0, "%s, %d threads", name[k],
                         threads);
        }
    }
    free(x);
    free(y);
    free(alone);
    free(several);
}
