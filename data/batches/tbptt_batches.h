#ifndef QP_TBPTT_BATCHES_H
#define QP_TBPTT_BATCHES_H

#include "data/text/corpus.h"
#include "lib/base/batch.h"

/* tbptt_batches — the qp_batch_source of truncated backpropagation through time. Running text as in window_batches.h is
 * cut into `size` streams of about equal length; batch b holds window b of every stream, so that sequence i of a batch
 * continues sequence i of the batch before, with its final state (qp_batch_carry). Every epoch starts with empty
 * states.
 *
 * With shuffle, streams begin at an offset below `window` drawn from (seed, epoch), so that windows end at different
 * positions in every epoch, and hold whole windows only; the rest is left out of the epoch. Without shuffle, every
 * token is a target once; the first streams are one token longer if the text does not divide evenly, and the last
 * windows may be shorter.
 * Source   Williams & Peng 1990; Mikolov et al. 2010. */
typedef struct {
    int64_t window; /* tokens */
    int64_t size;   /* streams; size * window at most 2^30 */
    bool shuffle;
    uint64_t seed;
    int carry_width; /* reals in the state of a sequence (qp_model_carry_width) */
} qp_tbptt_batches_options;

typedef struct qp_tbptt_batches qp_tbptt_batches;

/* qp_tbptt_batches_new — over `corpus`, which must outlive it.
 * Memory  8 bytes per token of one batch, and the states.
 * Errors  QP_EUSAGE (options out of bounds), QP_EDATA (a shuffled text without a window for each stream), QP_EMEMORY.
 * qp_tbptt_batches_source — one slot; batches in order, starting with any batch whose carry was restored. QP_EBUG for
 *   numbers that do not exist. */
qp_status qp_tbptt_batches_new(const qp_corpus *corpus, const qp_tbptt_batches_options *options,
                               qp_tbptt_batches **streams);
qp_batch_source qp_tbptt_batches_source(qp_tbptt_batches *streams);
void qp_tbptt_batches_free(qp_tbptt_batches *streams);

#endif
