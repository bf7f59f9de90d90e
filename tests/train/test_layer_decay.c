#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/train/trainer.h"
#include "tests/train/toy_loss.h"

/* --layer-decay, seen in one update of plain SGD, which moves a parameter by its rate. */

enum { PARAMETERS = 5 };

/* The toy model whose parameters have other names. */
static toy *renamed(const char *const name[PARAMETERS])
{
    toy *t = calloc(1, sizeof *t);
    const int rows[] = {TOY_VOCABULARY, TOY_WIDTH, 1, TOY_VOCABULARY, 1};
    int *place[] = {&t->embedding, &t->inner, &t->inner_bias, &t->outer, &t->outer_bias};
    t->params = qp_params_new();
    for (int i = 0; i < PARAMETERS; i++)
        *place[i] = qp_params_add(t->params, rows[i], i == 4 ? TOY_VOCABULARY : TOY_WIDTH,
                                  (qp_init){.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1}, "%s", name[i]);
    qp_params_finish(t->params);
    qp_params_initialise(t->params, 5);
    return t;
}

/* How far each parameter moves: the length of its change. */
static void moves(const char *const name[PARAMETERS], double decay, double move[PARAMETERS])
{
    static toy_batch batch;
    toy *t = renamed(name), *before = renamed(name);
    qp_training_config config;
    qp_optimizer_config optimizer;
    qp_schedule_config schedule;
    qp_trainer_result result;
    qp_config_defaults(&qp_training_fields, &config);
    qp_config_defaults(&qp_optimizer_fields, &optimizer);
    qp_config_defaults(&qp_schedule_fields, &schedule);
    config.steps = config.threads = 1;
    config.layer_decay = decay;
    optimizer.optimizer = QP_SGD;
    optimizer.clip_norm = 0;
    schedule.lr_schedule = QP_SCHEDULE_CONSTANT;
    schedule.lr_warmup = 0;
    schedule.lr = 0.001;
    qp_batch_source source = toy_source(&batch);
    qp_trainer trainer = {.params = t->params,
                          .loss = {t, toy_loss},
                          .train = &source,
                          .config = &config,
                          .optimizer = &optimizer,
                          .schedule = &schedule};
    cr_assert_eq(qp_trainer_run(&trainer, &result), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < PARAMETERS; i++) {
        const qp_parameter *p = qp_params_at(t->params, i);
        double sum = 0;
        for (int e = 0; e < p->rows * p->columns; e++)
            sum += pow((double)qp_params_value(t->params, i)[e] - (double)qp_params_value(before->params, i)[e], 2);
        move[i] = sqrt(sum);
        cr_assert_gt(move[i], 1e-6, "%s", name[i]);
    }
    toy_free(t);
    toy_free(before);
}

/* With 0.5: 0.5^(L-l) in layer l of L, 0.5^(L+1) in the embeddings below the highest stack, 1 elsewhere. */
Test(layer_decay, the_rate_of_every_parameter)
{
    static const struct {
        const char *name[PARAMETERS];
        double rate[PARAMETERS];
    } known[] = {
        {{"src_embed.weight", "encoder.layers.0.w", "encoder.layers.1.b", "head.weight", "head.bias"},
         {0.125, 0.25, 0.5, 1, 1}},
        {{"encoder.positions.weight", "encoder.layers.0.w", "decoder.layers.2.b", "decoder.layers.0.w", "head.bias"},
         {0.0625, 0.5, 0.5, 0.125, 1}},
        {{"tgt_embed.weight", "embed.weight", "encoder.segments.bias", "encoder.embedding_norm.weight",
          "decoder.layers.1.bias"},
         {0.125, 0.125, 0.125, 0.125, 0.5}},
        {{"my_embed.weight", "encoder.norm.weight", "layers.0.bias", "embed", "x.layers.0.b"}, {1, 1, 1, 1, 0.5}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double whole[PARAMETERS], slow[PARAMETERS];
        moves(known[i].name, 1, whole);
        moves(known[i].name, 0.5, slow);
        for (int k = 0; k < PARAMETERS; k++)
            cr_expect_float_eq(slow[k] / whole[k], known[i].rate[k], 2e-3 * known[i].rate[k], "%s: %g",
                               known[i].name[k], slow[k] / whole[k]);
    }
}
