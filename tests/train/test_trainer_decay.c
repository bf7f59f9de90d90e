#include <criterion/criterion.h>
#include <math.h>

#include "lib/train/trainer.h"
#include "tests/train/toy_loss.h"

/* Which parameters a trainer's decay reaches. */

static double length_of(const toy *t, int parameter)
{
    const qp_parameter *p = qp_params_at(t->params, parameter);
    const qp_real *value = qp_params_value(t->params, parameter);
    double sum = 0;
    for (int i = 0; i < p->rows * p->columns; i++) sum += (double)value[i] * (double)value[i];
    return sqrt(sum);
}

/* Lengths of a bias and a matrix after 30 updates. */
static void train(double decay, int decay_all, double *bias, double *matrix)
{
    static toy_batch batch;
    toy *t = toy_new(4);
    qp_training_config config;
    qp_optimizer_config optimizer;
    qp_schedule_config schedule;
    qp_trainer_result result;
    qp_config_defaults(&qp_training_fields, &config);
    qp_config_defaults(&qp_optimizer_fields, &optimizer);
    qp_config_defaults(&qp_schedule_fields, &schedule);
    config.steps = 30;
    config.threads = 1;
    config.decay_all = decay_all;
    optimizer.decoupled_decay = decay;
    schedule.lr_schedule = QP_SCHEDULE_CONSTANT;
    schedule.lr_warmup = 0;
    schedule.lr = 0.01;
    qp_batch_source source = toy_source(&batch);
    qp_trainer trainer = {.params = t->params,
                          .loss = {t, toy_loss},
                          .train = &source,
                          .config = &config,
                          .optimizer = &optimizer,
                          .schedule = &schedule};
    cr_assert_eq(qp_trainer_run(&trainer, &result), QP_OK, "%s", qp_error_message());
    *bias = length_of(t, t->outer_bias);
    *matrix = length_of(t, t->outer);
    toy_free(t);
}

Test(trainer, decay_of_biases_is_asked_for)
{
    double bias[3], matrix[3];
    train(0, 0, &bias[0], &matrix[0]);
    train(5, 0, &bias[1], &matrix[1]);
    train(5, 1, &bias[2], &matrix[2]);
    cr_expect_lt(matrix[1], 0.9 * matrix[0], "%g %g", matrix[0], matrix[1]);
    cr_expect_gt(bias[1], 0.9 * bias[0], "%g %g", bias[0], bias[1]);
    cr_expect_lt(bias[2], 0.9 * bias[1], "%g %g", bias[1], bias[2]);
}
