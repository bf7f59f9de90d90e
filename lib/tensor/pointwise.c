#include "lib/tensor/pointwise.h"

#include "lib/base/random.h"
#include "lib/base/tiles.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/kernels/pointwise_kernels.h"

/* Below this, asking for idle threads costs more than they save. */
enum { LEAST_SHARED = 4096 };

static const qp_pointwise_kernels *kernels(void)
{
#ifdef QP_VECTOR_KERNELS
    static const qp_pointwise_kernels *const set[] = {&qp_pointwise_scalar, &qp_pointwise_avx2, &qp_pointwise_avx512};
    return set[qp_cpu_level()];
#else
    return &qp_pointwise_scalar;
#endif
}

/* Elements are shared among idle threads (lib/base/tiles.h). */
typedef struct {
    qp_activation_kind kind;
    qp_real alpha, beta; /* alpha: also the slope of an activation */
    const qp_real *x, *y, *dy;
    qp_real *to;
} elements_job;

static const qp_real *from_element(const qp_real *x, size_t first) { return x != NULL ? x + first : NULL; }

static void by_elements(elements_job *job, void (*run)(void *self, size_t first, size_t end), size_t n, double element)
{
    qp_range_run(&(qp_range){job, run, n, element});
}

static void activate_range(void *self, size_t first, size_t end)
{
    const elements_job *j = self;
    kernels()->activate(j->kind, end - first, j->x + first, j->alpha, j->to + first);
}

static void activate_back_range(void *self, size_t first, size_t end)
{
    const elements_job *j = self;
    kernels()->activate_back(j->kind, end - first, from_element(j->x, first), from_element(j->y, first), j->alpha,
                             j->dy + first, j->beta, j->to + first);
}

static void scale_add_range(void *self, size_t first, size_t end)
{
    const elements_job *j = self;
    kernels()->scale_add(end - first, j->alpha, j->x + first, j->beta, j->to + first);
}

static void multiply_add_range(void *self, size_t first, size_t end)
{
    const elements_job *j = self;
    kernels()->multiply_add(end - first, j->x + first, j->y + first, j->beta, j->to + first);
}

void qp_activate(qp_activation_kind kind, size_t n, const qp_real *x, qp_real slope, qp_real *y)
{
    by_elements(&(elements_job){.kind = kind, .alpha = slope, .x = x, .to = y}, activate_range, n, 0.4);
}

qp_real qp_activation_slope(qp_activation_kind kind)
{
    return kind == QP_LEAKY_RELU ? (qp_real)0.01 : kind == QP_ELU ? 1 : 0;
}

void qp_activate_back(qp_activation_kind kind, size_t n, const qp_real *x, const qp_real *y, qp_real slope,
                      const qp_real *dy, qp_real beta, qp_real *dx)
{
    elements_job job = {.kind = kind, .alpha = slope, .beta = beta, .x = x, .y = y, .dy = dy, .to = dx};
    if (kind == QP_IDENTITY)
        qp_scale_add(n, 1, dy, beta, dx);
    else
        by_elements(&job, activate_back_range, n, 0.6);
}

void qp_scale_add(size_t n, qp_real alpha, const qp_real *x, qp_real beta, qp_real *y)
{
    if (n < LEAST_SHARED)
        kernels()->scale_add(n, alpha, x, beta, y);
    else
        by_elements(&(elements_job){.alpha = alpha, .beta = beta, .x = x, .to = y}, scale_add_range, n, 0.2);
}

void qp_multiply_add(size_t n, const qp_real *x, const qp_real *y, qp_real beta, qp_real *z)
{
    by_elements(&(elements_job){.beta = beta, .x = x, .y = y, .to = z}, multiply_add_range, n, 0.3);
}

double qp_sum_squares(size_t n, const qp_real *x) { return kernels()->sum_squares(n, x); }

typedef struct {
    uint64_t key, first;
    qp_dropout_piece piece;
    const qp_real *x;
    qp_real beta, *y;
} dropout_job;

static void dropout_range(void *self, size_t from, size_t end)
{
    const dropout_job *j = self;
    qp_dropout_piece piece = j->piece;
    for (size_t done = from; done < end;) {
        /* The hash sees 32 bits of the index; the upper ones pick its key. */
        uint64_t index = j->first + done, bits = qp_random_bits(j->key, index >> 32),
                 room = (1ULL << 32) - (index & 0xffffffffU);
        size_t count = end - done < room ? end - done : (size_t)room;
        piece.key[0] = (uint32_t)bits;
        piece.key[1] = (uint32_t)(bits >> 32);
        piece.first = (uint32_t)index;
        kernels()->dropout(count, &piece, j->x + done, j->beta, j->y + done);
        done += count;
    }
}

void qp_dropout_apply(size_t n, uint64_t key, uint64_t first, qp_real rate, const qp_real *x, qp_real beta, qp_real *y)
{
    if (!(rate > 0)) {
        qp_scale_add(n, 1, x, beta, y);
        return;
    }
    dropout_job job = {.key = key, .first = first, .x = x, .beta = beta, .y = y};
    job.piece = (qp_dropout_piece){.threshold = rate < 1 ? (uint32_t)((double)rate * 2147483648.0) : 0x7fffffffU,
                                   .scale = rate < 1 ? 1 / (1 - rate) : 0};
    if (n < LEAST_SHARED)
        dropout_range(&job, 0, n);
    else
        qp_range_run(&(qp_range){&job, dropout_range, n, 0.4});
}

void qp_adam_update(size_t n, const qp_adam_constants *c, const qp_real *g, qp_real *m, qp_real *v, qp_real *w)
{
    kernels()->adam_update(n, c, g, m, v, w);
}
