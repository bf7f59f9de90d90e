#ifndef QP_SCHEDULED_SAMPLING_H
#define QP_SCHEDULED_SAMPLING_H

#include "lib/base/batch.h"
#include "lib/model/model.h"

/* own_reading — the qp_batch_source of scheduled sampling: the batches of another source (which must outlive it) in which
 * the decoder reads, at a share of the places drawn at random, its own best word in place of the text's
 * (lib/decode/scheduled_words.h), as the model is when the batch is asked for. The draws are a function of (seed, epoch, number of
 * the batch, place), so they are the same for any number of threads and after a resume. */
typedef struct {
    qp_batch_source texts;
    const qp_model *model;
    double rate; /* 0 < rate <= 1 */
    uint64_t seed;
    int slots, threads;
} qp_scheduled_sampling_options;

typedef struct qp_scheduled_sampling qp_scheduled_sampling;

/* qp_scheduled_sampling_new — Memory  5 bytes a target token of one batch for each slot.   Errors  QP_EUSAGE (rate), QP_EMEMORY.
 * qp_scheduled_sampling_source — as qp_batcher_source; also the errors of decoding. */
qp_status qp_scheduled_sampling_new(const qp_scheduled_sampling_options *options, qp_scheduled_sampling **reading);
qp_batch_source qp_scheduled_sampling_source(qp_scheduled_sampling *reading);
void qp_scheduled_sampling_free(qp_scheduled_sampling *reading);

#endif
