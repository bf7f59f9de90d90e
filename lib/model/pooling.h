#ifndef QP_POOLING_H
#define QP_POOLING_H

#include "lib/model/encoder.h"

/* pooling — one vector for each source from the encoder output m (rows 1 .. n of a source)
 *   last         the final states of a recurrent encoder [forward | backward]; else m_n
 *   first        m_1
 *   mean, max    over the rows, column by column
 *   attention    sum_i a_i m_i,  a = softmax over i of energy . tanh(key m_i + query)     Yang et al. 2016
 *   class-token  m_1, the output at a token (the begin) that the model puts before every source    Devlin et al. 2019
 * Parameters of attention: pooling.query [1, a], pooling.key.weight [a, encoder width], pooling.energy.weight [1, a],
 * a = --attention-size, or the encoder width. */
typedef struct {
    int kind;         /* QP_POOLING_LAST .. */
    bool from_states; /* last, of a recurrent encoder */
    int width;        /* columns of the result */
    const qp_params *params;
    int query, key, energy; /* parameters, or -1 */
} qp_pooling;

/* qp_pooling_add — the pooling config->pooling names, over what `encoder` makes.
 * qp_pooling_forward — -> [sources, width]; encoded with its summary where from_states. maps receives the weights
 *   of attention, as one query a source (NULL: not wanted).   Errors  QP_ESHAPE for a source without rows,
 *   QP_EMEMORY, remembered by the tape. */
qp_pooling qp_pooling_add(qp_params *params, const qp_model_config *config, const qp_encoder *encoder);
qp_tensor qp_pooling_forward(const qp_pooling *pooling, qp_tape *tape, const qp_encoded *encoded, qp_model_maps *maps);

#endif
