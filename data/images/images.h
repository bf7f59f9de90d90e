#ifndef QP_IMAGES_H
#define QP_IMAGES_H

#include "data/text/held_out.h"
#include "data/text/labels.h"
#include "lib/base/real.h"
#include "lib/cluster/spread.h"

/* images — labelled images in memory, from IDX files, PNG files or rows of a CSV file (image_files.h). A series of
 * numbers is an image of height 1. */
typedef struct {
    int height, width, channels; /* all 0: unknown */
} qp_image_size;

enum { QP_IMAGE_SIDE_MOST = 65536, QP_IMAGE_CELLS_MOST = 1 << 24 };

/* Numbers of one image: height * width * channels. */
static inline size_t qp_image_cells(qp_image_size s) { return (size_t)s.height * (size_t)s.width * (size_t)s.channels; }

typedef struct {
    const char *path;    /* IDX file, PNG file, folder of PNG files, or CSV file */
    const char *labels;  /* IDX: file of the labels; "": the path with "images" replaced by "labels" */
    const char *columns; /* CSV: the column of the labels, and after commas those of the numbers; only the first: all
                          * others are numbers; "": a column called label, class or target */
    qp_image_size size;  /* PNG: images are scaled to it; CSV: what the numbers of a row mean; unknown: their own */
    bool series;         /* CSV of unknown size: rows are series, not square images */
    bool known;          /* images without labels are fine, and PNG files of other sizes are scaled */
    qp_held_out part;
    qp_labels *dictionary;
    qp_label_policy policy;
    qp_cluster *cluster; /* ranks that each keep a part of the images (spread.h); NULL: this process alone */
} qp_images_options;

typedef struct {
    qp_image_size size;
    int64_t count;
    uint8_t *pixel;   /* [count, height, width, channels], or NULL: */
    qp_real *value;   /* the same, finite */
    size_t bytes;     /* of one image */
    uint64_t digest;  /* of several ranks: of all images that the files have, held out or not */
    qp_spread spread; /* of several ranks: whose images `pixel` or `value` are; labels are those of all */
    int32_t *label;   /* [count]; -1: none, or unknown */
    bool has_labels;  /* of every image */
    size_t pixel_capacity, value_capacity, label_capacity;
} qp_images;

/* One image of a file, as its reader hands it to qp_images_add. */
typedef struct {
    const uint8_t *pixel; /* or NULL: */
    const qp_real *value; /* or NULL: pixels that another rank keeps (qp_images_wants) */
    const char *label;    /* NULL: none */
    const char *path;     /* of the label, for errors */
    int64_t line;         /* the same; also the image's number */
    uint64_t hash;        /* of the PNG file; 0: of the numbers */
} qp_image;

/* qp_images_wants — whether this rank needs the numbers of the next image.
 * qp_images_kept — the numbers that this rank keeps.
 * qp_images_add — append one image of images->size, if it belongs to options->part.
 *   Errors  those of qp_labels_number; QP_EDATA: 2^31 images; QP_EMEMORY.
 * qp_image_size_check — QP_EDATA, beginning with `path`, for sides or cells beyond the limits above. */
bool qp_images_wants(const qp_images *images, const qp_images_options *options);
static inline const void *qp_images_kept(const qp_images *images)
{
    return images->pixel ? (const void *)images->pixel : (const void *)images->value;
}
qp_status qp_images_add(qp_images *images, const qp_images_options *options, const qp_image *image);
qp_status qp_image_size_check(const char *path, int64_t height, int64_t width, int64_t channels);
void qp_images_free(qp_images *images);

/* qp_images_moments — mean and standard deviation of all numbers, in two passes; deviation 1 if they are all equal.
 *   Collective where ranks keep parts.   Errors  QP_EMEMORY.
 * qp_images_take — the images `number` [count], as the images of *taken, whose numbers are in `room` [count *
 *   images->bytes]. Collective, as qp_spread_take; `span` [count] is memory. */
qp_status qp_images_moments(const qp_images *images, double *mean, double *deviation);
qp_status qp_images_take(const qp_images *images, const int32_t *number, int count, qp_elements *span, void *room,
                         qp_images *taken);

static inline double qp_images_value(const qp_images *images, size_t cell)
{
    return images->pixel ? (double)images->pixel[cell] : (double)images->value[cell];
}

#endif
