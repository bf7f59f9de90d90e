#include "data/batches/text_batches.h"

#include <stdlib.h>

struct qp_text_batches {
    qp_batcher *sequences;
    qp_window_batches *windows; /* one of both */
};

qp_status qp_text_batches_new(const qp_corpus *corpus, const qp_text_batches_options *options,
                              qp_text_batches **batches)
{
    qp_text_batches *b = calloc(1, sizeof *b);
    *batches = NULL;
    if (!b) return qp_fail(QP_EMEMORY, "batches: out of memory");
    qp_status status = options->window > 0 ? qp_window_batches_new(corpus, &options->windows, &b->windows)
                                           : qp_batcher_new(corpus, &options->sequences, &b->sequences);
    if (status == QP_OK)
        *batches = b;
    else
        free(b);
    return status;
}

qp_batch_source qp_text_batches_source(qp_text_batches *batches)
{
    return batches->windows ? qp_window_batches_source(batches->windows) : qp_batcher_source(batches->sequences);
}

void qp_text_batches_free(qp_text_batches *batches)
{
    if (!batches) return;
    qp_window_batches_free(batches->windows);
    qp_batcher_free(batches->sequences);
    free(batches);
}
