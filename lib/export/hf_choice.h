#ifndef QP_HF_CHOICE_H
#define QP_HF_CHOICE_H

#include "lib/import/hf_family.h"
#include "lib/model/model.h"

/* hf_choice — which architecture of Hugging Face transformers computes what one of our models computes. It fits if its
 * reader (lib/import), given the config.json that is written for the model, makes the same configuration. */
typedef struct {
    const char *place;    /* the model's file, for messages */
    const qp_model *model;
    const char *labels;   /* names of the classes, a JSON array; NULL: none */
    const char *decoding; /* rules of decoding (lib/package/decoding_rules.h); NULL: none */
    qp_special_ids ids;   /* of what the decoder writes, else of what the encoder reads */
} qp_hf_written;

typedef struct {
    const qp_hf_family *family;
    const qp_hf_class *class;
    qp_weight_shape shape;
    qp_weight_table table[2];
    int tables;
    char *config; /* config.json, malloced */
} qp_hf_choice;

/* qp_hf_choose — the first architecture that fits; the caller frees choice->config.
 * qp_hf_put_ids — the ids as members of a JSON object, null where there is none, and what a translator's decoder reads
 *   first.
 * Errors  QP_EUSAGE, naming the nearest architecture and the options that would make the model one; QP_EMEMORY. */
qp_status qp_hf_choose(const qp_hf_written *written, qp_hf_choice *choice);
qp_status qp_hf_put_ids(qp_text_buffer *json, const qp_hf_written *written);

#endif
