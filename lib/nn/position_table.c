#include "lib/nn/position_table.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/grad/op_embedding.h"

enum { FILL_AT_LEAST = 64 }; /* rows */

struct qp_position_table {
    qp_position_table_config config;
    qp_real *value;    /* [positions, width] */
    double *frequency; /* [(width + 1) / 2] */
    double magnitude;
    atomic_int filled; /* rows */
    pthread_mutex_t lock;
};

/* ---- frequencies ---- */

static double plain_frequency(const qp_position_table_config *c, double base, int i)
{
    if (c->order == QP_SINUSOID_FAIRSEQ) return c->width < 4 ? 1 : pow(base, -(double)i / (c->width / 2 - 1));
    return pow(base, -2.0 * i / c->width);
}

/* The index of the frequency that turns so many times in the learned length. */
static double index_of_turns(const qp_position_table_config *c, double turns)
{
    return c->width * log(c->scaling.length / (turns * 2 * M_PI)) / (2 * log(c->base));
}

/* The share of index i that is not stretched. */
static double yarn_share(const qp_position_table_config *c, int i)
{
    double low = fmax(floor(index_of_turns(c, c->scaling.fast)), 0);
    double high = fmin(ceil(index_of_turns(c, c->scaling.slow)), c->width - 1);
    if (low == high) high += 0.001;
    return 1 - fmin(fmax((i - low) / (high - low), 0), 1);
}

static double llama3_share(const qp_rope_scaling *s, double frequency)
{
    double turns = s->length * frequency / (2 * M_PI);
    return fmin(fmax((turns - s->slow) / (s->fast - s->slow), 0), 1);
}

static double scaled_frequency(const qp_position_table_config *c, double base, int i)
{
    const qp_rope_scaling *s = &c->scaling;
    double f = plain_frequency(c, base, i), share;
    switch (s->kind) {
    case QP_ROPE_LINEAR: return f / s->factor;
    case QP_ROPE_LLAMA3: share = llama3_share(s, f); break;
    case QP_ROPE_YARN: share = yarn_share(c, i); break;
    default: return f;
    }
    return share * f + (1 - share) * f / s->factor;
}

static double *frequencies(const qp_position_table_config *c, double base)
{
    double *made = malloc(((size_t)c->width + 1) / 2 * sizeof *made + 1);
    for (int i = 0; made && i < (c->width + 1) / 2; i++) made[i] = scaled_frequency(c, base, i);
    return made;
}

/* ---- the table ---- */

qp_status qp_position_table_new(const qp_position_table_config *config, qp_position_table **table)
{
    const qp_position_table_config *c = config;
    *table = NULL;
    qp_position_table *made = calloc(1, sizeof *made);
    /* not calloc: pages of rows that are not needed are never touched */
    if (made) made->value = malloc((size_t)c->positions * (size_t)c->width * sizeof *made->value + 1);
    if (made) made->frequency = frequencies(c, c->base);
    if (!made || !made->value || !made->frequency) {
        if (made) free(made->value);
        if (made) free(made->frequency);
        free(made);
        return qp_fail(QP_EMEMORY, "out of memory for %d positions; use a smaller --max-length", c->positions);
    }
    made->config = *c;
    made->magnitude = 1;
    if (c->scaling.kind == QP_ROPE_YARN)
        made->magnitude = c->scaling.magnitude > 0 ? c->scaling.magnitude : 0.1 * log(c->scaling.factor) + 1;
    pthread_mutex_init(&made->lock, NULL);
    *table = made;
    return QP_OK;
}

void qp_position_table_free(qp_position_table *table)
{
    if (!table) return;
    pthread_mutex_destroy(&table->lock);
    free(table->value);
    free(table->frequency);
    free(table);
}

static qp_waves waves_of(const qp_position_table *table, const double *frequency)
{
    return (qp_waves){frequency, table->magnitude, table->config.order != QP_SINUSOID_INTERLEAVED};
}

static void fill(qp_position_table *table, int count)
{
    const qp_position_table_config *c = &table->config;
    pthread_mutex_lock(&table->lock);
    int filled = atomic_load_explicit(&table->filled, memory_order_relaxed);
    if (filled < count) {
        int rows = count - filled < FILL_AT_LEAST ? FILL_AT_LEAST : count - filled;
        if (rows > c->positions - filled) rows = c->positions - filled;
        const qp_waves waves = waves_of(table, table->frequency);
        qp_positions_waves(c->first + filled, rows, c->width, &waves, table->value + (ptrdiff_t)filled * c->width);
        atomic_store_explicit(&table->filled, filled + rows, memory_order_release);
    }
    pthread_mutex_unlock(&table->lock);
}

qp_tensor qp_position_table_rows(qp_position_table *table, int count)
{
    if (count > table->config.positions) count = table->config.positions;
    if (atomic_load_explicit(&table->filled, memory_order_acquire) < count) fill(table, count);
    return qp_tensor_of(table->config.positions, table->config.width, table->value);
}

int qp_position_table_width(const qp_position_table *table) { return table->config.width; }

bool qp_position_table_stretched(const qp_position_table *table, int tokens)
{
    return table->config.scaling.kind == QP_ROPE_DYNAMIC && tokens > table->config.scaling.length;
}

qp_status qp_position_table_stretch(const qp_position_table *table, int tokens, int first, int count, qp_real *row)
{
    const qp_position_table_config *c = &table->config;
    double base = c->base, factor = c->scaling.factor;
    if (qp_position_table_stretched(table, tokens) && c->width > 2)
        base *= pow(factor * tokens / c->scaling.length - (factor - 1), c->width / (c->width - 2.0));
    double *frequency = frequencies(c, base);
    if (!frequency) return qp_fail(QP_EMEMORY, "out of memory for the positions of a long text");
    const qp_waves waves = waves_of(table, frequency);
    qp_positions_waves(first, count, c->width, &waves, row);
    free(frequency);
    return QP_OK;
}
