#include "data/batches/tbptt_batches.h"

#include <stdlib.h>
#include <string.h>

#include "data/batches/window_text.h"
#include "lib/base/random.h"

enum { MOST_ROWS = 1 << 30 };
enum { PURPOSE_OFFSET = 0x737472 };

struct qp_tbptt_batches {
    int64_t tokens; /* of the text */
    qp_window_text text;
    qp_tbptt_batches_options options;
    int64_t offset, length; /* of this epoch: begin of the first stream, tokens of the shortest */
    int64_t longer;         /* number of streams, the first ones, with one token more */
    int64_t batches;
    int32_t *id, *input, *start;
    qp_real *carry; /* [size, carry_width] */
};

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    qp_tbptt_batches *s = self;
    const qp_tbptt_batches_options *o = &s->options;
    s->offset = 0;
    if (o->shuffle) {
        int64_t spare = s->tokens - o->size * o->window + 1;
        uint64_t key = qp_random_key(qp_random_key(o->seed, (uint64_t)epoch), PURPOSE_OFFSET);
        s->offset = (int64_t)qp_random_below(key, 0, (uint64_t)(spare < o->window ? spare : o->window));
    }
    s->length = (s->tokens - s->offset) / o->size;
    s->longer = o->shuffle ? 0 : s->tokens - s->length * o->size;
    int64_t longest = s->length + (s->longer > 0);
    s->batches = o->shuffle ? s->length / o->window : (longest + o->window - 1) / o->window;
    *count = s->batches;
    return QP_OK;
}

/* Adds window `number` of stream i to the batch; returns its rows. */
static int32_t add_window(qp_tbptt_batches *s, int64_t number, int64_t i)
{
    int64_t first = s->offset + i * s->length + (i < s->longer ? i : s->longer);
    int64_t end = first + s->length + (i < s->longer);
    first += number * s->options.window;
    int64_t length = end - first < s->options.window ? end - first : s->options.window;
    if (length <= 0) return 0;
    qp_window_text_add(&s->text, first, length);
    return (int32_t)length;
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    qp_tbptt_batches *s = self;
    memset(batch, 0, sizeof *batch);
    if (number < 0 || number >= s->batches || slot != 0)
        return qp_fail(QP_EBUG, "tbptt batches: batch %lld of %lld, slot %d of 1", (long long)number,
                       (long long)s->batches, slot);
    int32_t rows = 0;
    int count = 0;
    qp_window_text_begin(&s->text);
    for (int64_t i = 0; i < s->options.size; i++) {
        s->start[count] = rows;
        rows += add_window(s, number, i);
        count += rows > s->start[count]; /* streams that have ended are the last ones */
    }
    s->start[count] = rows;
    QP_TRY(qp_window_text_take(&s->text, s->id, s->input));
    batch->target = (qp_ids){{.count = count, .start = s->start}, s->id};
    batch->input = s->input;
    batch->carry = (qp_batch_carry){.row = s->carry, .width = s->options.carry_width, .empty = number == 0};
    return QP_OK;
}

static qp_status check(int64_t tokens, const qp_tbptt_batches_options *o)
{
    if (o->window < 1 || o->window > MOST_ROWS || o->size < 1 || o->size > MOST_ROWS / o->window || o->carry_width < 1)
        return qp_fail(
            QP_EUSAGE,
            "tbptt batches: %lld windows of %lld tokens in a batch; use a smaller --batch-size or --lm-window",
            (long long)o->size, (long long)o->window);
    if (tokens < 1) return qp_fail(QP_EDATA, "tbptt batches: the corpus is empty; give one with text in it");
    if (o->shuffle && tokens / o->size < o->window)
        return qp_fail(QP_EDATA,
                       "the training text has %lld tokens, less than a window of %lld for each of %lld streams; use a "
                       "smaller --batch-size or --lm-window, or more text",
                       (long long)tokens, (long long)o->window, (long long)o->size);
    return QP_OK;
}

qp_status qp_tbptt_batches_new(const qp_corpus *corpus, const qp_tbptt_batches_options *options,
                               qp_tbptt_batches **streams)
{
    *streams = NULL;
    int64_t tokens = corpus->target.start ? corpus->target.start[corpus->sequences] : 0;
    QP_TRY(check(tokens, options));
    qp_tbptt_batches *s = calloc(1, sizeof *s);
    if (!s) return qp_fail(QP_EMEMORY, "tbptt batches: out of memory");
    *s = (qp_tbptt_batches){.tokens = tokens, .options = *options};
    if (s->options.size > tokens) s->options.size = tokens;
    size_t rows = (size_t)(s->options.size * s->options.window), size = (size_t)s->options.size;
    s->id = malloc(rows * sizeof *s->id);
    s->input = malloc(rows * sizeof *s->input);
    s->start = malloc((size + 1) * sizeof *s->start);
    s->carry = calloc(size * (size_t)s->options.carry_width, sizeof *s->carry);
    if (!s->id || !s->input || !s->start || !s->carry) {
        qp_tbptt_batches_free(s);
        return qp_fail(QP_EMEMORY, "tbptt batches: no memory for %zu tokens; use a smaller --batch-size", rows);
    }
    qp_status status = qp_window_text_init(&s->text, corpus, s->options.size, s->options.window);
    if (status == QP_OK)
        *streams = s;
    else
        qp_tbptt_batches_free(s);
    return status;
}

qp_batch_source qp_tbptt_batches_source(qp_tbptt_batches *s)
{
    return (qp_batch_source){.self = s,
                             .begin = begin,
                             .get = get,
                             .carry = s->carry,
                             .carry_count = (size_t)s->options.size * (size_t)s->options.carry_width};
}

void qp_tbptt_batches_free(qp_tbptt_batches *s)
{
    if (!s) return;
    qp_window_text_free(&s->text);
    free(s->id);
    free(s->input);
    free(s->start);
    free(s->carry);
    free(s);
}
