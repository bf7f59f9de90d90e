#ifndef QP_MODEL_CHECK_H
#define QP_MODEL_CHECK_H

#include "lib/model/model.h"

/* model_check — what the tests of models share: a task that is quickly learned, small models, a plain trainer. */
enum { MODEL_SENTENCES = 32, MODEL_LONGEST = 7, MODEL_VOCABULARY = 12 };

typedef struct {
    int32_t source_start[MODEL_SENTENCES + 1], target_start[MODEL_SENTENCES + 1];
    int32_t source_id[MODEL_SENTENCES * MODEL_LONGEST], target_id[MODEL_SENTENCES * MODEL_LONGEST];
} model_pairs;

/* model_reversed_pairs — `count` sequences of 1 .. MODEL_LONGEST-1 symbols and their reverse, both with EOS. */
qp_batch model_reversed_pairs(model_pairs *p, int count, uint64_t key);

/* model_small — a model of width 32 with "field=value" settings on top, NULL among them is skipped. */
qp_model *model_small(const char *const *setting, int settings);

/* Every encoder and every decoder, as settings of model_small. */
enum { MODEL_ENCODERS = 7, MODEL_DECODERS = 4 };
extern const char *const model_encoders[MODEL_ENCODERS][2], *const model_decoders[MODEL_DECODERS];

/* model_check_noise — the loss of a training pass depends on the key and nothing else; inference does not use it. */
void model_check_noise(const qp_model *model);

/* model_check_stepping — stepping through targets with the state gives the rows of the full pass. */
void model_check_stepping(qp_model *model, bool packed, const char *what);

/* model_gradient — loss of one pass and its gradients, left in `gradient` (qp_params_size reals).
 * model_learner_step — one update of plain Adam on a batch; returns its loss per token.
 * model_train — `steps` of them on the same batch; the last loss. */
typedef struct {
    qp_model *model;
    qp_tape *tape;
    qp_gradient gradient;
    qp_real *moments;
    int step;
} model_learner;
void model_learner_begin(model_learner *learner, qp_model *model);
double model_learner_step(model_learner *learner, const qp_batch *batch, double rate);
void model_learner_end(model_learner *learner);
double model_gradient(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_gradient *gradient, uint64_t key);
double model_train(qp_model *model, const qp_batch *batch, int steps, double rate);

#endif
