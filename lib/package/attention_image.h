#ifndef QP_ATTENTION_IMAGE_H
#define QP_ATTENTION_IMAGE_H

#include "data/images/images.h"
#include "lib/package/package.h"
#include "lib/picture/picture.h"

/* qp_attend_image — what a classifier of images attends to in image `number` (from 0), as a picture:
 *   encoder  every map of its self-attention [patches, patches]; with a class token its row and column come first
 *   cross    for each of them the image's grid of patches: what the class token attends to or, without one, the mean
 *            over all patches that attend; with --pooling attention its weights alone
 * The picture holds the image in gray; svg draws the cross maps over it.
 *   best   the label and its probability; may be NULL
 *   Errors  QP_EUSAGE: the encoder has no attention; QP_EMEMORY; those of the model. */
typedef struct {
    int label;
    double probability;
} qp_image_answer;
qp_status qp_attend_image(const qp_package *package, const qp_images *images, int64_t number, qp_picture *picture,
                          qp_image_answer *best);

#endif
