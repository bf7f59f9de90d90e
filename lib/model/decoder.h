#ifndef QP_DECODER_H
#define QP_DECODER_H

#include "lib/model/encoder.h"
#include "lib/nn/state.h"

/* decoder — target ids to the vectors from which the output layer computes scores, over whole sequences or one
 * token at a time, by the same operations. A kind is one row in decoder.c and one file. */
typedef struct qp_decoder qp_decoder;

typedef struct {
    qp_status (*init)(qp_decoder *decoder, qp_params *params, const qp_model_config *config, int embedding,
                      const qp_encoder *encoder);
    void (*free)(qp_decoder *decoder);
    qp_tensor (*forward)(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_ids input,
                         const qp_batch_carry *carry, qp_model_maps *maps);
    qp_state_shape (*shape)(const qp_decoder *decoder);
    qp_status (*start)(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_state *state);
    qp_tensor (*step)(const qp_decoder *decoder, qp_tape *tape, const int32_t *last_id, qp_state *state,
                      qp_attention_map *attention);
    bool steps_together; /* step takes several tokens of a row: [rows * tokens] -> [rows * tokens, width] */
} qp_decoder_kind;

/* Each kind is the file of its name; decoder_recurrent.c serves every cell. */
extern const qp_decoder_kind qp_decoder_transformer, qp_decoder_recurrent, qp_decoder_ngram;

struct qp_decoder {
    const qp_decoder_kind *kind;
    void *self;
    const qp_params *params;
    int width;          /* columns of what it returns */
    bool wants_summary; /* of the encoder */
    bool has_attention; /* attends to the tokens of a source, which step can report */
    int carry_width;    /* reals of a sequence's state in qp_batch_carry; 0: none */
};

/* qp_decoder_init — the decoder that config->decoder names; most of its parameters are under `decoder.`. embedding:
 *   the index of its embedding matrix; encoder->kind NULL: a model without encoder.
 * qp_decoder_forward — teacher forcing: input has the token read at every target row -> [target rows, width].
 *   carry  the state in which the sequences start, replaced by their final state; NULL: the initial state
 *   source NULL: a model without encoder; maps may be NULL
 * qp_decoder_start — a state of one row a source (source.sequences.count), ready for the first token.
 * qp_decoder_step — last_id [rows of state] -> [rows of state, width]; the state advances by one token.
 *   attention  receives the weights over the source as in qp_model_step, or NULL: not wanted
 * qp_decoder_read — id [count], the next tokens of a state of one row -> [1, width] of the last one. */
qp_status qp_decoder_init(qp_decoder *decoder, qp_params *params, const qp_model_config *config, int embedding,
                          const qp_encoder *encoder);
void qp_decoder_free(qp_decoder *decoder);
qp_tensor qp_decoder_forward(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_ids input,
                             const qp_batch_carry *carry, qp_model_maps *maps);
qp_status qp_decoder_start(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_sequences sequences,
                           qp_state **state);
qp_tensor qp_decoder_step(const qp_decoder *decoder, qp_tape *tape, const int32_t *last_id, qp_state *state,
                          qp_attention_map *attention);
qp_tensor qp_decoder_read(const qp_decoder *decoder, qp_tape *tape, const int32_t *id, int count, qp_state *state);

#endif
