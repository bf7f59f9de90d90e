#ifndef QP_DECODER_RUN_H
#define QP_DECODER_RUN_H

#include "lib/model/encoder.h"
#include "lib/nn/embedding.h"
#include "lib/nn/recurrent.h"
#include "lib/nn/recurrent_attention.h"

/* decoder_run — the arithmetic of a recurrent decoder, over all tokens of every sequence or one token of each
 *   x_t = [E y_{t-1}; c_t if attention looks first; summary with context feeding; u_{t-1} with input feeding]
 *   s_t = layers(x_t, s_{t-1})
 *   c_t = attention of s_{t-1} (bahdanau) or of s_t (luong)
 *   u_t = tanh(combine [s_t; c_t or summary]); s_t itself where there is nothing to combine and the width fits
 * s_0 is the encoder's final states where both have the same layers, else tanh(bridge [summary]) for every layer and
 * state; without encoder the learned or zero state. */
typedef struct {
    qp_embedding_module embedding;
    qp_recurrent_module layers;
    qp_recurrent_attention attention;
    bool has_source;
    bool looks_first;                               /* attention reads the state before the step */
    bool feeds_context;                             /* the source's summary is part of every x_t */
    bool feeds_output;                              /* u_{t-1} is part of x_t */
    bool takes_states;                              /* s_0 is the encoder's */
    int bridge, bridge_bias, combine, combine_bias; /* parameters, or -1 */
    int width;                                      /* of u */
    int states;                                     /* matrices of a layer's state: 2 for cells with a c, else 1 */
    qp_real dropout, coverage_weight;
} qp_recurrent_decoder;

typedef struct {
    const qp_recurrent_decoder *d;
    qp_tape *tape;
    const qp_params *params;
    qp_tensor keys, encoder_output; /* of the sources */
    qp_sequences source_sequences;  /* the source of each sequence */
    qp_tensor summary;              /* [sequences, .] fed or combined at every step; or empty */
    qp_carry *state;                /* [layers] */
    qp_tensor fed;                  /* [sequences, width] u of the token before */
    qp_coverage coverage;           /* with --attention coverage */
    const qp_recurrent_noise *noise;
} qp_decoder_run;

/* qp_decoder_run_begin — the state before the first token; source NULL: a model without encoder. False: the tape has
 *   failed.
 * qp_decoder_run_advance — x [rows, emb] embedded tokens of sequences s -> u [rows, width]; state and `fed` are those
 *   after the last token of each sequence. map receives the attention (qp_attention's map, one head), or NULL. */
bool qp_decoder_run_begin(qp_decoder_run *run, const qp_encoded *source, int sequences);
qp_tensor qp_decoder_run_advance(qp_decoder_run *run, qp_tensor x, qp_sequences s, qp_attention_map *map);

#endif
