#ifndef QP_HF_IMPORT_H
#define QP_HF_IMPORT_H

#include "data/images/image_format.h"
#include "lib/model/model.h"

/* hf_import — folders of Hugging Face transformers: config.json, generation_config.json, weights in safetensors. */

/* The ids of config.json and generation_config.json that have a role; -1: none. start: what a decoder reads first. */
typedef struct {
    int32_t pad, begin, end, unknown, start;
} qp_hf_ids;

/* What the files of the folder do not say. */
typedef struct {
    const char *task; /* where the class has several ("classify": the next-sentence head of BertForPreTraining); NULL or
                         "": the first */
    bool framed;      /* before and after are known */
    int32_t before, after; /* what the tokenizer puts before and after a text; -1: nothing */
} qp_hf_wish;

typedef struct {
    qp_model *model;
    char *labels; /* the names of the classes, a JSON array as the model file has it; NULL where there are none */
    qp_hf_ids ids;
    qp_image_format images; /* of a model of images; all zero: of texts */
} qp_hf_model;

/* qp_hf_import_model — the model of a folder, its weights converted to qp_real; qp_hf_model_free frees it.
 * Memory  the model, and one copy of the largest array that is not stored as we store it.
 * Errors  QP_ENOINPUT, QP_EDATA naming the file and what cannot be read: an unknown architecture or class, a value that
 *         changes the computation in a way we do not have, a missing or extra array, a wrong shape; QP_EMEMORY, QP_EIO;
 *         nothing is left to free then. */
qp_status qp_hf_import_model(const char *folder, const qp_hf_wish *wish, qp_hf_model *made);
void qp_hf_model_free(qp_hf_model *made);

/* qp_hf_is — whether the model of a folder has this model_type.    Errors  those of reading its config.json. */
qp_status qp_hf_is(const char *folder, const char *model_type, bool *is);

#endif
