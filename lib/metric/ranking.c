#include "lib/metric/ranking.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    double value, other; /* other: what belongs to it, or its rank once ranked */
    int64_t place;
} item;

static int ascending(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static item *sorted(const double *value, const double *other, int64_t count)
{
    item *items = malloc(((size_t)count + 1) * sizeof *items);
    for (int64_t i = 0; items && i < count; i++) items[i] = (item){value[i], other ? other[i] : 0, i};
    if (items && count > 1) qsort(items, (size_t)count, sizeof *items, ascending);
    return items;
}

static qp_status ranks(const double *value, int64_t count, double *rank)
{
    item *items = sorted(value, NULL, count);
    if (!items) return qp_fail(QP_EMEMORY, "out of memory for %lld ranks", (long long)count);
    for (int64_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && items[end].value == items[first].value;) end++;
        for (int64_t i = first; i < end; i++) rank[items[i].place] = (double)(first + end - 1) / 2;
    }
    free(items);
    return QP_OK;
}

static double pearson(const double *a, const double *b, int64_t count)
{
    double mean[2] = {0, 0}, product = 0, square[2] = {0, 0};
    for (int64_t i = 0; i < count; i++) {
        mean[0] += a[i] / (double)count;
        mean[1] += b[i] / (double)count;
    }
    for (int64_t i = 0; i < count; i++) {
        double x = a[i] - mean[0], y = b[i] - mean[1];
        product += x * y;
        square[0] += x * x;
        square[1] += y * y;
    }
    double norm = sqrt(square[0] * square[1]);
    return norm > 0 ? product / norm : 0;
}

qp_status qp_spearman(const double *a, const double *b, int64_t count, double *correlation)
{
    double *rank = malloc((2 * (size_t)count + 1) * sizeof *rank);
    qp_status status = rank ? ranks(a, count, rank) : qp_fail(QP_EMEMORY, "out of memory for %lld ranks",
                                                              (long long)count);
    if (status == QP_OK) status = ranks(b, count, rank + count);
    *correlation = status == QP_OK ? pearson(rank, rank + count, count) : 0;
    free(rank);
    return status;
}

qp_status qp_best_cut(const double *a, const double *b, int64_t count, double *cut, double *accuracy)
{
    item *items = sorted(a, b, count);
    int64_t right = 0, most;
    if (!items) return qp_fail(QP_EMEMORY, "out of memory for %lld numbers", (long long)count);
    for (int64_t i = 0; i < count; i++) right += items[i].other > 0.5;
    most = right; /* the cut is below all of them */
    *cut = *accuracy = 0;
    if (count > 0) *cut = items[0].value;
    for (int64_t i = 0; i < count; i++) {
        right += items[i].other > 0.5 ? -1 : 1;
        if (right <= most || (i + 1 < count && items[i + 1].value == items[i].value)) continue;
        most = right;
        *cut = i + 1 < count ? items[i + 1].value : nextafter(items[i].value, INFINITY);
    }
    if (count > 0) *accuracy = (double)most / (double)count;
    free(items);
    return QP_OK;
}
