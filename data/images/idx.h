#ifndef QP_IDX_H
#define QP_IDX_H

#include "data/images/images.h"

/* idx — the format of MNIST's files: two zero bytes, the type of the numbers (8: bytes), the number of dimensions, each
 * dimension in 4 bytes, the highest first, then the numbers. Images have dimensions count, height, width and perhaps
 * channels; labels have the dimension count. Files may be gzipped.
 * qp_idx_begins — whether the file begins like one.
 * qp_idx_read — all images of a file with their labels; a label is the decimal form of its byte.
 *   Memory  one byte for each pixel in the file, even if the header claims more.
 *   Errors  QP_EDATA: other types and dimensions, less data than the header says, not one label for each image;
 *           QP_EUSAGE: no file of labels, unless options->known; those of the reader and of qp_images_add. */
bool qp_idx_begins(const char *path);
qp_status qp_idx_read(const qp_images_options *options, qp_images *images);

#endif
