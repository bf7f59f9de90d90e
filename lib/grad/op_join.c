#include "lib/grad/op_join.h"

#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/pointwise.h"

typedef struct {
    qp_tensor y;
    int count;
    bool below;            /* the parts are one below the other */
    const qp_tensor *part; /* memory of the tape */
} join;

/* Where part i begins in y. */
static ptrdiff_t place_of(const join *j, int i)
{
    ptrdiff_t before = 0;
    for (int k = 0; k < i; k++) before += j->below ? (ptrdiff_t)j->part[k].rows * j->y.stride : j->part[k].columns;
    return before;
}

/* dpart_i = the part of dy that it became. */
static void join_back(qp_tape *tape, void *context)
{
    const join *j = context;
    const qp_real *dy = qp_tape_upstream(j->y);
    ptrdiff_t place = place_of(j, j->count);
    for (int i = j->count; i-- > 0;) {
        qp_tensor x = j->part[i];
        place -= j->below ? (ptrdiff_t)x.rows * j->y.stride : x.columns;
        qp_real beta, *dx = qp_tape_grad(tape, x, &beta);
        for (int r = 0; dx && r < x.rows; r++)
            qp_scale_add((size_t)x.columns, 1, dy + place + (ptrdiff_t)r * j->y.stride, beta,
                         dx + (ptrdiff_t)r * x.stride);
    }
}

static bool parts_fit(int count, const qp_tensor *part, bool below)
{
    for (int i = 1; i < count; i++)
        if (below ? part[i].columns != part[0].columns : part[i].rows != part[0].rows) return false;
    return count > 0;
}

static qp_tensor join_parts(qp_tape *tape, int count, const qp_tensor *part, bool below)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!parts_fit(count, part, below))
        return qp_tape_fail(tape, QP_ESHAPE, "join: %d parts that differ in %s", count, below ? "columns" : "rows");
    if (count == 1) return part[0];
    int rows = part[0].rows, columns = part[0].columns;
    for (int i = 1; i < count; i++) {
        if (below)
            rows += part[i].rows;
        else
            columns += part[i].columns;
    }
    join j = {.y = qp_tape_tensor(tape, rows, columns), .count = count, .below = below};
    qp_tensor *kept = qp_tape_memory(tape, (size_t)count * sizeof *kept);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    memcpy(kept, part, (size_t)count * sizeof *kept);
    j.part = kept;
    qp_real *to = j.y.value;
    for (int i = 0; i < count; i++) {
        for (int r = 0; r < part[i].rows; r++)
            memcpy(to + (ptrdiff_t)r * columns, qp_tensor_row(part[i], r), (size_t)part[i].columns * sizeof *to);
        to += below ? (ptrdiff_t)part[i].rows * columns : part[i].columns;
    }
    qp_tape_record(tape, j.y, join_back, &j, sizeof j);
    return j.y;
}

qp_tensor qp_join_columns(qp_tape *tape, int count, const qp_tensor *part)
{
    return join_parts(tape, count, part, false);
}

qp_tensor qp_join_rows(qp_tape *tape, int count, const qp_tensor *part) { return join_parts(tape, count, part, true); }
