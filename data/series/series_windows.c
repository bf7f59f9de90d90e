#include "data/series/series_windows.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

enum { MOST_NUMBERS = 1 << 30, MOST_SLOTS = 1 << 16, PURPOSE_ORDER = 0x73657269 };

typedef struct {
    qp_real *source, *target;
    double *room; /* for the rows of a batch */
    qp_elements *span;
    int32_t *source_start, *target_start;
} window_slot;

struct qp_series_windows {
    qp_series_windows_options options;
    int32_t count; /* windows */
    int32_t *order;
    window_slot *slot;
};

static int64_t batches_of(const qp_series_windows *w) { return (w->count + w->options.size - 1) / w->options.size; }

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    qp_series_windows *w = self;
    uint64_t key = qp_random_key(qp_random_key(w->options.seed, (uint64_t)epoch), PURPOSE_ORDER);
    for (int32_t i = 0; i < w->count; i++) w->order[i] = i;
    if (w->options.shuffle) qp_random_shuffle(key, w->order, w->count);
    *count = batches_of(w);
    return QP_OK;
}

static qp_status allocate(const qp_series_windows *w, window_slot *s)
{
    const qp_scaling *scaling = w->options.scaling;
    size_t size = (size_t)w->options.size;
    s->source = malloc(size * (size_t)scaling->window * (size_t)scaling->columns * sizeof *s->source);
    size_t rows = (size_t)scaling->window + (size_t)scaling->horizon;
    s->room = malloc(size * rows * (size_t)scaling->columns * sizeof *s->room);
    s->span = malloc(size * sizeof *s->span);
    s->target = malloc(size * (size_t)scaling->horizon * sizeof *s->target);
    s->source_start = malloc((size + 1) * sizeof *s->source_start);
    s->target_start = malloc((size + 1) * sizeof *s->target_start);
    if (s->source && s->room && s->span && s->target && s->source_start && s->target_start) return QP_OK;
    return qp_fail(QP_EMEMORY, "series: no memory for %zu windows; use a smaller --batch-size", size);
}

static void free_slot(window_slot *s)
{
    free(s->source);
    free(s->room);
    free(s->span);
    free(s->target);
    free(s->source_start);
    free(s->target_start);
    *s = (window_slot){0};
}

/* The rows of `count` windows and of what follows each, one after the other, as a series. */
static qp_status take(const qp_series_windows *w, const window_slot *s, const int32_t *window, int count,
                      qp_series *taken)
{
    const qp_series *series = w->options.series;
    int64_t rows = (int64_t)w->options.scaling->window + w->options.scaling->horizon;
    for (int i = 0; i < count; i++) s->span[i] = (qp_elements){window[i], rows};
    *taken = (qp_series){.columns = series->columns, .rows = rows * count, .value = s->room};
    return qp_spread_take(&series->spread, series->value, (size_t)series->columns * sizeof *series->value, s->span,
                          count, s->room);
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    qp_series_windows *w = self;
    const qp_scaling *scaling = w->options.scaling;
    int64_t batches = batches_of(w);
    memset(batch, 0, sizeof *batch);
    if (number < 0 || number >= batches || slot < 0 || slot >= w->options.slots)
        return qp_fail(QP_EBUG, "series: batch %lld of %lld, slot %d of %d", (long long)number, (long long)batches,
                       slot, w->options.slots);
    window_slot *s = &w->slot[slot];
    if (!s->target_start) {
        qp_status status = allocate(w, s);
        if (status != QP_OK) free_slot(s);
        QP_TRY(status);
    }
    int64_t first = w->count * number / batches, end = w->count * (number + 1) / batches;
    int count = (int)(end - first);
    qp_series taken;
    QP_TRY(take(w, s, w->order + first, count, &taken));
    for (int i = 0; i < count; i++) {
        int64_t row = i * ((int64_t)scaling->window + scaling->horizon);
        qp_scaling_input(scaling, &taken, row, s->source + (int64_t)i * scaling->window * scaling->columns);
        qp_scaling_target(scaling, &taken, row, s->target + (int64_t)i * scaling->horizon);
    }
    for (int i = 0; i <= count; i++) {
        s->source_start[i] = i * scaling->window;
        s->target_start[i] = i;
    }
    batch->source.sequences = (qp_sequences){.count = count, .start = s->source_start};
    batch->target.sequences = (qp_sequences){.count = count, .start = s->target_start};
    batch->source_value = s->source;
    batch->target_value = s->target;
    batch->features = scaling->columns;
    batch->outputs = scaling->horizon;
    return QP_OK;
}

static qp_status check(const qp_series_windows_options *o)
{
    int64_t numbers = (int64_t)o->scaling->window * o->scaling->columns;
    if (numbers < o->scaling->horizon) numbers = o->scaling->horizon;
    QP_TRY(qp_scaling_check(o->scaling, o->series));
    if (o->size < 1 || o->size > MOST_NUMBERS / numbers)
        return qp_fail(QP_EUSAGE, "batch-size %lld: windows of %lld numbers; give 1 to %lld", (long long)o->size,
                       (long long)numbers, (long long)(MOST_NUMBERS / numbers));
    if (o->slots < 1 || o->slots > MOST_SLOTS)
        return qp_fail(QP_EUSAGE, "accum %d: out of bounds; give 1 to %d", o->slots, MOST_SLOTS);
    if (qp_scaling_windows(o->scaling, o->series) >= INT32_MAX)
        return qp_fail(QP_EDATA, "%s: more than %d rows; use a shorter file", o->series->path, INT32_MAX);
    return QP_OK;
}

qp_status qp_series_windows_new(const qp_series_windows_options *options, qp_series_windows **windows)
{
    *windows = NULL;
    QP_TRY(check(options));
    qp_series_windows *w = calloc(1, sizeof *w);
    if (w) {
        w->options = *options;
        w->count = (int32_t)qp_scaling_windows(options->scaling, options->series);
        if (w->options.size > w->count) w->options.size = w->count; /* a slot never holds more windows than there are */
        w->order = malloc((size_t)w->count * sizeof *w->order);
        w->slot = calloc((size_t)options->slots, sizeof *w->slot);
    }
    if (!w || !w->order || !w->slot) {
        qp_series_windows_free(w);
        return qp_fail(QP_EMEMORY, "series: out of memory");
    }
    *windows = w;
    return QP_OK;
}

qp_batch_source qp_series_windows_source(qp_series_windows *windows)
{
    return (qp_batch_source){.self = windows, .begin = begin, .get = get};
}

void qp_series_windows_free(qp_series_windows *windows)
{
    if (!windows) return;
    for (int i = 0; windows->slot && i < windows->options.slots; i++) free_slot(&windows->slot[i]);
    free(windows->slot);
    free(windows->order);
    free(windows);
}
