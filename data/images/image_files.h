#ifndef QP_IMAGE_FILES_H
#define QP_IMAGE_FILES_H

#include "data/images/images.h"

/* qp_image_files_read — the images of a path: a folder or a file .png (image_png.h), an IDX file (idx.h) by its first
 *   bytes, any other file as CSV (image_table.h).
 *   Errors  QP_EDATA: no images, or in training (policy LEARN) fewer than two labels; those of the readers. *images is
 *   then empty.
 * qp_image_files_found — whether a path is a folder or an IDX file, which no text is. */
qp_status qp_image_files_read(const qp_images_options *options, qp_images *images);
bool qp_image_files_found(const char *path);

#endif
