#ifndef QP_MISFIT_H
#define QP_MISFIT_H

#include "lib/model/config/model_config.h"

/* misfit — how a model differs from the nearest one of another project: the options that would make them equal. */
enum { QP_MISFIT_BYTES = 700 };
typedef struct {
    int count;                  /* of options */
    char list[QP_MISFIT_BYTES]; /* "--pos rope --bias=false"; cut where it is longer */
} qp_misfit;

/* qp_misfit_find — adds the options by which they differ; *m is zero before. Writes out in both what "auto" and 0 mean,
 *   and clears what their task and kinds do not read.
 *   first  what our decoder reads first */
void qp_misfit_find(qp_model_config *ours, qp_model_config *theirs, int32_t first, qp_misfit *m);

#endif
