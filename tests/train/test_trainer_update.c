#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/train/toy_run.h"

/* What one update reads and leaves: rates, weights, averages, the interval of the reported loss. */

enum { UPDATES = 20 };

typedef struct {
    toy_run *run;
    size_t size;
    double rate[UPDATES + 1], loss[UPDATES + 1];
    int64_t tokens[UPDATES + 1];
    bool shown[UPDATES + 1];
    qp_real *trained; /* weights after the last update */
    double *mean;     /* their exponential moving average, computed here */
    int64_t updates, validations, restored;
    double validation_error, distance; /* largest |validated - mean|; smallest largest |validated - trained| */
} watcher;

static qp_real *weights(const watcher *w) { return qp_params_block(w->run->model->params); }

static void watch_progress(void *self, const qp_progress *p)
{
    watcher *w = self;
    w->updates = p->update;
    w->rate[p->update] = p->rate;
    w->loss[p->update] = p->loss;
    w->tokens[p->update] = p->target_tokens;
    w->shown[p->update] = p->shown;
    memcpy(w->trained, weights(w), w->size * sizeof *w->trained);
    for (size_t i = 0; i < w->size; i++)
        w->mean[i] = w->run->optimizer.ema * w->mean[i] + (1 - w->run->optimizer.ema) * (double)w->trained[i];
}

/* The weights that are validated are the average, not the trained ones. */
static void watch_validation(void *self, qp_metrics *metrics)
{
    watcher *w = self;
    double distance = 0;
    for (size_t i = 0; i < w->size; i++) {
        w->validation_error = fmax(w->validation_error, fabs((double)weights(w)[i] - w->mean[i]));
        distance = fmax(distance, fabs((double)(weights(w)[i] - w->trained[i])));
    }
    if (w->validations++ == 0 || distance < w->distance) w->distance = distance;
    qp_metrics_add(metrics, "bleu", (double)w->validations);
}

/* Before each update the weights are those the last update left. */
static void watch_batch(void *self)
{
    watcher *w = self;
    if (w->updates > 0 && memcmp(weights(w), w->trained, w->size * sizeof *w->trained) == 0) w->restored++;
}

static watcher *watch(const char *name)
{
    watcher *w = calloc(1, sizeof *w);
    toy_run *r = w->run = toy_run_new(name);
    w->size = qp_params_size(r->model->params);
    w->trained = malloc(w->size * sizeof *w->trained);
    w->mean = malloc(w->size * sizeof *w->mean);
    for (size_t i = 0; i < w->size; i++) w->mean[i] = (double)weights(w)[i];
    memcpy(w->trained, weights(w), w->size * sizeof *w->trained);
    r->watcher = w;
    r->on_progress = watch_progress;
    r->config.steps = UPDATES;
    r->trainer.folder = r->trainer.model_path = NULL;
    return w;
}

static void run(watcher *w)
{
    cr_assert_eq(qp_trainer_run(&w->run->trainer, &w->run->result), QP_OK, "%s", qp_error_message());
    cr_assert_eq(w->updates, w->run->config.steps);
}

static void end(watcher *w)
{
    toy_run_free(w->run);
    free(w->trained);
    free(w->mean);
    free(w);
}

Test(trainer_update, update_u_has_the_rate_of_the_schedule_at_u)
{
    watcher *w = watch("rate");
    w->run->schedule.lr_schedule = QP_SCHEDULE_LINEAR;
    w->run->schedule.lr_total = 30;
    run(w);
    for (int64_t u = 1; u <= UPDATES; u++)
        cr_assert_eq(w->rate[u], qp_schedule_rate(&w->run->schedule, NULL, u - 1), "update %ld", (long)u);
    cr_assert_eq(w->rate[1], w->run->schedule.lr / 5, "the first of 5 warmup updates");
    cr_assert_neq(w->rate[10], w->rate[11]);
    end(w);
}

Test(trainer_update, the_average_is_validated_and_the_trained_weights_return)
{
    watcher *w = watch("ema");
    w->run->optimizer.ema = 0.9;
    w->run->config.valid_freq = 3;
    w->run->config.early_stopping_metric = QP_BY_BLEU;
    w->run->trainer.hooks.measure = toy_run_measure;
    w->run->on_measure = watch_validation;
    w->run->on_batch = watch_batch;
    run(w);
    cr_assert_eq(w->validations, 7);
    cr_assert_lt(w->validation_error, 1e-5, "validated weights are %g from the average", w->validation_error);
    cr_assert_gt(w->distance, 1e-3, "the average is no different from the weights");
    cr_assert_eq(w->restored, UPDATES - 1, "weights after a validation differ from those before it");
    end(w);
}

Test(trainer_update, weight_noise_is_removed_after_the_gradient)
{
    watcher *w = watch("noise"), *quiet = watch("quiet");
    qp_real *before = malloc(w->size * sizeof *before);
    memcpy(before, weights(w), w->size * sizeof *before);
    w->run->config.weight_noise = 0.5;
    w->run->schedule.lr = quiet->run->schedule.lr = 0; /* updates change nothing, so noise is all that could */
    run(w);
    run(quiet);
    cr_assert_neq(w->loss[1], quiet->loss[1], "the gradient is not taken at noisy weights");
    cr_assert_eq(memcmp(weights(w), before, w->size * sizeof *before), 0, "noise is left in the weights");
    free(before);
    end(w);
    end(quiet);
}

Test(trainer_update, the_reported_loss_is_the_mean_since_the_last_report)
{
    watcher *each = watch("each"), *fourth = watch("fourth");
    each->run->config.disp_freq = 1;
    fourth->run->config.disp_freq = 4;
    run(each);
    run(fourth);
    for (int64_t u = 1; u <= UPDATES; u++) {
        int64_t first = (u - 1) / 4 * 4 + 1;
        double sum = 0;
        for (int64_t i = first; i <= u; i++) sum += each->loss[i] * (double)(each->tokens[i] - each->tokens[i - 1]);
        sum /= (double)(each->tokens[u] - each->tokens[first - 1]);
        cr_assert(fabs(fourth->loss[u] - sum) < 1e-9 * sum, "update %ld: %.12g, not %.12g", (long)u, fourth->loss[u],
                  sum);
        cr_assert_eq(fourth->shown[u], u % 4 == 0);
    }
    cr_assert_lt(each->loss[UPDATES], 0.9 * each->loss[1]);
    end(each);
    end(fourth);
}

Test(trainer_update, time_left_is_known_without_a_limit_given)
{
    toy_run *r = toy_run_new("left");
    r->trainer.folder = r->trainer.model_path = NULL;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK);
    cr_assert_eq(r->result.updates, QP_EPOCHS_UNLESS_LIMITED * TOY_BATCHES);
    cr_assert_gt(r->left_at_half, 0, "time left %g s", r->left_at_half);
    toy_run_free(r);
}

/* The clock that it is compared with counts from the start of the run, not from that of the machine. */
Test(trainer_update, a_time_limit_that_is_not_reached_changes_nothing)
{
    watcher *limited = watch("limited"), *plain = watch("plain");
    strcpy(limited->run->config.time_limit, "10m");
    run(limited);
    run(plain);
    cr_assert_arr_eq(limited->trained, plain->trained, plain->size * sizeof *plain->trained);
    end(limited);
    end(plain);
}

static void count_validation(void *self, qp_metrics *metrics)
{
    ++*(int64_t *)self;
    qp_metrics_add(metrics, "loss", 1);
}

/* A run that its time limit ends long before its updates: validated by the time if --valid-freq is a guess, else by
 * that alone. */
Test(trainer_update, a_run_that_its_time_ends_is_validated_by_the_time)
{
    for (int guess = 0; guess < 2; guess++) {
        toy_run *r = toy_run_new(guess ? "guess" : "asked");
        int64_t validations = 0;
        r->trainer.folder = r->trainer.model_path = NULL;
        r->trainer.valid_by_time = guess;
        r->trainer.hooks.measure = toy_run_measure;
        r->on_measure = count_validation;
        r->watcher = &validations;
        r->config.epochs = 0;
        r->config.steps = 1000000000;
        r->config.valid_freq = 3;
        strcpy(r->config.time_limit, "1s");
        cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
        cr_assert_gt(r->result.updates, 3);
        if (guess)
            cr_expect(validations > 1 && validations <= 16, "%d validations", (int)validations);
        else
            cr_expect_geq(validations, r->result.updates / 3);
        toy_run_free(r);
    }
}

/* A source whose epochs come in portions of 2, 0, 3, 0, 0 and 1 batches: what it was asked for, and what it gave. */
typedef struct {
    toy_run *run;
    qp_batch_source toy;
    char asked[400], got[400];
} portions;

static qp_status begin_portions(void *self, int64_t epoch, int64_t *count)
{
    portions *p = self;
    return p->toy.begin(p->toy.self, epoch, count);
}

static qp_status get_of_portion(void *self, int64_t number, int slot, qp_batch *batch)
{
    portions *p = self;
    const size_t used = strlen(p->got);
    snprintf(p->got + used, sizeof p->got - used, "%d ", (int)number);
    return p->toy.get(p->toy.self, number, slot, batch);
}

static qp_status next_portion(void *self, qp_batch_place *place, int64_t *count)
{
    static const int size[] = {2, 0, 3, 0, 0, 1};
    portions *p = self;
    const size_t used = strlen(p->asked);
    snprintf(p->asked + used, sizeof p->asked - used, "%d:%d ", (int)place->portion, (int)place->first);
    while (place->portion < 6 && size[place->portion] == 0) place->portion++;
    *count = place->first + (place->portion < 6 ? size[place->portion] : 0);
    return QP_OK;
}

/* Each portion is read once, one without batches is passed over, and the next epoch begins with the first. */
Test(trainer_update, portions_in_their_order)
{
    watcher *w = watch("portions");
    portions p = {.run = w->run, .toy = w->run->train};
    w->run->train = (qp_batch_source){.self = &p, .begin = begin_portions, .get = get_of_portion, .more = next_portion};
    w->run->config.steps = 2 * TOY_BATCHES + 3;
    run(w);
    cr_expect_str_eq(p.asked, "0:0 1:2 3:5 6:6 0:0 1:2 3:5 6:6 0:0 1:2 ", "%s", p.asked);
    cr_expect_str_eq(p.got, "0 1 2 3 4 5 0 1 2 3 4 5 0 1 2 ", "%s", p.got);
    end(w);
}
