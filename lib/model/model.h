#ifndef QP_MODEL_H
#define QP_MODEL_H

#include "lib/base/batch.h"
#include "lib/grad/loss/crf_lattice.h"
#include "lib/grad/tape.h"
#include "lib/model/maps.h"
#include "lib/model/model_config.h"
#include "lib/ngram/ngram.h"
#include "lib/nn/params.h"
#include "lib/nn/state.h"

/* model — encoder and decoder, or an encoder and a head, over token ids or numbers. Training, scoring and decoding know a model by these functions
 * alone; all of them run the same operations. */
typedef struct qp_model qp_model;

/* qp_model_new — build and initialise from a configuration (vocabulary sizes included).
 * qp_model_new_blank — the same with all weights zero, to be loaded. */
qp_status qp_model_new_blank(const qp_model_config *config, qp_model **model);
qp_status qp_model_new(const qp_model_config *config, uint64_t seed, qp_model **model);
void qp_model_free(qp_model *model);
const qp_model_config *qp_model_config_of(const qp_model *model);

/* qp_model_first_token — what the decoder reads before the first target token: QP_BOS; for a model of running text
 * (--lm-window), to which QP_EOS is the end of a line like any other, that: the end of the line before. */
int32_t qp_model_first_token(const qp_model *model);
qp_params *qp_model_params(const qp_model *model);

/* qp_model_ngram_set — give a model of --decoder ngram the n-grams it is made of; owns them from now on.
 *   word [target vocabulary]  the word of each token, -1: none; copied.        Errors  QP_EMEMORY; the n-grams are freed.
 * qp_model_ngram — them and, unless NULL, *word; NULL: another kind of model. */
qp_status qp_model_ngram_set(qp_model *model, qp_ngram *ngram, const int32_t *word);
const qp_ngram *qp_model_ngram(const qp_model *model, const int32_t **word);

/* qp_model_logits — scores of whole sequences; maps may be NULL
 *   translate, lm, autoencode  teacher forcing: row of target token t holds the scores of that token given those before it
 *                              [target rows, target vocabulary]
 *   the other tasks            what head.h says, without need of the answers (target.id, target_value)
 * qp_model_loss — summed (not averaged) over the target rows, [1,1]; the trainer divides by their number over the whole
 *   batch: cross-entropy, or, for series, the mean of a row's errors as --series-loss has them, or, with --crf, the loss
 *   of the conditional random field (lib/grad/op_crf.h).   smoothing: label smoothing; not of a field: QP_EUSAGE
 * qp_model_crf — the weights of the field of a tagger with --crf; else transitions.value is NULL. */
/* qp_model_loss_parts — the same loss in its two parts, sums [1, 1]: `words` as above; `divergence`, of the distribution of
 *   a variational autoencoder from N(0, 1), summed over the sources (empty for other models).
 *   qp_model_loss = words + --kl-weight * divergence: with weight 1 the negative evidence lower bound. */
typedef struct {
    qp_tensor words, divergence;
} qp_model_parts;
qp_model_parts qp_model_loss_parts(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real smoothing);
qp_tensor qp_model_logits(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_model_maps *maps);
qp_tensor qp_model_loss(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real smoothing);

qp_crf qp_model_crf(const qp_model *model);

/* Stepping. start encodes the sources; the state begins with one row a source (source.count rows; for a model without
 * encoder source.count rows as well, ids unread). step feeds each row's last token (QP_BOS first) and returns the
 * scores of the next one [rows, target vocabulary], memory of the tape until its next begin. The caller calls
 * qp_tape_begin(tape, QP_INFER, 0) before start and before every step. A row's scores do not depend on the other rows,
 * to the bit, when the parameters are packed (qp_params_pack).
 *   attention  NULL, or receives how much each row attended to the tokens of its source in this step: blocks
 *              [heads, 1, source tokens], row after row, of the decoder layer that aligns best; memory of the tape.
 *              Only of models for which qp_model_has_attention is true: a decoder with attention to a source. */
qp_status qp_model_start(const qp_model *model, qp_tape *tape, qp_ids source, qp_state **state);
/* qp_model_start_code — the same for an autoencoder, from vectors code [rows, width of the bottleneck] instead of sources. */
qp_status qp_model_start_code(const qp_model *model, qp_tape *tape, qp_tensor code, qp_state **state);
qp_tensor qp_model_step(const qp_model *model, qp_tape *tape, const int32_t *last_id, qp_state *state,
                        qp_attention_map *attention);
bool qp_model_has_attention(const qp_model *model);

#endif
