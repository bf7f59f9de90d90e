#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tensor/kernels/gates_kernels.h"
#include "lib/tensor/kernels/pointwise_kernels.h"
#include "lib/tensor/kernels/rows_kernels.h"
#include "tests/fuzz/fuzz_targets.h"

/* The kernels of every level against the scalar ones, and those of AVX2 and AVX-512 against each other, to the bit: the
 * first byte is the length of a row, the others are its numbers. Memory has the exact size, so that the sanitizer
 * catches what is read or written past a row. */

enum { LONGEST = 100, LEVELS = 3 };

typedef struct {
    int n;
    qp_real *x, *y, *z;       /* [n] numbers of the input */
    qp_real *wanted, *result; /* [n] by the scalar kernel and by the other one */
} rows;

static const qp_pointwise_kernels *pointwise[LEVELS];
static const qp_rows_kernels *row[LEVELS];
static const qp_gates_kernels *gates[LEVELS];

static void find_levels(void)
{
    pointwise[0] = &qp_pointwise_scalar;
    row[0] = &qp_rows_scalar;
    gates[0] = &qp_gates_scalar;
#ifdef QP_VECTOR_KERNELS
    const bool both[] = {qp_cpu_supports(QP_CPU_AVX2), qp_cpu_supports(QP_CPU_AVX512)};
    pointwise[1] = both[0] ? &qp_pointwise_avx2 : NULL;
    pointwise[2] = both[1] ? &qp_pointwise_avx512 : NULL;
    row[1] = both[0] ? &qp_rows_avx2 : NULL;
    row[2] = both[1] ? &qp_rows_avx512 : NULL;
    gates[1] = both[0] ? &qp_gates_avx2 : NULL;
    gates[2] = both[1] ? &qp_gates_avx512 : NULL;
#endif
}

static qp_real *copy(int n, const qp_real *x)
{
    qp_real *made = malloc((size_t)n * sizeof *made);
    if (!made) abort();
    if (x) memcpy(made, x, (size_t)n * sizeof *made);
    return made;
}

/* Equal up to the rounding of n additions of numbers of this size; both must be the same kind of not finite. */
static void compare(int n, const qp_real *wanted, const qp_real *result, double size, const char *promise)
{
    for (int i = 0; i < n; i++) {
        const double a = (double)wanted[i], b = (double)result[i];
        if (!isfinite(a) || !isfinite(b))
            qp_fuzz_require(isnan(a) ? isnan(b) : a == b, promise);
        else
            qp_fuzz_require(fabs(a - b) <= 2e-5 * (fabs(a) + size), promise);
    }
}

static double largest(int n, const qp_real *x)
{
    double most = 1;
    for (int i = 0; i < n; i++) most = fmax(most, fabs((double)x[i]));
    return most;
}

static void try_pointwise(rows *r, const qp_pointwise_kernels *k, const qp_pointwise_kernels *scalar)
{
    const size_t n = (size_t)r->n;
    const double size = largest(r->n, r->x), other = largest(r->n, r->y), third = largest(r->n, r->z);
    const qp_dropout_piece piece = {.key = {7, 9}, .first = 5, .threshold = 1u << 29, .scale = 2};
    for (int kind = 0; kind < QP_ACTIVATION_COUNT; kind++) {
        scalar->activate((qp_activation_kind)kind, n, r->x, (qp_real)0.1, r->wanted);
        k->activate((qp_activation_kind)kind, n, r->x, (qp_real)0.1, r->result);
        compare(r->n, r->wanted, r->result, 1, "activations of every level agree");
        memcpy(r->result, r->z, n * sizeof *r->z);
        qp_real *dx = copy(r->n, r->z);
        scalar->activate_back((qp_activation_kind)kind, n, r->x, r->wanted, (qp_real)0.1, r->y, 1, dx);
        k->activate_back((qp_activation_kind)kind, n, r->x, r->wanted, (qp_real)0.1, r->y, 1, r->result);
        compare(r->n, dx, r->result, third + other * 8, "their gradients agree");
        free(dx);
    }
    memcpy(r->wanted, r->z, n * sizeof *r->z);
    memcpy(r->result, r->z, n * sizeof *r->z);
    scalar->scale_add(n, (qp_real)0.5, r->x, 1, r->wanted);
    k->scale_add(n, (qp_real)0.5, r->x, 1, r->result);
    compare(r->n, r->wanted, r->result, size + third, "sums agree");
    scalar->multiply_add(n, r->x, r->y, 1, r->wanted);
    k->multiply_add(n, r->x, r->y, 1, r->result);
    compare(r->n, r->wanted, r->result, size * other + third + size, "products agree");
    scalar->dropout(n, &piece, r->x, 0, r->wanted);
    k->dropout(n, &piece, r->x, 0, r->result);
    qp_fuzz_require(memcmp(r->wanted, r->result, n * sizeof *r->x) == 0, "the same elements are dropped");
    const double a = scalar->sum_squares(n, r->x), b = k->sum_squares(n, r->x);
    qp_fuzz_require(fabs(a - b) <= 1e-6 * a, "sums of squares agree");
}

static void try_rows(rows *r, const qp_rows_kernels *k, const qp_rows_kernels *scalar)
{
    qp_real mean[2], inverse[2];
    int32_t first[8], second[8];
    const int n = r->n, few = n < 8 ? n : 8;
    const double size = largest(n, r->x), other = largest(n, r->y), third = largest(n, r->z);
    scalar->softmax(n, r->x, 1, r->wanted);
    k->softmax(n, r->x, 1, r->result);
    compare(n, r->wanted, r->result, size * 0.1, "softmax of every level agrees");
    scalar->log_softmax(n, r->x, 1, r->wanted);
    k->log_softmax(n, r->x, 1, r->result);
    compare(n, r->wanted, r->result, size, "log softmax agrees");
    for (int level = 0; level < 2; level++) {
        const qp_row_norm norm = {.weight = r->y, .bias = r->z, .mean = &mean[level], .inverse = &inverse[level]};
        (level ? k : scalar)->norm(n, r->x, &norm, (qp_real)0.1, level ? r->result : r->wanted);
    }
    compare(n, r->wanted, r->result, other * 10 * size + third, "norms agree");
    compare(1, &mean[0], &mean[1], size, "means agree");
    memcpy(r->wanted, r->z, (size_t)n * sizeof *r->z);
    memcpy(r->result, r->z, (size_t)n * sizeof *r->z);
    scalar->add_scaled(n, 2, r->x, r->wanted);
    k->add_scaled(n, 2, r->x, r->result);
    compare(n, r->wanted, r->result, 2 * size + third, "scaled sums agree");
    scalar->top(n, r->x, few, first);
    k->top(n, r->x, few, second);
    qp_fuzz_require(memcmp(first, second, (size_t)few * sizeof *first) == 0, "the same elements are the largest");
}

static void try_gates(rows *r, const qp_gates_kernels *k, const qp_gates_kernels *scalar)
{
    const size_t n = (size_t)r->n;
    const double size = largest(r->n, r->x) * largest(r->n, r->y) * r->n;
    qp_real a = scalar->dot(n, r->x, r->y), b = k->dot(n, r->x, r->y);
    compare(1, &a, &b, size, "dot products agree");
    a = scalar->score(n, r->x, r->y, r->z);
    b = k->score(n, r->x, r->y, r->z);
    compare(1, &a, &b, largest(r->n, r->z) * r->n, "scores agree");
}

/* ---- AVX2 and AVX-512 ---- */

/* The results of one level whose sums depend on the order of the lanes. */
typedef struct {
    qp_real dot, score, mean, inverse;
    double squares;
    qp_real softmax[LONGEST], norm[LONGEST], normal[LONGEST], loss[LONGEST];
} results;

static void results_of(const rows *r, int level, results *out)
{
    const size_t n = (size_t)r->n;
    const qp_row_norm norm = {.weight = r->y, .bias = r->z, .mean = &out->mean, .inverse = &out->inverse};
    const qp_loss_coefficients c = {.main = 1, .smooth = (qp_real)0.1, .total = 2, .scale = 1};
    *out = (results){.dot = gates[level]->dot(n, r->y, r->z),
                     .score = gates[level]->score(n, r->x, r->y, r->z),
                     .squares = pointwise[level]->sum_squares(n, r->x)};
    row[level]->softmax(r->n, r->x, 1, out->softmax);
    row[level]->norm(r->n, r->x, &norm, (qp_real)0.1, out->norm);
    pointwise[level]->activate(QP_GELU, n, r->x, 0, out->normal);
    out->loss[0] = row[level]->cross_entropy(r->n, r->y, 0, NULL, &c, NULL);
}

static void compare_vectors(const rows *r)
{
    static results narrow, wide;
    if (!pointwise[1] || !pointwise[2]) return;
    results_of(r, 1, &narrow);
    results_of(r, 2, &wide);
    qp_fuzz_require(memcmp(&narrow, &wide, sizeof wide) == 0, "AVX2 and AVX-512 make the same bits");
}

/* A number of a byte: an eighth of it, or for a few bytes something large or small. */
static qp_real number(uint8_t byte)
{
    if (byte >= 0xF8) return (qp_real)ldexp(byte & 1 ? -1 : 1, 20 * (int)(byte - 0xFC));
    return (qp_real)((int)byte - 0x80) / 8;
}

int qp_fuzz_kernels(const uint8_t *data, size_t bytes)
{
    if (bytes < 2) return 0;
    if (!pointwise[0]) find_levels();
    rows r = {.n = 1 + data[0] % LONGEST};
    r.x = copy(r.n, NULL);
    r.y = copy(r.n, NULL);
    r.z = copy(r.n, NULL);
    r.wanted = copy(r.n, NULL);
    r.result = copy(r.n, NULL);
    for (int i = 0; i < r.n; i++) {
        const size_t at = (size_t)i;
        r.x[i] = number(data[1 + at % (bytes - 1)]);
        r.y[i] = number((uint8_t)(data[1 + (3 * at + 1) % (bytes - 1)] % 0xF8));
        r.z[i] = number((uint8_t)(data[1 + (7 * at + 2) % (bytes - 1)] % 0xF8));
    }
    for (int level = 1; level < LEVELS; level++) {
        if (!pointwise[level]) continue;
        try_pointwise(&r, pointwise[level], pointwise[0]);
        try_rows(&r, row[level], row[0]);
        try_gates(&r, gates[level], gates[0]);
    }
    compare_vectors(&r);
    free(r.x);
    free(r.y);
    free(r.z);
    free(r.wanted);
    free(r.result);
    return 0;
}
