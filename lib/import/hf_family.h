#ifndef QP_HF_FAMILY_H
#define QP_HF_FAMILY_H

#include "lib/import/hf_import.h"
#include "lib/import/json_config.h"
#include "lib/import/weight_map.h"
#include "lib/model/config/model_config.h"
#include "lib/text/json_writer.h"

/* hf_family — the architectures of Hugging Face transformers, as data: for each model_type a function that turns its
 * config.json into our configuration, the classes that it can be, and the rows that name its arrays. Related
 * architectures share a file; hf_import.c lists the files. */

/* What is read from a folder before its weights. */
typedef struct {
    qp_json_config *json;
    const qp_weight_source *source; /* some decisions are in the weights: an output layer that is there is not tied */
    qp_model_config *model;
    qp_weight_shape shape;
    const struct qp_hf_class *class;
    qp_hf_ids ids;
    char *labels;           /* names of the classes, a JSON array; malloced, or NULL */
    const char *folder;     /* where the folder's other files are, or NULL */
    double rope_base;       /* where the configuration gives none; 0: 10000 */
    qp_image_format images; /* of a model of images */
} qp_hf_plan;

/* A class of transformers ("BertForMaskedLM"): our task for it, and the rows of its head. */
typedef struct qp_hf_class {
    const char *name;
    int task; /* QP_TASK_... */
    const qp_weight_table *head;
    void (*configure)(qp_hf_plan *plan); /* what the head needs; may be NULL */
    bool written; /* models of this task are exported as this class, if the family has `describe` */
} qp_hf_class;

typedef struct {
    const char *model_type, *prefix;
    void (*configure)(qp_hf_plan *plan); /* wrong values are remembered in plan->json */
    const qp_weight_table *body;
    const qp_hf_class *class; /* ends with a NULL name; the first is used if config.json names none */
    void (*describe)(qp_text_buffer *json, const qp_model_config *model); /* writes the keys that `configure` reads;
                                                                              NULL: import only */
} qp_hf_family;

/* The table name_table of the rows name_rows. */
#define QP_HF_TABLE(name)                                                                                              \
    static const qp_weight_table name##_table = {name##_rows, (int)(sizeof name##_rows / sizeof *name##_rows)}

extern const qp_hf_family qp_hf_gpt[], qp_hf_other_decoders[], qp_hf_llama[], qp_hf_bert[], qp_hf_bart[], qp_hf_t5[],
    qp_hf_mamba[], qp_hf_vit[];

/* qp_hf_family_at — family `index`, from 0; NULL: there are no more.
 * qp_hf_configure — turns plan->json into plan->model and the rest of the plan; folder: where generation_config.json
 *   is, or NULL.    Errors  QP_EDATA naming what cannot be read. */
const qp_hf_family *qp_hf_family_at(int index);
qp_status qp_hf_configure(qp_hf_plan *plan, const qp_hf_family *family, const char *folder, const qp_hf_wish *wish);

/* ---- what many architectures have in common ---- */

/* qp_hf_activation — the value of `keys` as --activation; refuses functions that we do not have.
 * qp_hf_activation_named — this name of transformers, which `keys` gave.
 * qp_hf_put_activation, qp_hf_put_rope — write the keys that qp_hf_activation and qp_hf_rotary read.
 * qp_hf_decoder — a language model: task, kinds, no dropout.
 * qp_hf_sizes — a language model's width, layers, heads (the keys of each), vocabulary and epsilon; four times the
 *   width inside its feed-forward layer.
 * qp_hf_inner — another width there, if one of the keys is given.
 * qp_hf_learned — learned positions; skipped: rows before the first.
 * qp_hf_rotary — rotary positions of this share of each head: base and scaling, in the keys of version 5
 *   (rope_parameters) or of older ones (rope_theta, rope_scaling).
 * qp_hf_tied — whether the output layer is the embedding: `fallback` where tie_word_embeddings is absent; refuses a
 *   configuration that says untied while the weights have no array of that name.
 * qp_hf_labels — the names of the classes, of id2label; qp_hf_two_labels — the names `first` and `second`.
 * qp_hf_array — the numbers of an array of the weights, malloced; NULL: it is not there, or cannot be read.
 * qp_hf_same_array — whether two arrays of the weights are there and equal.
 * qp_hf_vectors — a body without a head (task match): its texts become vectors. They are the pooler's, the mean of all
 *   rows where the weights have none, or what 1_Pooling/config.json of sentence-transformers says; refuses modules of
 *   modules.json that we do not have. pooler: the name of its array, or NULL.
 * qp_hf_is_text — whether a JSON value is this text. */
int qp_hf_activation(qp_json_config *json, const char *keys, const char *fallback);
int qp_hf_activation_named(qp_json_config *json, const char *keys, const char *name);
void qp_hf_put_activation(qp_text_buffer *json, const char *key, int function);
void qp_hf_put_rope(qp_text_buffer *json, const qp_model_config *model);
void qp_hf_labels(qp_hf_plan *plan);
void qp_hf_two_labels(qp_hf_plan *plan, const char *first, const char *second);
qp_real *qp_hf_array(const qp_hf_plan *plan, const char *name, size_t *count);
bool qp_hf_same_array(const qp_hf_plan *plan, const char *one, const char *other);
void qp_hf_vectors(qp_hf_plan *plan, const char *pooler);
bool qp_hf_is_text(const json_t *value, const char *text);
void qp_hf_decoder(qp_hf_plan *plan);
void qp_hf_sizes(qp_hf_plan *plan, const char *width, const char *layers, const char *heads);
void qp_hf_inner(qp_hf_plan *plan, const char *keys);
void qp_hf_learned(qp_hf_plan *plan, const char *keys, int skipped);
void qp_hf_rotary(qp_hf_plan *plan, double share);
bool qp_hf_tied(qp_hf_plan *plan, const char *output, bool fallback);

#endif
