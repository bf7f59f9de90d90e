#include "data/images/images.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/array.h"

qp_status qp_image_size_check(const char *path, int64_t height, int64_t width, int64_t channels)
{
    bool sides = height >= 1 && width >= 1 && height <= QP_IMAGE_SIDE_MOST && width <= QP_IMAGE_SIDE_MOST;
    if (sides && channels >= 1 && channels <= 4 && height * width * channels <= QP_IMAGE_CELLS_MOST) return QP_OK;
    return qp_fail(QP_EDATA, "%s: images of %lld x %lld pixels and %lld channels; the most is %d numbers an image",
                   path, (long long)height, (long long)width, (long long)channels, QP_IMAGE_CELLS_MOST);
}

static qp_status append(qp_images *images, const qp_image *image, int32_t label)
{
    int64_t place = qp_spread_place(&images->spread, images->count);
    size_t cells = qp_image_cells(images->size), used = place > 0 ? (size_t)place * cells : 0;
    bool room = QP_GROW(images->label, images->label_capacity, (size_t)images->count + 1) &&
                (place < 0      ? true
                 : image->pixel ? QP_GROW(images->pixel, images->pixel_capacity, used + cells)
                                : QP_GROW(images->value, images->value_capacity, used + cells));
    if (!room) return qp_fail(QP_EMEMORY, "%s: no memory for image %lld", image->path, (long long)image->line);
    images->bytes = image->value ? cells * sizeof *image->value : cells;
    if (place >= 0 && image->pixel) memcpy(images->pixel + used, image->pixel, cells);
    if (place >= 0 && image->value) memcpy(images->value + used, image->value, cells * sizeof *image->value);
    images->label[images->count++] = label;
    return QP_OK;
}

/* What is held out is known by its numbers. */
bool qp_images_wants(const qp_images *images, const qp_images_options *options)
{
    return options->part.part != QP_PART_ALL || qp_spread_place(&images->spread, images->count) >= 0;
}

qp_status qp_images_add(qp_images *images, const qp_images_options *options, const qp_image *image)
{
    size_t cells = qp_image_cells(images->size);
    const void *bytes = image->pixel ? (const void *)image->pixel : (const void *)image->value;
    size_t length = image->value ? cells * sizeof *image->value : cells;
    int32_t label = -1;
    if (options->cluster) {
        uint64_t hash = image->hash ? image->hash : XXH3_64bits(bytes, length);
        images->digest = XXH3_64bits_withSeed(&hash, sizeof hash, images->digest);
    }
    if (!qp_held_out_has(options->part, image->line, bytes, length)) return QP_OK;
    if (images->count == INT32_MAX - 1)
        return qp_fail(QP_EDATA, "%s: more than %d images; use fewer", image->path, INT32_MAX - 1);
    if (images->count == 0) images->has_labels = true;
    if (!image->label)
        images->has_labels = false;
    else
        QP_TRY(qp_labels_number(options->dictionary, options->policy, image->path, image->line, image->label,
                                strlen(image->label), &label));
    return append(images, image, label);
}

void qp_images_free(qp_images *images)
{
    free(images->pixel);
    free(images->value);
    free(images->label);
    *images = (qp_images){0};
}

/* Images whose numbers are elsewhere. */
static qp_images view(const qp_images *images, void *numbers)
{
    bool pixels = images->bytes == qp_image_cells(images->size);
    return (qp_images){.size = images->size, .pixel = pixels ? numbers : NULL, .value = pixels ? NULL : numbers};
}

typedef struct {
    const qp_images *images;
    double mean, sum, squares; /* of the distances from the mean */
} moments;

static void add_moments(void *self, const void *element, int64_t first, int64_t count)
{
    moments *m = self;
    (void)first;
    qp_images some = view(m->images, (void *)(uintptr_t)element);
    size_t cells = (size_t)count * qp_image_cells(some.size);
    for (size_t i = 0; i < cells; i++) {
        double value = qp_images_value(&some, i), distance = value - m->mean;
        m->sum += value;
        m->squares += distance * distance;
    }
}

qp_status qp_images_moments(const qp_images *images, double *mean, double *deviation)
{
    double count = (double)images->count * (double)qp_image_cells(images->size);
    const void *kept = qp_images_kept(images);
    moments m = {.images = images};
    QP_TRY(qp_spread_each(&images->spread, kept, images->bytes, images->count, &m, add_moments));
    *mean = m.sum / count;
    m = (moments){.images = images, .mean = *mean};
    QP_TRY(qp_spread_each(&images->spread, kept, images->bytes, images->count, &m, add_moments));
    *deviation = sqrt(m.squares / count);
    if (!(*deviation > 0)) *deviation = 1;
    return QP_OK;
}

qp_status qp_images_take(const qp_images *images, const int32_t *number, int count, qp_elements *span, void *room,
                         qp_images *taken)
{
    for (int i = 0; i < count; i++) span[i] = (qp_elements){number[i], 1};
    *taken = view(images, room);
    return qp_spread_take(&images->spread, qp_images_kept(images), images->bytes, span, count, room);
}
