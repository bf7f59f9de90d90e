#ifndef QP_MODEL_TRANSFER_H
#define QP_MODEL_TRANSFER_H

#include "lib/nn/params.h"
#include "lib/store/safetensors.h"

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
    bool *taken; /* [parameters] taken whole */
} qp_transfer;

/* A vocabulary, compared with the file's. */
typedef struct {
    bool same;
    const int32_t *row; /* [rows] where it differs: the file's row of each piece, -1: none; NULL: take none */
    int rows, file_rows;
} qp_transfer_vocabulary;

/* Which words the file shares: a vocabulary's embedding and output layer are taken whole if it is the same, else by
 * rows; the output layer of a head only if the labels are the same, its other layers if both models have labels. */
typedef struct {
    qp_transfer_vocabulary source, target;
    bool labels, other_head; /* other_head: only one of the two models has labels */
} qp_transfer_words;

/* qp_model_transfer — fill what fits of `params` from the model file `path`, the rest stays.
 * Errors  QP_ENOINPUT, QP_EDATA (not a safetensors file, damaged, nothing fits), QP_EMEMORY. */
qp_status qp_model_transfer(const char *path, const qp_transfer_words *words, qp_params *params, qp_transfer *transfer);
void qp_transfer_free(qp_transfer *transfer);

/* An adapter file holds the parameters that were trained beside a model of another file, its base (--lora). Its
 * metadata:
 *   quipu.base           the base's path as --init-from had it
 *   quipu.base.checksum  the base's quipu.checksum, where it has one
 *   quipu.lora.alpha     the adapters' scale is this over their rank
 * qp_adapter_base — the path of the base: as stored, or beside the adapter; NULL: not an adapter. malloc'ed.
 * qp_adapter_fill — fill `params` (finished, without adapters) from an adapter file and its base, and merge the
 *   adapters: W += alpha / rank * B A.
 * Errors  QP_EDATA, naming what is missing, of another shape, or superfluous, and a base that has changed;
 *         QP_EMEMORY */
#define QP_ADAPTER_BASE "quipu.base"
#define QP_ADAPTER_CHECKSUM "quipu.base.checksum"
#define QP_ADAPTER_ALPHA "quipu.lora.alpha"
qp_status qp_adapter_base(const qp_safetensors *file, char **path);
qp_status qp_adapter_fill(const qp_safetensors *file, const char *base, qp_params *params);

#endif
