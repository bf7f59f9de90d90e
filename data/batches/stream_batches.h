#ifndef QP_STREAM_BATCHES_H
#define QP_STREAM_BATCHES_H

#include "data/batches/text_batches.h"
#include "data/text/text_index.h"

/* stream_batches — the qp_batch_source of a text that does not fit into memory.
 *
 * An epoch is cut into portions of about `buffer` bytes of text, each of which is read, encoded and batched as a
 * corpus of its own. The runs of the index (pieces of plain files, whole gzip files) are shuffled by (seed, epoch) and
 * dealt to up to LANES lanes; a portion takes the next pieces of every lane, so that it comes from many places of the
 * text. Every pair is in one portion of an epoch. Of several ranks each reads the pieces of its lanes, and gets the ids
 * of the others. */
enum { QP_STREAM_PIECE = 1 << 20, QP_STREAM_LANES = 32 };

typedef struct {
    const qp_corpus_options *corpus; /* borrowed */
    const qp_text_index *index;      /* borrowed */
    qp_corpus *portion;              /* where the text of the present portion lies; the caller frees it */
    int64_t buffer;                  /* bytes of text */
    qp_text_batches_options batches; /* of a portion; its seed is that of the whole order */
    qp_cluster *cluster;
} qp_stream_options;

typedef struct qp_stream qp_stream;

/* qp_stream_new — Memory  the ids of a portion: 4 bytes per token, 8 per pair; 300 kB for each lane of this rank;
 *   12 bytes for each piece.
 * qp_stream_source — begin reports about how many batches the epoch has; `more` reads a portion. Collective.
 * Errors   QP_EMEMORY; those of qp_corpus_read and of the batching; QP_EDATA: an epoch without any batch. */
qp_status qp_stream_new(const qp_stream_options *options, qp_stream **stream);
qp_batch_source qp_stream_source(qp_stream *stream);
void qp_stream_free(qp_stream *stream);

#endif
