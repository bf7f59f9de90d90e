#ifndef QP_CT2_CONFIG_H
#define QP_CT2_CONFIG_H

#include "lib/import/ctranslate2/ct2_file.h"
#include "lib/model/config/model_config.h"

/* ct2_config — what a transformer of CTranslate2 computes (TransformerSpec, an encoder and a decoder, or
 * TransformerDecoderSpec, a language model), as one of our configurations. Positions are the table of the file, learned
 * or not, or inside attention: rotary, relative, alibi.
 *
 * What the folder's config.json and vocabularies say: the sizes of the vocabularies (source_words: of a translator),
 * the id that a decoder reads first, unless it reads zeros, the epsilon of the norms, whether a source begins with a
 * token, the longest text where no table says it. */
typedef struct {
    int source_words, target_words;
    int32_t start;
    double epsilon;
    bool begins;
    int64_t length;
} qp_ct2_facts;

/* qp_ct2_kind — whether it is a TransformerSpec.   Errors  QP_EDATA: it is neither.
 * qp_ct2_starts_from_zero — whether the decoder reads zeros first: then the model has one more word, the last one,
 *   whose embedding is 0 and which is never written (its bias is QP_CT2_NEVER).
 * qp_ct2_configure — Errors  QP_EDATA naming the variable that is missing, has another shape, or changes the
 *   computation in a way that we do not have; QP_EIO. */
enum { QP_CT2_NEVER = -100 };
qp_status qp_ct2_kind(const qp_ct2_file *file, bool *translates);
qp_status qp_ct2_starts_from_zero(const qp_ct2_file *file, bool *zero);
qp_status qp_ct2_configure(const qp_ct2_file *file, const qp_ct2_facts *facts, qp_model_config *model);

#endif
