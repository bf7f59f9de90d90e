#include "data/batches/window_batches.h"

#include <stdlib.h>
#include <string.h>

#include "data/batches/window_text.h"
#include "lib/base/random.h"

enum { MOST_ROWS = 1 << 30, MOST_SLOTS = 1 << 16 };
enum { PURPOSE_OFFSET = 0x6f6666, PURPOSE_ORDER = 0x77696e };

typedef struct {
    int32_t *id, *input, *start;
} window_slot;

struct qp_window_batches {
    int64_t tokens; /* of the text */
    qp_window_text text;
    qp_window_batches_options options;
    int64_t offset; /* of this epoch */
    int32_t count;  /* windows of this epoch */
    int32_t *order; /* [most windows of any epoch] */
    window_slot *slot;
};

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    qp_window_batches *w = self;
    const qp_window_batches_options *o = &w->options;
    uint64_t key = qp_random_key(o->seed, (uint64_t)epoch);
    w->offset = 0;
    if (o->shuffle) {
        int64_t spare = w->tokens - o->window + 1;
        uint64_t offsets = (uint64_t)(spare < o->window ? spare : o->window);
        w->offset = (int64_t)qp_random_below(qp_random_key(key, PURPOSE_OFFSET), 0, offsets);
    }
    int64_t left = w->tokens - w->offset;
    w->count = (int32_t)(o->shuffle ? left / o->window : (left + o->window - 1) / o->window);
    for (int32_t i = 0; i < w->count; i++) w->order[i] = i;
    if (o->shuffle) qp_random_shuffle(qp_random_key(key, PURPOSE_ORDER), w->order, w->count);
    *count = (w->count + o->size - 1) / o->size;
    return QP_OK;
}

static qp_status allocate(const qp_window_batches *w, window_slot *slot)
{
    size_t rows = (size_t)(w->options.size * w->options.window);
    slot->id = malloc(rows * sizeof *slot->id);
    slot->input = malloc(rows * sizeof *slot->input);
    slot->start = malloc(((size_t)w->options.size + 1) * sizeof *slot->start);
    if (slot->id && slot->input && slot->start) return QP_OK;
    return qp_fail(QP_EMEMORY, "windows: no memory for %zu tokens; use a smaller --batch-size", rows);
}

/* Adds one window to the batch; returns its rows. */
static int32_t add_window(qp_window_batches *w, int32_t window)
{
    int64_t first = w->offset + window * w->options.window, length = w->options.window;
    if (length > w->tokens - first) length = w->tokens - first;
    qp_window_text_add(&w->text, first, length);
    return (int32_t)length;
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    qp_window_batches *w = self;
    int64_t batches = (w->count + w->options.size - 1) / w->options.size;
    memset(batch, 0, sizeof *batch);
    if (number < 0 || number >= batches || slot < 0 || slot >= w->options.slots)
        return qp_fail(QP_EBUG, "windows: batch %lld of %lld, slot %d of %d", (long long)number, (long long)batches,
                       slot, w->options.slots);
    window_slot *s = &w->slot[slot];
    if (!s->start) QP_TRY(allocate(w, s));
    int32_t first = (int32_t)(w->count * number / batches), end = (int32_t)(w->count * (number + 1) / batches),
            rows = 0;
    qp_window_text_begin(&w->text);
    for (int32_t i = first; i < end; i++) {
        s->start[i - first] = rows;
        rows += add_window(w, w->order[i]);
    }
    s->start[end - first] = rows;
    QP_TRY(qp_window_text_take(&w->text, s->id, s->input));
    batch->target = (qp_ids){{.count = end - first, .start = s->start}, s->id};
    batch->input = s->input;
    return QP_OK;
}

static qp_status check(int64_t tokens, const qp_window_batches_options *o)
{
    if (o->window < 1 || o->window > MOST_ROWS || o->size < 1 || o->size > MOST_ROWS / o->window)
        return qp_fail(QP_EUSAGE, "windows: %lld of %lld tokens in a batch; use a smaller --batch-size or --lm-window",
                       (long long)o->size, (long long)o->window);
    if (o->slots < 1 || o->slots > MOST_SLOTS)
        return qp_fail(QP_EUSAGE, "accum %d: out of bounds; give 1 to %d", o->slots, MOST_SLOTS);
    if (tokens < 1) return qp_fail(QP_EDATA, "windows: the corpus is empty; give one with text in it");
    if (o->shuffle && tokens < o->window)
        return qp_fail(QP_EDATA,
                       "the training text has %lld tokens, less than one window; use a smaller --lm-window than %lld, "
                       "or more text",
                       (long long)tokens, (long long)o->window);
    if (tokens / o->window >= INT32_MAX) return qp_fail(QP_EDATA, "windows: too many; use a larger --lm-window");
    return QP_OK;
}

qp_status qp_window_batches_new(const qp_corpus *corpus, const qp_window_batches_options *options,
                                qp_window_batches **windows)
{
    *windows = NULL;
    int64_t tokens = corpus->target.start ? corpus->target.start[corpus->sequences] : 0;
    QP_TRY(check(tokens, options));
    qp_window_batches *w = calloc(1, sizeof *w);
    if (w) {
        *w = (qp_window_batches){.tokens = tokens, .options = *options};
        int64_t most = (tokens + options->window - 1) / options->window;
        if (w->options.size > most) w->options.size = most; /* a slot never holds more windows than the text has */
        w->order = malloc((size_t)most * sizeof *w->order);
        w->slot = calloc((size_t)options->slots, sizeof *w->slot);
    }
    if (!w || !w->order || !w->slot) {
        qp_window_batches_free(w);
        return qp_fail(QP_EMEMORY, "windows: no memory for the order of %lld tokens", (long long)tokens);
    }
    qp_status status = qp_window_text_init(&w->text, corpus, w->options.size, w->options.window);
    if (status == QP_OK)
        *windows = w;
    else
        qp_window_batches_free(w);
    return status;
}

qp_batch_source qp_window_batches_source(qp_window_batches *windows)
{
    return (qp_batch_source){.self = windows, .begin = begin, .get = get};
}

void qp_window_batches_free(qp_window_batches *windows)
{
    if (!windows) return;
    for (int i = 0; windows->slot && i < windows->options.slots; i++) {
        free(windows->slot[i].id);
        free(windows->slot[i].input);
        free(windows->slot[i].start);
    }
    qp_window_text_free(&windows->text);
    free(windows->slot);
    free(windows->order);
    free(windows);
}
