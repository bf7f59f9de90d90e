#ifndef QP_ENCODER_H
#define QP_ENCODER_H

#include "lib/grad/recurrent/op_recurrent.h"
#include "lib/model/config/model_config.h"
#include "lib/model/maps.h"
#include "lib/nn/embedding.h"
#include "lib/nn/params.h"

/* encoder — source ids or numbers to the vectors that a decoder or a head reads. A kind is one row in encoder.c and
 * one file. */
typedef struct qp_encoder qp_encoder;

/* The input: ids or numbers. */
typedef struct {
    qp_sequences sequences;
    const int32_t *id;      /* [source rows]; NULL: value */
    const qp_real *value;   /* [source rows, features] of the configuration; no row for a class token */
    const int32_t *segment; /* [source rows], or NULL */
} qp_encoder_input;

/* The output of one pass; memory of the tape. */
typedef struct {
    qp_sequences sequences;       /* of the sources */
    int begin;                    /* rows of each that the model put before it: its class token */
    qp_tensor output;             /* [source rows, output_width] */
    qp_tensor summary;            /* [sources, summary_width] one vector a source */
    qp_tensor mean, log_variance; /* the distribution of a variational bottleneck; else empty */
    const int32_t *code;          /* [sources, codes of a text] of a bottleneck with codes, or NULL */
    const qp_carry *final; /* [slots of the module] final states of every layer of a recurrent encoder, or NULL */
} qp_encoded;

typedef struct {
    qp_status (*init)(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding);
    void (*free)(qp_encoder *encoder);
    void (*forward)(const qp_encoder *encoder, qp_tape *tape, const qp_encoder_input *input, bool summary,
                    qp_model_maps *maps, qp_encoded *encoded);
} qp_encoder_kind;

/* Each kind is the file of its name; encoder_recurrent.c serves every cell. */
extern const qp_encoder_kind qp_encoder_transformer, qp_encoder_recurrent, qp_encoder_convolution, qp_encoder_text_cnn,
    qp_encoder_bag;

struct qp_encoder {
    const qp_encoder_kind *kind; /* NULL: a model without encoder */
    void *self;                  /* the kind's own, made by its init */
    const qp_params *params;
    int output_width, summary_width;
    bool has_states;          /* recurrent: a decoder with the same layers can start from its final states */
    bool gives_scores;        /* its output is the scores of the labels: a head adds nothing */
    int features, value_bias; /* of numbers, made from them by one linear map; 0, -1: it reads ids */
    int class_token;          /* its vector before each sequence of numbers; -1: none */
};

/* qp_encoder_init — the encoder that config->encoder names; its parameters are under `encoder.`. embedding: the index
 *   of its embedding matrix [vocabulary, d], or [d, features] for numbers.
 * qp_encoder_forward — encode; the summary is made only if wanted; maps may be NULL.   Errors  remembered by the tape.
 * qp_encoder_embed — the input as vectors [rows, d]; for the kinds. */
qp_status qp_encoder_init(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding);
void qp_encoder_free(qp_encoder *encoder);
qp_encoded qp_encoder_forward(const qp_encoder *encoder, qp_tape *tape, const qp_encoder_input *input, bool summary,
                              qp_model_maps *maps);
qp_tensor qp_encoder_embed(const qp_encoder *encoder, qp_tape *tape, const qp_embedding_module *embedding,
                           const qp_encoder_input *input);

#endif
