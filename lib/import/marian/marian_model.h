#ifndef QP_MARIAN_MODEL_H
#define QP_MARIAN_MODEL_H

#include <stdbool.h>

#include "lib/model/model.h"
#include "lib/store/npz_read.h"

/* marian_model — a transformer of Marian, an .npz file, as one of our models. Its options are the bytes of the array
 * special:model.yml; its matrices are [in, out]. Only transformers are read, with a norm after each sublayer
 * (postprocess "dan"), self-attention in the decoder, relu or swish, positions that are not trained, and an output
 * layer that is the embedding; anything else is refused by name.
 * The decoder reads zeros first: the target side has one more word than the file, the last one, whose embedding is 0
 * and which is never written (its bias is -100).
 *
 * How transformers and CTranslate2 compute such a file, and what Marian itself computes:
 *   transformers  frequency i of d/2: 10000^(-i/(d/2)), epsilon of the norms 1e-5
 *   marian        10000^(-i/(d/2 - 1)), epsilon 1e-9
 * Both have all sines, then all cosines.
 * Source  github.com/marian-nmt/marian-dev, models/transformer.h, graph/node_initializers.cpp,
 *         graph/expression_operators.h; transformers, convert_marian_to_pytorch.py. */
#define QP_MARIAN_MATHS(X) X(QP_MARIAN_AS_TRANSFORMERS, "transformers") X(QP_MARIAN_AS_MARIAN, "marian")
#define QP_MARIAN_ID(id, text) id,
typedef enum { QP_MARIAN_MATHS(QP_MARIAN_ID) QP_MARIAN_MATHS_COUNT } qp_marian_maths;

/* What the vocabularies say: their words, without the one that is read first; whether both sides share one list. */
typedef struct {
    int source_words, target_words;
    bool shared;
    qp_marian_maths maths;
} qp_marian_facts;

/* qp_marian_model — the model, its weights converted to qp_real.
 * Errors  QP_EDATA naming the option or the array: it is missing, has another shape, or changes the computation in a
 *         way that we do not have; QP_EMEMORY, QP_EIO. */
qp_status qp_marian_model(const qp_npz_file *file, const qp_marian_facts *facts, qp_model **model);

#endif
