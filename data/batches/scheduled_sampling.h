#ifndef QP_SCHEDULED_SAMPLING_H
#define QP_SCHEDULED_SAMPLING_H

#include "lib/base/batch.h"
#include "lib/model/model.h"

/* scheduled_sampling — the qp_batch_source of scheduled sampling: the batches of another source (which must outlive
 * it), in which the decoder's input at a random share of the positions is its own best word
 * (lib/decode/scheduled_words.h) by the current weights instead of the text's. The draws are a function of (seed,
 * epoch, batch, position), so they are the same for any number of threads and after resuming.
 * Source   Bengio et al. 2015. */
typedef struct {
    qp_batch_source texts;
    const qp_model *model;
    double rate; /* 0 < rate <= 1 */
    uint64_t seed;
    int slots, threads;
} qp_scheduled_sampling_options;

typedef struct qp_scheduled_sampling qp_scheduled_sampling;

/* qp_scheduled_sampling_new
 * Memory  5 bytes per target token of one batch for each slot.   Errors  QP_EUSAGE (rate), QP_EMEMORY.
 * qp_scheduled_sampling_source — as qp_batcher_source; also the errors of decoding. */
qp_status qp_scheduled_sampling_new(const qp_scheduled_sampling_options *options, qp_scheduled_sampling **reading);
qp_batch_source qp_scheduled_sampling_source(qp_scheduled_sampling *reading);
void qp_scheduled_sampling_free(qp_scheduled_sampling *reading);

#endif
