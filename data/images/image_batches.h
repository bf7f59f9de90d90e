#ifndef QP_IMAGE_BATCHES_H
#define QP_IMAGE_BATCHES_H

#include "data/images/image_format.h"
#include "lib/base/batch.h"

/* image_batches — the qp_batch_source of a classifier of images.
 *   source_value  [images * patches, features]; source.sequences has one sequence for each image
 *   target.id     the label of each image, -1: none
 * With shuffle the order of an epoch is drawn from (seed, epoch), otherwise it is that of the file.
 * Batches have about `size` images, all nearly the same number. */
typedef struct {
    const qp_images *images;
    const qp_image_format *format;
    int shift;    /* each epoch moves each image by up to so many pixels, drawn from (seed, epoch, image); 0: none */
    int64_t size; /* images per batch; size * the numbers of an image at most 2^30 */
    bool shuffle;
    uint64_t seed;
    int slots; /* batches held at once: --accum */
} qp_image_batches_options;

typedef struct qp_image_batches qp_image_batches;

/* qp_image_batches_new — images and format must outlive the source.
 * Memory  4 bytes per image, and the numbers of one batch, as they are kept and as a model reads them, for each slot.
 * Errors  QP_EUSAGE: options out of bounds; QP_EMEMORY.
 * qp_image_batches_source — as qp_batcher_source. QP_EBUG if number or slot do not exist. */
qp_status qp_image_batches_new(const qp_image_batches_options *options, qp_image_batches **batches);
qp_batch_source qp_image_batches_source(qp_image_batches *batches);
void qp_image_batches_free(qp_image_batches *batches);

#endif
