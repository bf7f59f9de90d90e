#ifndef QP_EMBEDDINGS_H
#define QP_EMBEDDINGS_H

#include "lib/decode/lines.h"
#include "lib/package/package.h"

/* embeddings — one vector for each text: of a model of --task match that of its head, of length 1; of others the mean
 * of the encoder's output, or of a language model's states. */
typedef struct {
    float *value; /* [count, width] */
    int64_t count;
    size_t capacity;
    int width; /* 0 before the first text */
} qp_embeddings;

/* qp_embed_ids — append the vectors of `count` texts, encoded by qp_lines_encode with qp_embedding_codec. With packed
 *   weights a vector depends on its text alone.
 * Errors  QP_EUSAGE for n-grams and models of series; those of the model; QP_EMEMORY. */
qp_status qp_embed_ids(const qp_package *package, const qp_line_ids *ids, int count, int threads,
                       qp_embeddings *embeddings);
const qp_text_codec *qp_embedding_codec(const qp_package *package);
void qp_embeddings_free(qp_embeddings *embeddings);

#endif
