#include "data/batches/scheduled_sampling.h"

#include <stdlib.h>

#include "lib/base/random.h"
#include "lib/decode/scheduled_words.h"

enum { PURPOSE_COIN = 0x636f696e };

typedef struct {
    int32_t *input;
    uint8_t *coin;
    int rows;
} reading_slot;

struct qp_scheduled_sampling {
    qp_scheduled_sampling_options options;
    uint64_t key; /* of the current epoch */
    reading_slot *slot;
};

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    qp_scheduled_sampling *r = self;
    r->key = qp_random_key(qp_random_key(r->options.seed, PURPOSE_COIN), (uint64_t)epoch);
    return r->options.texts.begin(r->options.texts.self, epoch, count);
}

static qp_status more(void *self, qp_batch_place *place, int64_t *count)
{
    const qp_batch_source *texts = &((qp_scheduled_sampling *)self)->options.texts;
    return texts->more(texts->self, place, count);
}

static qp_status reserve(reading_slot *s, int rows)
{
    if (rows <= s->rows) return QP_OK;
    free(s->input);
    free(s->coin);
    s->input = malloc((size_t)rows * sizeof *s->input);
    s->coin = malloc((size_t)rows);
    s->rows = s->input && s->coin ? rows : 0;
    return s->rows ? QP_OK : qp_fail(QP_EMEMORY, "scheduled sampling: no memory for %d tokens", rows);
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    qp_scheduled_sampling *r = self;
    QP_TRY(r->options.texts.get(r->options.texts.self, number, slot, batch));
    if (slot < 0 || slot >= r->options.slots)
        return qp_fail(QP_EBUG, "scheduled sampling: slot %d of %d", slot, r->options.slots);
    reading_slot *s = &r->slot[slot];
    int rows = batch->target.sequences.start[batch->target.sequences.count];
    QP_TRY(reserve(s, rows));
    uint64_t key = qp_random_key(r->key, (uint64_t)number);
    for (int i = 0; i < rows; i++) s->coin[i] = qp_random_uniform(key, (uint64_t)i) < r->options.rate;
    batch->input = s->input;
    return qp_scheduled_words(r->options.model, batch, s->coin, r->options.threads, s->input);
}

qp_status qp_scheduled_sampling_new(const qp_scheduled_sampling_options *options, qp_scheduled_sampling **reading)
{
    *reading = NULL;
    if (!(options->rate > 0 && options->rate <= 1))
        return qp_fail(QP_EUSAGE, "scheduled sampling: rate %g; give more than 0 and at most 1", options->rate);
    qp_scheduled_sampling *r = calloc(1, sizeof *r);
    if (r) r->slot = calloc((size_t)options->slots, sizeof *r->slot);
    if (!r || !r->slot) {
        free(r);
        return qp_fail(QP_EMEMORY, "scheduled sampling: out of memory");
    }
    r->options = *options;
    *reading = r;
    return QP_OK;
}

qp_batch_source qp_scheduled_sampling_source(qp_scheduled_sampling *reading)
{
    return (qp_batch_source){
        .self = reading, .begin = begin, .get = get, .more = reading->options.texts.more ? more : NULL};
}

void qp_scheduled_sampling_free(qp_scheduled_sampling *reading)
{
    if (!reading) return;
    for (int i = 0; i < reading->options.slots; i++) {
        free(reading->slot[i].input);
        free(reading->slot[i].coin);
    }
    free(reading->slot);
    free(reading);
}
