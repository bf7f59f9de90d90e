#ifndef QP_ATTEND_IMAGE_H
#define QP_ATTEND_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/picture/picture.h"

/* qp_attend_image_file — the attention of the model file over image `number` (from 1) of a file (image_files.h), as a
 *   picture whose title is the file, the number and the label. verify: see qp_package_open.
 *   Errors  QP_EUSAGE: the model reads no images, or the file has fewer; those of reading and of qp_attend_image. */
qp_status qp_attend_image_file(const char *model, bool verify, const char *path, int64_t number, qp_picture *picture);

#endif
