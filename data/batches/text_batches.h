#ifndef QP_TEXT_BATCHES_H
#define QP_TEXT_BATCHES_H

#include "data/batches/batcher.h"
#include "data/batches/window_batches.h"

/* text_batches — the batches of a corpus: its sequences, or windows of running text. */
typedef struct {
    int64_t window;                    /* 0: sequences, by `sequences`; else windows of so many tokens */
    qp_batcher_options sequences;
    qp_window_batches_options windows; /* `window` is the same */
} qp_text_batches_options;

typedef struct qp_text_batches qp_text_batches;

/* qp_text_batches_new — Errors  those of qp_batcher_new and qp_window_batches_new. */
qp_status qp_text_batches_new(const qp_corpus *corpus, const qp_text_batches_options *options,
                              qp_text_batches **batches);
qp_batch_source qp_text_batches_source(qp_text_batches *batches);
void qp_text_batches_free(qp_text_batches *batches);

#endif
