#ifndef QP_CT2_MODEL_H
#define QP_CT2_MODEL_H

#include "lib/import/ctranslate2/ct2_file.h"
#include "lib/model/model.h"

/* ct2_model — an encoder and decoder of CTranslate2 (TransformerSpec) as one of our models. Positions are the table of
 * the file, learned or not.
 *
 * What config.json and the vocabularies of the folder say: the sizes of the vocabularies, the id that a decoder reads
 * first unless it reads zeros, the epsilon of the norms, and whether a source begins with a token. */
typedef struct {
    int source_words, target_words;
    int32_t start;
    double epsilon;
    bool begins;
} qp_ct2_facts;

/* qp_ct2_starts_from_zero — whether the decoder reads zeros first: then the model has one more word, the last one,
 *   whose embedding is 0 and which is never written (its bias is -100).
 * qp_ct2_model — the model, its weights converted to qp_real.
 * Errors  QP_EDATA naming the variable: it is missing, has another shape, or changes the computation in a way that we
 *         do not have; QP_EMEMORY, QP_EIO. */
qp_status qp_ct2_starts_from_zero(const qp_ct2_file *file, bool *zero);
qp_status qp_ct2_model(const qp_ct2_file *file, const qp_ct2_facts *facts, qp_model **model);

#endif
