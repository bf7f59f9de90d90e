#ifndef QP_MODEL_H
#define QP_MODEL_H

#include "lib/base/batch.h"
#include "lib/grad/loss/crf_lattice.h"
#include "lib/grad/tape.h"
#include "lib/model/config/model_config.h"
#include "lib/model/maps.h"
#include "lib/ngram/ngram.h"
#include "lib/nn/params.h"
#include "lib/nn/state.h"

/* model — an encoder and a decoder, or an encoder and a head, over token ids or numbers. Training, scoring and
 * decoding use a model through these functions alone; all of them run the same operations. */
typedef struct qp_model qp_model;

/* ---- building ---- */

/* qp_model_new — build a model from a configuration (vocabulary sizes included) and draw its first weights.
 * qp_model_new_blank — the same with all weights zero, to be loaded.
 * qp_model_plan — the same without memory for the weights: names and sizes of the parameters are known, and
 *   qp_params_finish(qp_model_params(model)) allocates them. For files that are not trusted.
 * Errors  QP_EUSAGE: options that do not fit together (qp_model_config_check); QP_EMEMORY. *model is then NULL. */
qp_status qp_model_new(const qp_model_config *config, uint64_t seed, qp_model **model);
qp_status qp_model_new_blank(const qp_model_config *config, qp_model **model);
qp_status qp_model_plan(const qp_model_config *config, qp_model **model);
void qp_model_free(qp_model *model);

const qp_model_config *qp_model_config_of(const qp_model *model);
qp_params *qp_model_params(const qp_model *model);

/* qp_model_set_special — the special ids of the two vocabularies; first those of qp_special_own.
 * qp_model_special — those that the decoder writes, or the encoder reads. */
void qp_model_set_special(qp_model *model, qp_special_ids source, qp_special_ids target);
qp_special_ids qp_model_special(const qp_model *model, bool target);

/* qp_model_ngram_set — the n-grams of a model of --decoder ngram, which owns them from now on.
 *   word [target vocabulary]  the word of each token, -1: none; copied.   Errors  QP_EMEMORY; the n-grams are freed.
 * qp_model_ngram — these n-grams and, unless NULL, *word; NULL for other kinds of model. */
qp_status qp_model_ngram_set(qp_model *model, qp_ngram *ngram, const int32_t *word);
const qp_ngram *qp_model_ngram(const qp_model *model, const int32_t **word);

/* ---- whole sequences ---- */

/* qp_model_logits — scores of whole sequences; maps may be NULL
 *   translate, lm, autoencode  teacher forcing: the row of a target token scores that position given the tokens before
 *                              it, [target rows, target vocabulary]
 *   match                      vectors of the sources; given target.id, those of the targets after them
 *                              [sources (and targets), width], rows of length 1
 *   the other tasks            as head.h says; needs no answers (target.id, target_value)
 * Errors  QP_ESHAPE for a batch that does not fit the model, QP_EMEMORY; remembered by the tape. */
qp_tensor qp_model_logits(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_model_maps *maps);

/* qp_model_loss — words + --kl-weight * divergence, sums (not means) over the batch [1, 1]; the trainer divides by
 *   the number of target rows. In QP_TRAIN also the penalties of the modules (lib/grad/penalty.h), times those rows.
 *   With --kl-weight 1 it is the negative evidence lower bound of a variational autoencoder.
 * qp_model_loss_parts — the two parts: `words` as model_loss.h says; `divergence` of the distribution of a
 *   variational autoencoder from N(0, 1), summed over the sources; empty for other models.
 *   smoothing  label smoothing */
typedef struct {
    qp_tensor words, divergence;
} qp_model_parts;
qp_tensor qp_model_loss(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real smoothing);
qp_model_parts qp_model_loss_parts(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real smoothing);

/* qp_model_weigh_classes — in training each row's cross-entropy counts weight[its label] times, weight [labels],
 *   copied; validation counts all alike. Before, every weight is 1.   Errors  QP_EMEMORY. */
qp_status qp_model_weigh_classes(qp_model *model, const qp_real *weight);

/* qp_model_set_targets — the sets of labels that are the answers of a --multi-label model, for its loss; borrowed.
 *   Set i is label[start[i]..start[i+1]); negative labels do not count.
 * qp_model_targets     — the sets that were given; start NULL: none. */
typedef struct {
    const int64_t *start; /* NULL: none */
    const int32_t *label;
    int32_t count;
} qp_target_sets;
void qp_model_set_targets(qp_model *model, qp_target_sets sets);
qp_target_sets qp_model_targets(const qp_model *model);

/* qp_model_distill — in training the loss of words becomes that of distillation (model_loss.h): `teacher` scores each
 *   batch too, without dropout and without the state that --carry keeps, and receives no gradient. It reads the same
 *   ids; its columns beyond the model's are left out. Borrowed; teacher NULL: no more.
 *   Memory  target rows * classes, until the end of the step. */
typedef struct {
    const qp_model *teacher;
    qp_real weight, temperature;
} qp_distillation;
void qp_model_distill(qp_model *model, qp_distillation distillation);

/* qp_model_states — the vectors of each position of a text: the encoder's output, or, of a language model, the
 *   decoder's (row r: after reading r tokens of its text) -> [rows, width]; *sequences: the rows of each text. Begin
 *   the tape with QP_INFER.    Errors  QP_EUSAGE for n-grams and series; remembered by the tape. */
qp_tensor qp_model_states(const qp_model *model, qp_tape *tape, qp_ids text, qp_sequences *sequences);

/* qp_model_crf — the weights of a tagger's conditional random field (--crf); without one, transitions.value is
 *   NULL. */
qp_crf qp_model_crf(const qp_model *model);

/* ---- one token at a time ---- */

/* qp_model_first_token — what the decoder reads before the first target token: the begin; for a model of running
 *   text (--lm-window) the end, that of the line before. */
int32_t qp_model_first_token(const qp_model *model);

/* qp_model_start — encode the sources into a state of one row a source. A model without encoder starts source.count
 *   rows and does not read the ids.
 * qp_model_start_code — of an autoencoder, from vectors code [rows, width of the bottleneck] instead of sources.
 * qp_model_step — feed each row's last token, the first token at first: scores of the next one [rows, target
 *   vocabulary], memory of the tape until its next begin.
 *   attention  NULL, or receives each row's attention to its source in this step: blocks [heads, 1, source tokens], row
 *              after row, of the decoder layer that aligns best; memory of the tape. Only for models of which
 *              qp_model_has_attention is true.
 * qp_model_read — feed the next tokens id [count], count > 0, to a state of one row: scores [1, target vocabulary]
 *   after the last one, equal to those of count steps within rounding. Transformers and Mamba read all of them in one
 *   pass; its memory grows with count.
 * The caller calls qp_tape_begin(tape, QP_INFER, 0) before start and before every step. With packed parameters
 * (qp_params_pack) the scores and the attention of a row do not depend on the other rows, to the bit.
 * Errors  QP_EUSAGE: a model without decoder; QP_EMEMORY; those of a step are remembered by the tape. */
qp_status qp_model_start(const qp_model *model, qp_tape *tape, qp_ids source, qp_state **state);
qp_status qp_model_start_code(const qp_model *model, qp_tape *tape, qp_tensor code, qp_state **state);
qp_tensor qp_model_step(const qp_model *model, qp_tape *tape, const int32_t *last_id, qp_state *state,
                        qp_attention_map *attention);
qp_tensor qp_model_read(const qp_model *model, qp_tape *tape, const int32_t *id, int count, qp_state *state);

/* qp_model_codes — of an autoencoder with --codebook, the codes of sources [sources, --codes], in the tape's memory;
 *   NULL: the tape has failed. Begin the tape with QP_INFER.
 * qp_model_read_codes — from now on qp_model_start reads codes: --codes ids and an end for each source.
 * Errors  QP_EUSAGE for a model without codes, QP_EDATA for codes that it does not have, QP_EMEMORY. */
const int32_t *qp_model_codes(const qp_model *model, qp_tape *tape, qp_ids source);
qp_status qp_model_read_codes(qp_model *model);

/* qp_model_has_attention — whether the decoder attends to the tokens of a source. */
bool qp_model_has_attention(const qp_model *model);

#endif
