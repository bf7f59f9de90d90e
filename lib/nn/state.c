#include "lib/nn/state.h"

#include <stdlib.h>
#include <string.h>

/* The source and the cache rows of every hypothesis. There are two sets: reorder fills the other one from the present
 * one and swaps them. */
typedef struct {
    int32_t *source_start, *source_length; /* [row_capacity] rows of its source */
    int32_t *key_row;                      /* [row_capacity, time_capacity] cache rows read, oldest first */
} hypotheses;

/* One row a hypothesis, also in two sets. */
typedef struct {
    int columns, capacity;
    qp_real *now, *other; /* [capacity, columns] */
} carry;

struct qp_state {
    int rows, time;
    int tokens; /* of each hypothesis in this step */
    int row_capacity, time_capacity;
    hypotheses now, other;
    int32_t *key_start, *key_length, *query_start; /* [row_capacity + 1] */
    qp_state_shape shape;
    int cache_rows, cache_capacity; /* rows in use and allocated in each layer's cache */
    qp_real **cache;                /* [caches] of [cache_capacity, cache_width] */
    qp_tensor *source;              /* [sources], values owned */
    carry *carried;                 /* [carries] */
};

int qp_state_rows(const qp_state *state) { return state->rows; }

int qp_state_time(const qp_state *state) { return state->time; }

static void hypotheses_free(hypotheses *h)
{
    free(h->source_start);
    free(h->source_length);
    free(h->key_row);
    *h = (hypotheses){0};
}

void qp_state_free(qp_state *state)
{
    if (!state) return;
    for (int i = 0; state->cache && i < state->shape.caches; i++) free(state->cache[i]);
    for (int i = 0; state->source && i < state->shape.sources; i++) free(state->source[i].value);
    for (int i = 0; state->carried && i < state->shape.carries; i++) {
        free(state->carried[i].now);
        free(state->carried[i].other);
    }
    hypotheses_free(&state->now);
    hypotheses_free(&state->other);
    free(state->key_start);
    free(state->key_length);
    free(state->query_start);
    free(state->cache);
    free(state->source);
    free(state->carried);
    free(state);
}

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "out of memory for the decoder's cache; use a smaller --batch-size or --beam-size");
}

static bool hypotheses_new(hypotheses *h, int rows, int times)
{
    h->source_start = malloc((size_t)rows * sizeof(int32_t));
    h->source_length = malloc((size_t)rows * sizeof(int32_t));
    h->key_row = malloc((size_t)rows * (size_t)times * sizeof(int32_t));
    return h->source_start && h->source_length && h->key_row;
}

/* Length of a hypothesis' list of cache rows; 0 without caches. */
static int listed(const qp_state *state) { return state->shape.caches ? state->time : 0; }

static void hypotheses_copy(const qp_state *state, hypotheses *to, int to_row, int to_times, const hypotheses *from,
                            int from_row)
{
    to->source_start[to_row] = from->source_start[from_row];
    to->source_length[to_row] = from->source_length[from_row];
    memcpy(to->key_row + (size_t)to_row * (size_t)to_times,
           from->key_row + (size_t)from_row * (size_t)state->time_capacity, (size_t)listed(state) * sizeof(int32_t));
}

/* Key lists begin time_capacity apart. */
static void lay_out(qp_state *state)
{
    for (int row = 0; row <= state->row_capacity; row++) state->key_start[row] = row * state->time_capacity;
}

/* Room for `rows` hypotheses of `times` tokens, keeping the present ones. */
static qp_status make_room(qp_state *state, int rows, int times)
{
    if (rows <= state->row_capacity && times <= state->time_capacity) return QP_OK;
    int row_capacity = rows > state->row_capacity ? rows : state->row_capacity;
    int time_capacity = state->time_capacity ? state->time_capacity : 32;
    while (time_capacity < times) time_capacity *= 2;
    if ((int64_t)row_capacity * time_capacity > INT32_MAX) return out_of_memory();
    hypotheses now = {0}, other = {0};
    size_t entries = (size_t)row_capacity + 1;
    int32_t *start = realloc(state->key_start, entries * sizeof *start);
    if (start) state->key_start = start;
    int32_t *length = realloc(state->key_length, entries * sizeof *length);
    if (length) state->key_length = length;
    int32_t *query = realloc(state->query_start, entries * sizeof *query);
    if (query) state->query_start = query;
    bool made = hypotheses_new(&now, row_capacity, time_capacity) &&
                hypotheses_new(&other, row_capacity, time_capacity);
    if (!start || !length || !query || !made) {
        hypotheses_free(&now);
        hypotheses_free(&other);
        return out_of_memory();
    }
    for (int row = 0; row < state->rows; row++) hypotheses_copy(state, &now, row, time_capacity, &state->now, row);
    hypotheses_free(&state->now);
    hypotheses_free(&state->other);
    state->now = now;
    state->other = other;
    state->row_capacity = row_capacity;
    state->time_capacity = time_capacity;
    lay_out(state);
    return QP_OK;
}

qp_state *qp_state_new(qp_state_shape shape, qp_sequences source)
{
    qp_state *state = calloc(1, sizeof *state);
    if (!state) return NULL;
    state->shape = shape;
    state->cache = calloc((size_t)shape.caches + 1, sizeof *state->cache);
    state->source = calloc((size_t)shape.sources + 1, sizeof *state->source);
    state->carried = calloc((size_t)shape.carries + 1, sizeof *state->carried);
    if (!state->cache || !state->source || !state->carried ||
        make_room(state, source.count > 0 ? source.count : 1, 1) != QP_OK) {
        qp_state_free(state);
        return NULL;
    }
    for (int i = 0; i < source.count; i++) {
        state->now.source_start[i] = source.start[i];
        state->now.source_length[i] = qp_sequence_length(source, i);
    }
    state->rows = source.count;
    return state;
}

/* ---- carries ---- */

static qp_status carry_make_room(carry *c, int rows)
{
    if (rows <= c->capacity) return QP_OK;
    size_t count = (size_t)rows * (size_t)c->columns;
    qp_real *now = realloc(c->now, count * sizeof *now);
    if (now) c->now = now;
    qp_real *other = realloc(c->other, count * sizeof *other);
    if (other) c->other = other;
    if (!now || !other) return out_of_memory();
    c->capacity = rows;
    return QP_OK;
}

static void carry_reorder(carry *c, const int32_t *from_row, int rows)
{
    size_t columns = (size_t)c->columns;
    for (int row = 0; row < rows; row++)
        memcpy(c->other + (size_t)row * columns, c->now + (size_t)from_row[row] * columns, columns * sizeof *c->now);
    qp_real *kept = c->now;
    c->now = c->other;
    c->other = kept;
}

qp_status qp_state_carry_set(qp_state *state, int slot, qp_tensor value)
{
    carry *c = &state->carried[slot];
    c->columns = value.columns;
    QP_TRY(carry_make_room(c, value.rows));
    for (int row = 0; row < value.rows; row++)
        memcpy(c->now + (size_t)row * (size_t)c->columns, qp_tensor_row(value, row),
               (size_t)c->columns * sizeof *c->now);
    return QP_OK;
}

qp_tensor qp_state_carry(const qp_state *state, int slot)
{
    return qp_tensor_of(state->rows, state->carried[slot].columns, state->carried[slot].now);
}

/* ---- hypotheses ---- */

qp_status qp_state_reorder(qp_state *state, const int32_t *from_row, int rows)
{
    QP_TRY(make_room(state, rows, listed(state)));
    for (int i = 0; i < state->shape.carries; i++) QP_TRY(carry_make_room(&state->carried[i], rows));
    for (int row = 0; row < rows; row++)
        hypotheses_copy(state, &state->other, row, state->time_capacity, &state->now, from_row[row]);
    for (int i = 0; i < state->shape.carries; i++) carry_reorder(&state->carried[i], from_row, rows);
    hypotheses kept = state->now;
    state->now = state->other;
    state->other = kept;
    state->rows = rows;
    return QP_OK;
}

/* ---- sources ---- */

qp_status qp_state_source_set(qp_state *state, int slot, qp_tensor value)
{
    size_t row_bytes = (size_t)value.columns * sizeof(qp_real);
    qp_real *copy = malloc((size_t)value.rows * row_bytes + 1);
    if (!copy) return out_of_memory();
    for (int row = 0; row < value.rows; row++)
        memcpy(copy + (size_t)row * (size_t)value.columns, qp_tensor_row(value, row), row_bytes);
    free(state->source[slot].value);
    state->source[slot] = qp_tensor_of(value.rows, value.columns, copy);
    return QP_OK;
}

qp_tensor qp_state_source(const qp_state *state, int slot) { return state->source[slot]; }

qp_sequences qp_state_source_sequences(const qp_state *state)
{
    return (qp_sequences){.count = state->rows, .start = state->now.source_start, .length = state->now.source_length};
}

/* ---- caches ---- */

static qp_status cache_make_room(qp_state *state)
{
    int64_t needed = state->cache_rows + (int64_t)state->rows * state->tokens;
    if (needed <= state->cache_capacity) return QP_OK;
    int64_t capacity = state->cache_capacity ? state->cache_capacity : 32 * (int64_t)state->rows;
    while (capacity < needed) capacity *= 2;
    if (capacity > INT32_MAX) return out_of_memory();
    for (int layer = 0; layer < state->shape.caches; layer++) {
        qp_real *grown = realloc(state->cache[layer],
                                 (size_t)capacity * (size_t)state->shape.cache_width * sizeof *grown);
        if (!grown) return out_of_memory();
        state->cache[layer] = grown;
    }
    state->cache_capacity = (int)capacity;
    return QP_OK;
}

qp_status qp_state_step_begin(qp_state *state, int tokens)
{
    if (tokens > INT32_MAX / 2 - state->time) return out_of_memory(); /* make_room doubles */
    state->tokens = tokens;
    if (state->shape.caches) QP_TRY(make_room(state, state->rows, state->time + tokens));
    if (state->shape.caches) QP_TRY(cache_make_room(state));
    for (int row = 0; row <= state->rows; row++) state->query_start[row] = row * tokens;
    for (int row = 0; state->shape.caches && row < state->rows; row++) {
        int32_t *key = state->now.key_row + (ptrdiff_t)row * state->time_capacity + state->time;
        for (int i = 0; i < tokens; i++) key[i] = state->cache_rows + row * tokens + i;
        state->key_length[row] = state->time + tokens;
    }
    return QP_OK;
}

qp_tensor qp_state_append(qp_state *state, int layer, qp_tensor keys_values)
{
    qp_real *cache = state->cache[layer];
    const int rows = state->rows * state->tokens;
    for (int row = 0; row < rows; row++)
        memcpy(cache + (size_t)(state->cache_rows + row) * (size_t)state->shape.cache_width,
               qp_tensor_row(keys_values, row), (size_t)state->shape.cache_width * sizeof *cache);
    return qp_tensor_of(state->cache_rows + rows, state->shape.cache_width, cache);
}

void qp_state_step_end(qp_state *state)
{
    if (state->shape.caches) state->cache_rows += state->rows * state->tokens;
    state->time += state->tokens;
}

qp_sequences qp_state_key_sequences(const qp_state *state)
{
    return (qp_sequences){.count = state->rows, .start = state->key_start, .length = state->key_length};
}

const int32_t *qp_state_key_row(const qp_state *state) { return state->now.key_row; }

qp_sequences qp_state_query_sequences(const qp_state *state)
{
    return (qp_sequences){.count = state->rows, .start = state->query_start};
}
