#ifndef QP_IMAGE_FORMAT_H
#define QP_IMAGE_FORMAT_H

#include "data/images/images.h"

enum { QP_IMAGE_COLORS = 3 };

/* image_format — how a model reads images (Dosovitskiy et al. 2021): an image is cut into patches, row by row of the
 * image; each patch is one row of numbers  z = (x - mean) / deviation,  channel after channel, each row by row. It is
 * kept in the model file as JSON. All zero: the model reads no images. */
typedef struct {
    qp_image_size size;
    int patch_height, patch_width; /* divide height and width */
    double mean, deviation;        /* of all numbers of the training part */
    bool by_channel;               /* of colors instead: */
    double mean_of[QP_IMAGE_COLORS], deviation_of[QP_IMAGE_COLORS];
    char column[512];              /* CSV: the columns, as qp_images_options has them */
} qp_image_format;

/* qp_image_patch_parse — "4x4" (rows x columns) or "8" (1x8): the size of a patch.   Errors  QP_EUSAGE.
 * qp_image_size_parse — "28x28" or "32x32x3".   Errors  QP_EUSAGE.
 * qp_image_format_check — QP_EUSAGE: the patch does not divide the size. */
qp_status qp_image_patch_parse(const char *text, int *height, int *width);
qp_status qp_image_size_parse(const char *text, qp_image_size *size);
qp_status qp_image_format_check(const qp_image_format *format);

static inline int qp_image_patches(const qp_image_format *f)
{
    return f->size.height / f->patch_height * (f->size.width / f->patch_width);
}
static inline int qp_image_features(const qp_image_format *f)
{
    return f->patch_height * f->patch_width * f->size.channels;
}

/* qp_image_format_rows — the patches of one image: row [patches, features]. The image is shifted down and right by so
 *   many pixels (negative: up, left); what enters repeats its edge. */
typedef struct {
    int down, right;
} qp_image_shift;
void qp_image_format_rows(const qp_image_format *format, const qp_images *images, int64_t image, qp_image_shift shift,
                          qp_real *row);

/* qp_image_format_json  — as JSON text, malloc'ed; numbers survive exactly.   Errors  QP_EDATA: a column that is not
 *   UTF-8; QP_EMEMORY.
 * qp_image_format_parse — parse it; QP_EDATA if it is damaged. */
qp_status qp_image_format_json(const qp_image_format *format, char **json);
qp_status qp_image_format_parse(const char *json, qp_image_format *format);

#endif
