#ifndef QP_BATCHER_H
#define QP_BATCHER_H

#include <stdint.h>

#include "data/text/corpus.h"
#include "lib/base/batch.h"

/* batcher — the qp_batch_source of a corpus.
 *
 * With shuffle, an epoch is a permutation of the sequences drawn from (seed, epoch). Pools of it worth 100 batches are
 * sorted by length, so that a batch holds sequences of similar length, and cut into batches, which are shuffled.
 * Without shuffle, sequences keep the order of the file in every epoch (validation).
 *
 * A batch holds as many sequences as fit:
 *   tokens     at most `size` target tokens, the end included, and at most 4*size source tokens, so that a single odd
 *              line cannot enlarge a batch. If the targets are answers (qp_corpus.answers), source and target swap
 *              roles
 *   sentences  at most `size` sequences
 * A longer sequence forms a batch of its own; no batch is empty. The number of batches is that of greedy filling; their
 * sizes are as even as possible. */
typedef enum { QP_BATCH_TOKENS, QP_BATCH_SENTENCES } qp_batch_kind;

typedef struct {
    qp_batch_kind kind;
    int64_t size; /* 1 .. 2^30 */
    bool shuffle;
    uint64_t seed; /* seed of the shuffle */
    int slots;     /* batches held at once: --accum */
    const int32_t *group; /* NULL, or [sequences] groups with shares; see epoch_order.h, borrowed */
    int groups;
    const double *share; /* [groups], borrowed */
    int64_t curriculum;  /* passes until all sequences are read, the shortest first; 0: all from the first pass on */
} qp_batcher_options;

typedef struct qp_batcher qp_batcher;

/* qp_batcher_new — batches of `corpus`, which must outlive it.
 * Memory  16 bytes per sequence; one batch per slot, allocated once by the first get of the slot.
 * Errors  QP_EUSAGE (size or slots out of bounds), QP_EMEMORY.
 * qp_batcher_source — the interface for the trainer. get returns batch `number` of the current epoch; its pointers are
 *   valid until the next get of the slot. QP_EBUG if number or slot do not exist. */
qp_status qp_batcher_new(const qp_corpus *corpus, const qp_batcher_options *options, qp_batcher **batcher);
qp_batch_source qp_batcher_source(qp_batcher *batcher);
void qp_batcher_free(qp_batcher *batcher);

#endif
