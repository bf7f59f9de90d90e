#ifndef QP_MODEL_TRANSFER_H
#define QP_MODEL_TRANSFER_H

#include "lib/nn/params.h"

/* model_transfer — begin with weights that another model has learned: every parameter whose name and shape the other
 * model's file has too. An encoder also takes what a language model calls its decoder: where the file has no encoder,
 * "encoder.X" is looked for as "decoder.X", and "src_embed.X" as "tgt_embed.X". */
typedef enum {
    QP_TRANSFER_TAKEN,      /* the same name and shape */
    QP_TRANSFER_SHAPE,      /* in both, but of another shape: not taken */
    QP_TRANSFER_REFUSED,    /* not taken because the vocabularies differ */
    QP_TRANSFER_NEW,        /* not in the file */
    QP_TRANSFER_LEFT,       /* in the file alone */
    QP_TRANSFER_GROUPS
} qp_transfer_group;

/* What became of the parameters, by group: their number, their weights, and the names of their modules, sorted as they
 * come, "src_embed, encoder.layers.0, ..."; NULL: none. */
typedef struct {
    int count[QP_TRANSFER_GROUPS];
    size_t weights[QP_TRANSFER_GROUPS];
    char *modules[QP_TRANSFER_GROUPS];
} qp_transfer;

/* qp_model_transfer — fill what fits of `params` from the model file `path`, the rest stays.
 * source_words, target_words   the vocabulary of that side is the file's: embeddings and output layers may be taken
 * Errors  QP_ENOINPUT, QP_EDATA (not a safetensors file, damaged, nothing fits), QP_EMEMORY. */
qp_status qp_model_transfer(const char *path, bool source_words, bool target_words, qp_params *params,
                            qp_transfer *transfer);
void      qp_transfer_free(qp_transfer *transfer);

#endif
