#ifndef QP_MODEL_TRANSFER_H
#define QP_MODEL_TRANSFER_H

#include "lib/nn/params.h"

/* model_transfer — begin with weights that another model has learned: every parameter whose name and shape the other
 * model's file has too. An encoder also takes what a language model calls its decoder: where the file has no encoder,
 * "encoder.X" is looked for as "decoder.X", and "src_embed.X" as "tgt_embed.X". */
typedef enum {
    QP_TRANSFER_TAKEN,   /* the same name and shape */
    QP_TRANSFER_ROWS,    /* the rows of the pieces that both vocabularies have */
    QP_TRANSFER_SHAPE,   /* in both, but of another shape: not taken */
    QP_TRANSFER_REFUSED, /* not taken because the vocabularies or labels differ */
    QP_TRANSFER_NEW,     /* not in the file */
    QP_TRANSFER_LEFT,    /* in the file alone */
    QP_TRANSFER_GROUPS
} qp_transfer_group;

/* What became of the parameters, by group: their number, their weights, and the names of their modules, sorted as they
 * come, "src_embed, encoder.layers.0, ..."; NULL: none. */
typedef struct {
    int count[QP_TRANSFER_GROUPS];
    size_t weights[QP_TRANSFER_GROUPS];
    char *modules[QP_TRANSFER_GROUPS];
} qp_transfer;

/* A vocabulary, compared with the file's. */
typedef struct {
    bool same;
    const int32_t *row; /* [rows] where it differs: the file's row of each piece, -1: none; NULL: take none */
    int rows, file_rows;
} qp_transfer_vocabulary;

/* Which words the file shares: a vocabulary's embedding and output layer are taken whole if it is the same, else by
 * rows; the labels' head (of which the word layers know no label) only if the labels are the same. */
typedef struct {
    qp_transfer_vocabulary source, target;
    bool labels;
} qp_transfer_words;

/* qp_model_transfer — fill what fits of `params` from the model file `path`, the rest stays.
 * Errors  QP_ENOINPUT, QP_EDATA (not a safetensors file, damaged, nothing fits), QP_EMEMORY. */
qp_status qp_model_transfer(const char *path, const qp_transfer_words *words, qp_params *params, qp_transfer *transfer);
void qp_transfer_free(qp_transfer *transfer);

#endif
