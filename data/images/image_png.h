#ifndef QP_IMAGE_PNG_H
#define QP_IMAGE_PNG_H

#include "data/images/images.h"

/* image_png — PNG files (libpng): one, or a folder of them. In a training folder each subfolder is a class, named
 * after the folder, and holds its files; names are read in byte order. Without sub-folders the images have no
 * labels. The first file decides between gray and color; the others are converted, transparency becomes white.
 * qp_image_png_read — all images.
 *   Memory  one byte for each pixel of each image, and one decoded file; files up to 64 MiB, images as images.h says.
 *   Errors  QP_EDATA: damaged files, images of several sizes without options->size, a folder without any. */
qp_status qp_image_png_read(const qp_images_options *options, qp_images *images);

#endif
