#ifndef QP_WEIGHT_SOURCE_H
#define QP_WEIGHT_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/base/status.h"

/* weight_source — named arrays of another project's model, whatever file they are in. A reader of a format fills one
 * in; weight_map.h copies from it. Names and shapes come from the file and are not trusted. */
enum { QP_WEIGHT_DIMENSIONS = 4 };

typedef struct {
    const char *name; /* borrowed from the source */
    int dimensions;   /* 0 .. QP_WEIGHT_DIMENSIONS */
    int64_t shape[QP_WEIGHT_DIMENSIONS];
    size_t count; /* elements; the file is known to hold as many */
} qp_weight_array;

/* place  the file or folder, which begins error messages
 * count  arrays; at(self, i) describes one; their names differ
 * read   array i, all of its elements, row-major, converted to qp_real; value [count]
 *        Errors  QP_EIO, QP_EDATA, QP_EMEMORY. */
typedef struct {
    void *self;
    const char *place;
    int count;
    qp_weight_array (*at)(const void *self, int index);
    qp_status (*read)(const void *self, int index, qp_real *value);
} qp_weight_source;

#endif
