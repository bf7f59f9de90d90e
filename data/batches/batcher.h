#ifndef QP_BATCHER_H
#define QP_BATCHER_H

#include <stdint.h>

#include "data/text/corpus.h"
#include "lib/base/batch.h"

/* batcher — the qp_batch_source (lib/base/batch.h) of a corpus.
 *
 * Shuffled: an epoch is a permutation of the sequences drawn from (seed, epoch); stretches of it worth 100 batches are
 * sorted by length, so that the sequences of a batch resemble each other; it is cut into batches, and the batches are
 * shuffled. In order: sequences as in the file, the same in every epoch (validation).
 *
 * A batch holds as many sequences as fit:
 *   tokens     target tokens, QP_EOS included, at most `size`; source tokens at most 4*size, so that one strange line
 *              cannot swell a batch. Where the targets are answers (qp_corpus.answers): the other way about
 *   sentences  sequences, at most `size`
 * A sequence longer than that is a batch by itself; no batch is empty. As few batches as greedy filling needs are made
 * as even as they can be: there is no small rest. */
typedef enum { QP_BATCH_TOKENS, QP_BATCH_SENTENCES } qp_batch_kind;

typedef struct {
    qp_batch_kind kind;
    int64_t size; /* 1 .. 2^30 */
    bool shuffle;
    uint64_t seed; /* of the shuffle */
    int slots;     /* batches that are held at once: --accum */
} qp_batcher_options;

typedef struct qp_batcher qp_batcher;

/* qp_batcher_new — batches of `corpus`, which must outlive it.
 * Memory  16 bytes a sequence; one batch per slot, allocated at the first get of the slot and never again.
 * Errors  QP_EUSAGE (size or slots out of bounds), QP_EMEMORY.
 * qp_batcher_source — the interface the trainer asks. A batch's pointers are valid until the next get of its slot;
 *   batch number `number` of the epoch last begun. QP_EBUG when number or slot do not exist. */
qp_status qp_batcher_new(const qp_corpus *corpus, const qp_batcher_options *options, qp_batcher **batcher);
qp_batch_source qp_batcher_source(qp_batcher *batcher);
void qp_batcher_free(qp_batcher *batcher);

#endif
