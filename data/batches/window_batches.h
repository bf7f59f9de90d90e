#ifndef QP_WINDOW_BATCHES_H
#define QP_WINDOW_BATCHES_H

#include "data/text/corpus.h"
#include "lib/base/batch.h"

/* window_batches — the qp_batch_source of a language model over running text. The lines of a corpus, each with its
 * end, form one stream of tokens t_0 t_1 ..., which is cut into windows. The targets of a window are
 * t_s .. t_{s+window-1}, its inputs t_{s-1} .. t_{s+window-2}, where t_{-1} is the end of the last line.
 *
 * With shuffle, the first window of an epoch begins at an offset below `window` drawn from (seed, epoch), so that the
 * context of a token varies, and the windows are shuffled; tokens outside whole windows are left out of the epoch.
 * Without shuffle, every token is a target once; the last window may be shorter.
 * Batches have about `size` windows, all nearly the same number. */
typedef struct {
    int64_t window; /* tokens */
    int64_t size;   /* windows per batch; size * window at most 2^30 */
    bool shuffle;
    uint64_t seed;
    int slots; /* batches held at once: --accum */
} qp_window_batches_options;

typedef struct qp_window_batches qp_window_batches;

/* qp_window_batches_new — windows over `corpus`, which must outlive it.
 * Memory  4 bytes per window; 8 bytes per token of one batch per slot.
 * Errors  QP_EUSAGE (options out of bounds), QP_EDATA (shuffled text shorter than a window; 2^31 windows), QP_EMEMORY.
 * qp_window_batches_source — as qp_batcher_source. QP_EBUG if number or slot do not exist. */
qp_status qp_window_batches_new(const qp_corpus *corpus, const qp_window_batches_options *options,
                                qp_window_batches **windows);
qp_batch_source qp_window_batches_source(qp_window_batches *windows);
void qp_window_batches_free(qp_window_batches *windows);

#endif
