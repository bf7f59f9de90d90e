#include "data/images/images.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    size_t cells = qp_image_cells(images->size), used = (size_t)images->count * cells;
    bool room = QP_GROW(images->label, images->label_capacity, (size_t)images->count + 1) &&
                (image->pixel ? QP_GROW(images->pixel, images->pixel_capacity, used + cells)
                              : QP_GROW(images->value, images->value_capacity, used + cells));
    if (!room) return qp_fail(QP_EMEMORY, "%s: no memory for image %lld", image->path, (long long)image->line);
    if (image->pixel)
        memcpy(images->pixel + used, image->pixel, cells);
    else
        memcpy(images->value + used, image->value, cells * sizeof *image->value);
    images->label[images->count++] = label;
    return QP_OK;
}

qp_status qp_images_add(qp_images *images, const qp_images_options *options, const qp_image *image)
{
    size_t cells = qp_image_cells(images->size);
    const void *bytes = image->pixel ? (const void *)image->pixel : (const void *)image->value;
    int32_t label = -1;
    if (!qp_held_out_has(options->part, image->line, bytes, image->pixel ? cells : cells * sizeof *image->value))
        return QP_OK;
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

void qp_images_moments(const qp_images *images, double *mean, double *deviation)
{
    size_t count = (size_t)images->count * qp_image_cells(images->size);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) sum += qp_images_value(images, i);
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        double d = qp_images_value(images, i) - *mean;
        squares += d * d;
    }
    *deviation = sqrt(squares / (double)count);
    if (!(*deviation > 0)) *deviation = 1;
}
