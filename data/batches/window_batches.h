#ifndef QP_WINDOW_BATCHES_H
#define QP_WINDOW_BATCHES_H

#include "data/text/corpus.h"
#include "lib/base/batch.h"

/* windows — the qp_batch_source (lib/base/batch.h) of a language model that reads running text: the lines of a corpus,
 * each with its QP_EOS, which is the end of the line, are one stream of tokens t_0 t_1 ..., cut into windows. The targets
 * of a window are t_s .. t_{s+window-1}, its inputs t_{s-1} .. t_{s+window-2}; before t_0 stands QP_EOS.
 *
 * Shuffled: the first window of an epoch begins at an offset below `window` drawn from (seed, epoch), so that a token is
 * not always read with the same tokens before it; windows come in an order drawn from the same; what is before the first
 * and behind the last whole window waits for another epoch. In order: from t_0 on, every token is a target once; the
 * last window may be shorter.
 * Batches of `size` windows, the last ones smaller so that all are about even. */
typedef struct {
    int64_t window; /* tokens */
    int64_t size;   /* windows of a batch; size * window at most 2^30 */
    bool shuffle;
    uint64_t seed;
    int slots; /* batches that are held at once: --accum */
} qp_window_batches_options;

typedef struct qp_window_batches qp_window_batches;

/* qp_window_batches_new — windows over `corpus`, which must outlive it.
 * Memory  4 bytes a window; 8 bytes a token of one batch per slot.
 * Errors  QP_EUSAGE (options out of bounds), QP_EDATA (shuffled text shorter than a window; 2^31 windows), QP_EMEMORY.
 * qp_window_batches_source — as qp_batcher_source. QP_EBUG when number or slot do not exist. */
qp_status qp_window_batches_new(const qp_corpus *corpus, const qp_window_batches_options *options,
                                qp_window_batches **windows);
qp_batch_source qp_window_batches_source(qp_window_batches *windows);
void qp_window_batches_free(qp_window_batches *windows);

#endif
