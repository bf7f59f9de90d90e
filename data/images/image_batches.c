#include "data/images/image_batches.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

enum { MOST_NUMBERS = 1 << 30, MOST_SLOTS = 1 << 16, PURPOSE_ORDER = 0x696d6773, PURPOSE_SHIFT = 0x73686966 };

typedef struct {
    qp_real *source;
    void *room; /* for the images taken */
    qp_elements *span;
    int32_t *label, *source_start, *target_start;
} batch_slot;

struct qp_image_batches {
    qp_image_batches_options options;
    int32_t count; /* images */
    int32_t *order;
    uint64_t shift_key; /* of this epoch */
    batch_slot *slot;
};

static int64_t batches_of(const qp_image_batches *b) { return (b->count + b->options.size - 1) / b->options.size; }

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    qp_image_batches *b = self;
    uint64_t epoch_key = qp_random_key(b->options.seed, (uint64_t)epoch);
    uint64_t key = qp_random_key(epoch_key, PURPOSE_ORDER);
    b->shift_key = qp_random_key(epoch_key, PURPOSE_SHIFT);
    for (int32_t i = 0; i < b->count; i++) b->order[i] = i;
    if (b->options.shuffle) qp_random_shuffle(key, b->order, b->count);
    *count = batches_of(b);
    return QP_OK;
}

static void free_slot(batch_slot *s)
{
    free(s->source);
    free(s->room);
    free(s->span);
    free(s->label);
    free(s->source_start);
    free(s->target_start);
    *s = (batch_slot){0};
}

static qp_status allocate(const qp_image_batches *b, batch_slot *s)
{
    size_t size = (size_t)b->options.size;
    s->source = malloc(size * qp_image_cells(b->options.format->size) * sizeof *s->source);
    s->room = malloc(size * b->options.images->bytes);
    s->span = malloc(size * sizeof *s->span);
    s->label = malloc(size * sizeof *s->label);
    s->source_start = malloc((size + 1) * sizeof *s->source_start);
    s->target_start = malloc((size + 1) * sizeof *s->target_start);
    if (s->source && s->room && s->span && s->label && s->source_start && s->target_start) return QP_OK;
    free_slot(s);
    return qp_fail(QP_EMEMORY, "no memory for %zu images; use a smaller --batch-size", size);
}

/* A series moves along its only row. */
static qp_image_shift draw_shift(const qp_image_batches *b, int32_t image)
{
    uint64_t kinds = 2 * (uint64_t)b->options.shift + 1, place = 2 * (uint64_t)image;
    bool series = b->options.format->size.height == 1;
    int down = series ? 0 : (int)qp_random_below(b->shift_key, place, kinds) - b->options.shift;
    return (qp_image_shift){down, (int)qp_random_below(b->shift_key, place + 1, kinds) - b->options.shift};
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    qp_image_batches *b = self;
    const qp_image_format *format = b->options.format;
    int64_t batches = batches_of(b);
    memset(batch, 0, sizeof *batch);
    if (number < 0 || number >= batches || slot < 0 || slot >= b->options.slots)
        return qp_fail(QP_EBUG, "images: batch %lld of %lld, slot %d of %d", (long long)number, (long long)batches,
                       slot, b->options.slots);
    batch_slot *s = &b->slot[slot];
    if (!s->source) QP_TRY(allocate(b, s));
    int64_t first = b->count * number / batches, end = b->count * (number + 1) / batches;
    int count = (int)(end - first), patches = qp_image_patches(format);
    qp_images taken;
    QP_TRY(qp_images_take(b->options.images, b->order + first, count, s->span, s->room, &taken));
    for (int i = 0; i < count; i++) {
        int32_t image = b->order[first + i];
        qp_image_shift shift = b->options.shift ? draw_shift(b, image) : (qp_image_shift){0, 0};
        qp_image_format_rows(format, &taken, i, shift, s->source + (size_t)i * qp_image_cells(format->size));
        s->label[i] = b->options.images->label[image];
    }
    for (int i = 0; i <= count; i++) {
        s->source_start[i] = i * patches;
        s->target_start[i] = i;
    }
    batch->source.sequences = (qp_sequences){.count = count, .start = s->source_start};
    batch->target = (qp_ids){{.count = count, .start = s->target_start}, s->label};
    batch->source_value = s->source;
    batch->features = qp_image_features(format);
    return QP_OK;
}

static qp_status check(const qp_image_batches_options *o)
{
    int64_t numbers = (int64_t)qp_image_cells(o->format->size);
    if (o->size < 1 || o->size > MOST_NUMBERS / numbers)
        return qp_fail(QP_EUSAGE, "batch-size %lld: images of %lld numbers; give 1 to %lld", (long long)o->size,
                       (long long)numbers, (long long)(MOST_NUMBERS / numbers));
    if (o->slots < 1 || o->slots > MOST_SLOTS)
        return qp_fail(QP_EUSAGE, "accum %d: out of bounds; give 1 to %d", o->slots, MOST_SLOTS);
    return QP_OK;
}

qp_status qp_image_batches_new(const qp_image_batches_options *options, qp_image_batches **batches)
{
    *batches = NULL;
    QP_TRY(check(options));
    qp_image_batches *b = calloc(1, sizeof *b);
    if (b) {
        b->options = *options;
        b->count = (int32_t)options->images->count;
        if (b->options.size > b->count) b->options.size = b->count; /* a slot never holds more than there are */
        b->order = malloc((size_t)b->count * sizeof *b->order);
        b->slot = calloc((size_t)options->slots, sizeof *b->slot);
    }
    if (!b || !b->order || !b->slot) {
        qp_image_batches_free(b);
        return qp_fail(QP_EMEMORY, "images: out of memory");
    }
    *batches = b;
    return QP_OK;
}

qp_batch_source qp_image_batches_source(qp_image_batches *batches)
{
    return (qp_batch_source){.self = batches, .begin = begin, .get = get};
}

void qp_image_batches_free(qp_image_batches *batches)
{
    if (!batches) return;
    for (int i = 0; batches->slot && i < batches->options.slots; i++) free_slot(&batches->slot[i]);
    free(batches->slot);
    free(batches->order);
    free(batches);
}
