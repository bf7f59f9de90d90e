#ifndef QP_IMAGE_TABLE_H
#define QP_IMAGE_TABLE_H

#include "data/images/images.h"

/* image_table — images or series as rows of a CSV file (csv.h): a column of labels, the others numbers, row by row of
 * the image. The first record is a header if a column is chosen by name or a number is missing in it.
 * qp_image_table_read — all rows. With a known options->size rows may lack the column of labels.
 *   Memory  that of qp_images, and one record.
 *   Errors  QP_EDATA with file and line: not a number, rows of different lengths, numbers that make no image of the
 *           size, or no square; QP_EUSAGE: no such column, or none is named. */
qp_status qp_image_table_read(const qp_images_options *options, qp_images *images);

#endif
