#include "lib/nn/position_table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/grad/op_embedding.h"

enum { FILL_AT_LEAST = 64 }; /* rows */

struct qp_position_table {
    qp_real *value; /* [positions, width] */
    int positions, width;
    double base;
    bool halves;
    atomic_int filled; /* rows */
    pthread_mutex_t lock;
};

qp_status qp_position_table_new(int positions, int width, double base, bool halves, qp_position_table **table)
{
    *table = NULL;
    qp_position_table *made = calloc(1, sizeof *made);
    /* not calloc: pages of rows that are not needed are never touched */
    if (made) made->value = malloc((size_t)positions * (size_t)width * sizeof *made->value + 1);
    if (!made || !made->value) {
        free(made);
        return qp_fail(QP_EMEMORY, "out of memory for %d positions; use a smaller --max-length", positions);
    }
    made->positions = positions;
    made->width = width;
    made->base = base;
    made->halves = halves;
    pthread_mutex_init(&made->lock, NULL);
    *table = made;
    return QP_OK;
}

void qp_position_table_free(qp_position_table *table)
{
    if (!table) return;
    pthread_mutex_destroy(&table->lock);
    free(table->value);
    free(table);
}

static void fill(qp_position_table *table, int count)
{
    pthread_mutex_lock(&table->lock);
    int filled = atomic_load_explicit(&table->filled, memory_order_relaxed);
    if (filled < count) {
        int rows = count - filled < FILL_AT_LEAST ? FILL_AT_LEAST : count - filled;
        if (rows > table->positions - filled) rows = table->positions - filled;
        qp_positions_sinusoidal(filled, rows, table->width, table->base, table->halves,
                                table->value + (ptrdiff_t)filled * table->width);
        atomic_store_explicit(&table->filled, filled + rows, memory_order_release);
    }
    pthread_mutex_unlock(&table->lock);
}

qp_tensor qp_position_table_rows(qp_position_table *table, int count)
{
    if (count > table->positions) count = table->positions;
    if (atomic_load_explicit(&table->filled, memory_order_acquire) < count) fill(table, count);
    return qp_tensor_of(table->positions, table->width, table->value);
}
