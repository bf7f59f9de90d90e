#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/store/safetensors.h"
#include "lib/train/checkpoint.h"
#include "lib/train/trainer_internal.h"
#include "tests/train/toy_run.h"

static char *content(const char *folder, const char *name, size_t *bytes)
{
    char path[400], *text = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(qp_file_read(path, 1 << 24, &text, bytes), QP_OK, "%s", qp_error_message());
    return text;
}

static void same_file(const toy_run *a, const toy_run *b, const char *name)
{
    size_t a_bytes, b_bytes;
    char *x = content(a->folder, name, &a_bytes), *y = content(b->folder, name, &b_bytes);
    cr_assert_eq(a_bytes, b_bytes, "%s", name);
    cr_assert_eq(memcmp(x, y, a_bytes), 0, "%s", name);
    free(x);
    free(y);
}

/* metrics.jsonl without the two fields that depend on the clock */
static char *steady_metrics(const toy_run *r)
{
    size_t bytes;
    char *text = content(r->folder, "metrics.jsonl", &bytes), *out = text;
    for (char *in = text; *in;) {
        if (strncmp(in, ",\"tokens_per_second\"", 20) == 0) in = strchr(in, '}');
        *out++ = *in++;
    }
    *out = '\0';
    return text;
}

static void same_metrics(const toy_run *a, const toy_run *b)
{
    char *x = steady_metrics(a), *y = steady_metrics(b);
    cr_assert_str_eq(x, y);
    cr_assert_not_null(strstr(x, "{\"update\":4,\"epoch\":"));
    free(x);
    free(y);
}

static int files(const toy_run *r, const char *prefix)
{
    int count = 0;
    DIR *d = opendir(r->folder);
    for (struct dirent *e; (e = readdir(d));) count += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(d);
    return count;
}

static void use_validation(toy_run *r)
{
    r->trainer.valid = &r->valid;
    r->config.valid_freq = 7;
    r->config.average = 2;
}

Test(trainer, learns_and_leaves_its_folder)
{
    toy_run *r = toy_run_new("learns");
    r->config.epochs = 10;
    double begun = qp_run_clock();
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    double passed = qp_run_clock() - begun;
    cr_assert(r->result.seconds > 0 && r->result.seconds <= passed, "%g of %g s", r->result.seconds, passed);
    cr_assert_eq(r->result.end, QP_END_EPOCHS);
    cr_assert_eq(r->result.updates, 60);
    cr_assert_eq(r->result.epochs, 10);
    cr_assert_lt(r->result.loss, 1.0, "loss %g", r->result.loss);
    cr_assert_eq(r->shown, 15);
    cr_assert(qp_file_exists(r->path));
    cr_assert_eq(files(r, "state-"), 2);
    size_t bytes;
    char *csv = content(r->folder, "metrics.csv", &bytes), *log = content(r->folder, "train.log", &bytes);
    cr_assert_eq(strncmp(csv, "update,epoch,target_tokens,loss,", 32), 0);
    cr_assert_not_null(strstr(log, "100 %  loss "));
    free(csv);
    free(log);
    toy_run_free(r);
}

Test(trainer, any_thread_count_gives_the_same_model)
{
    toy_run *a = toy_run_new("t1"), *b = toy_run_new("t2");
    a->config.steps = b->config.steps = 20;
    a->config.threads = 1;
    a->config.accum = b->config.accum = 2;
    cr_assert_eq(qp_trainer_run(&a->trainer, &a->result), QP_OK);
    cr_assert_eq(qp_trainer_run(&b->trainer, &b->result), QP_OK);
    same_file(a, b, "final.safetensors");
    same_metrics(a, b);
    toy_run_free(a);
    toy_run_free(b);
}

Test(trainer, a_stopped_and_resumed_run_equals_a_straight_one)
{
    static const int kinds[] = {QP_ADAM, QP_SGD, QP_RMSPROP, QP_NADAM};
    for (int k = 0; k < 4; k++) {
        toy_run *a = toy_run_new("straight"), *b = toy_run_new("stopped");
        for (int i = 0; i < 2; i++) {
            toy_run *r = i ? b : a;
            use_validation(r);
            r->config.steps = 29;
            r->optimizer.optimizer = kinds[k];
            r->optimizer.ema = k % 2 ? 0.9 : 0;
            r->optimizer.clip_norm = 1;
            r->schedule.lr_schedule = k == 1 ? QP_SCHEDULE_PLATEAU : QP_SCHEDULE_INV_SQRT;
            r->schedule.lr_patience = 0;
            r->schedule.lr_threshold = 0.5;
        }
        cr_assert_eq(qp_trainer_run(&a->trainer, &a->result), QP_OK, "%s", qp_error_message());
        b->stop_at = 6;
        for (int parts = 0; parts < 5; parts++, b->stop_at += 5)
            cr_assert_eq(toy_run_again(b), QP_ESTOPPED, "part %d: %s", parts, qp_error_message());
        b->stop_at = 0;
        cr_assert_eq(toy_run_again(b), QP_OK, "%s", qp_error_message());
        cr_assert_eq(b->result.resumed_update, 26);
        cr_assert_eq(a->result.best_update, b->result.best_update);
        cr_assert_eq(a->result.averaged, 2);
        same_file(a, b, "final.safetensors");
        same_file(a, b, "best.safetensors");
        same_metrics(a, b);
        toy_run_free(a);
        toy_run_free(b);
    }
}

/* kill -9: the child dies between two saves; what it wrote after the last one is cut back. */
Test(trainer, a_killed_and_resumed_run_equals_a_straight_one)
{
    toy_run *a = toy_run_new("straight9"), *b = toy_run_new("killed9");
    use_validation(a);
    use_validation(b);
    a->config.steps = b->config.steps = 20;
    cr_assert_eq(qp_trainer_run(&a->trainer, &a->result), QP_OK);
    b->config.save_freq = 0; /* a later save that never came ... */
    b->config.steps = 13;
    cr_assert_eq(qp_trainer_run(&b->trainer, &b->result), QP_OK);
    char path[300];
    snprintf(path, sizeof path, "%s/finished", b->folder);
    unlink(path);
    unlink(qp_checkpoint_path(b->folder, "state", 13, path, sizeof path)); /* ... so the run is at update 7 */
    b->config.save_freq = 5;
    b->config.steps = 20;
    cr_assert_eq(toy_run_again(b), QP_OK, "%s", qp_error_message());
    cr_assert_eq(b->result.resumed_update, 7);
    same_file(a, b, "final.safetensors");
    same_metrics(a, b);
    toy_run_free(a);
    toy_run_free(b);
}

Test(trainer, a_damaged_save_is_passed_over)
{
    toy_run *a = toy_run_new("whole"), *b = toy_run_new("damaged");
    a->config.steps = 30;
    b->config.steps = 18;
    cr_assert_eq(qp_trainer_run(&a->trainer, &a->result), QP_OK);
    cr_assert_eq(qp_trainer_run(&b->trainer, &b->result), QP_OK);
    char path[300], other[300];
    qp_checkpoint_path(b->folder, "state", 18, path, sizeof path);
    FILE *f = fopen(path, "r+b");
    fseek(f, -100, SEEK_END);
    int byte = fgetc(f);
    fseek(f, -100, SEEK_END);
    fputc(byte ^ 4, f);
    fclose(f);
    b->config.steps = 30;
    cr_assert_eq(toy_run_again(b), QP_OK, "%s", qp_error_message());
    cr_assert_eq(b->result.resumed_update, 15);
    same_file(a, b, "final.safetensors");
    /* every save damaged: refused, not started again */
    for (int64_t u = 0; u <= 30; u++)
        if (qp_file_exists(qp_checkpoint_path(b->folder, "state", u, other, sizeof other)))
            cr_assert_eq(truncate(other, 1000), 0);
    cr_assert_eq(toy_run_again(b), QP_EDATA);
    toy_run_free(a);
    toy_run_free(b);
}

Test(trainer, a_finished_run_says_so_and_goes_on_when_a_limit_is_raised)
{
    toy_run *a = toy_run_new("long"), *b = toy_run_new("raised");
    a->config.steps = 30;
    b->config.steps = 20;
    cr_assert_eq(qp_trainer_run(&a->trainer, &a->result), QP_OK);
    cr_assert_eq(qp_trainer_run(&b->trainer, &b->result), QP_OK);
    int64_t saves = b->saves;
    cr_assert_eq(toy_run_again(b), QP_OK);
    cr_assert_eq(b->result.end, QP_END_BEFORE);
    cr_assert_eq(b->saves, saves);
    b->config.steps = 30;
    cr_assert_eq(toy_run_again(b), QP_OK);
    cr_assert_eq(b->result.end, QP_END_STEPS);
    same_file(a, b, "final.safetensors");
    b->trainer.fingerprint = "another";
    cr_assert_eq(toy_run_again(b), QP_EUSAGE);
    cr_assert_not_null(strstr(qp_error_message(), "--overwrite"));
    toy_run_free(a);
    toy_run_free(b);
}

Test(trainer, early_stopping_and_the_best_model)
{
    toy_run *r = toy_run_new("early");
    r->trainer.hooks.measure = toy_run_measure;
    r->config.early_stopping = 3;
    r->config.early_stopping_metric = QP_BY_BLEU;
    r->config.valid_freq = 2;
    const double bleu[] = {10, 12, 11, 15, 14, 15, 13, 20};
    memcpy(r->metric, bleu, sizeof bleu);
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    cr_assert_eq(r->result.end, QP_END_EARLY);
    cr_assert_eq(r->result.updates, 14);
    cr_assert_eq(r->result.best_update, 8);
    cr_assert_eq(r->result.best_metric, 15);
    size_t x, y;
    char *best = content(r->folder, "best.safetensors", &x), *final = content(r->folder, "final.safetensors", &y);
    cr_assert(x == y && memcmp(best, final, x) == 0);
    free(best);
    free(final);
    toy_run_free(r);
}

/* One that ends an epoch is written under it, although the next one has begun. */
Test(trainer, a_validation_belongs_to_the_epoch_before_it)
{
    toy_run *r = toy_run_new("epochs");
    r->trainer.hooks.measure = toy_run_measure;
    r->config.early_stopping_metric = QP_BY_BLEU;
    r->config.valid_freq = 0;
    r->config.epochs = 3;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    cr_assert_eq(r->validations, 3);
    char *metrics = steady_metrics(r), line[100];
    for (int64_t epoch = 1; epoch <= 3; epoch++) {
        snprintf(line, sizeof line,
                 "{\"update\":%lld,\"epoch\":%lld,\"valid\":", (long long)(r->result.updates / 3 * epoch),
                 (long long)epoch);
        cr_expect(strstr(metrics, line), "%s is not in %s", line, metrics);
    }
    free(metrics);
    toy_run_free(r);
}

Test(trainer, the_metric_must_be_measured)
{
    toy_run *r = toy_run_new("unmeasured");
    use_validation(r);
    r->config.early_stopping_metric = QP_BY_BLEU;
    r->config.steps = 8;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_EUSAGE);
    cr_assert_not_null(strstr(qp_error_message(), "bleu"));
    toy_run_free(r);
}

/* With a time limit only those of the last third count: validated at 7, 14, 21 and 28. */
Test(trainer, a_time_limit_means_the_last_third)
{
    toy_run *r = toy_run_new("third");
    use_validation(r);
    r->config.average = 4;
    r->config.steps = 28;
    strcpy(r->config.time_limit, "10m");
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    cr_assert_eq(r->result.averaged, 2);
    cr_assert_not_null(strstr(r->last_note, "mean of the last 2 checkpoints"));
    toy_run_free(r);
}

Test(trainer, the_final_model_is_the_mean_of_the_last)
{
    toy_run *r = toy_run_new("mean");
    use_validation(r);
    r->config.average = 3;
    r->config.steps = 28;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    cr_assert_eq(r->result.averaged, 3);
    cr_assert_not_null(strstr(r->last_note, "mean of the last 3 checkpoints  loss "));
    qp_real *w = qp_params_block(r->model->params);
    size_t n = 23 * 16;
    double sum[23 * 16] = {0};
    qp_real one[23 * 16];
    for (int u = 14; u <= 28; u += 7) {
        char path[300];
        qp_safetensors *f;
        cr_assert_eq(qp_safetensors_open(qp_checkpoint_path(r->folder, "model", u, path, sizeof path), &f), QP_OK);
        cr_assert_eq(qp_safetensors_reals(f, qp_safetensors_find(f, "embedding"), one), QP_OK);
        for (size_t i = 0; i < n; i++) sum[i] += (double)one[i];
        qp_safetensors_close(f);
    }
    for (size_t i = 0; i < n; i++) cr_assert_eq(w[i], (qp_real)(sum[i] / 3));
    toy_run_free(r);
}

Test(trainer, a_loss_that_is_not_a_number_stops_with_the_last_save)
{
    toy_run *r = toy_run_new("nan");
    r->config.steps = 1000;
    r->config.threads = 1;
    r->model->poison_after = 45;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_EDATA);
    cr_assert_not_null(strstr(qp_error_message(), "the loss is not a number; the last good save is that of update "),
                       "%s", qp_error_message());
    for (size_t i = 0; i < qp_params_size(r->model->params); i++)
        cr_assert(isfinite(qp_params_block(r->model->params)[i]));
    toy_run_free(r);
}

Test(trainer, nothing_is_allocated_in_an_update)
{
    for (int threads = 1; threads <= 2; threads++) {
        toy_run *r = toy_run_new("allocations");
        r->config.steps = 40;
        r->config.threads = threads;
        r->config.save_freq = 0;
        r->config.accum = 2;
        cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK);
        cr_assert_eq(r->allocations_to, r->allocations_from, "%ld allocations with %d threads",
                     r->allocations_to - r->allocations_from, threads);
        toy_run_free(r);
    }
}

Test(trainer, limits_and_wrong_options)
{
    toy_run *r = toy_run_new("limits");
    r->trainer.folder = r->trainer.model_path = NULL;
    cr_assert_eq(toy_run_again(r), QP_OK);
    cr_assert_eq(r->result.updates, QP_EPOCHS_UNLESS_LIMITED * TOY_BATCHES);
    r->config.train_tokens = 1000;
    cr_assert_eq(toy_run_again(r), QP_OK);
    cr_assert_eq(r->result.end, QP_END_TOKENS);
    cr_assert(r->result.target_tokens >= 1000 && r->result.target_tokens < 1300);
    strcpy(r->config.time_limit, "soon");
    cr_assert_eq(toy_run_again(r), QP_EUSAGE);
    strcpy(r->config.time_limit, "0.000001s");
    cr_assert_eq(toy_run_again(r), QP_OK);
    cr_assert_eq(r->result.end, QP_END_TIME);
    r->config.time_limit[0] = '\0';
    r->config.early_stopping = 2;
    cr_assert_eq(toy_run_again(r), QP_EUSAGE);
    r->config.early_stopping = 0;
    strcpy(r->config.freeze, "nothing.*");
    cr_assert_eq(toy_run_again(r), QP_EUSAGE);
    strcpy(r->config.freeze, "embedding,inner.*");
    toy *untouched = toy_new(9);
    cr_assert_eq(toy_run_again(r), QP_OK);
    cr_assert_eq(memcmp(qp_params_value(r->model->params, 0), qp_params_value(untouched->params, 0),
                        TOY_VOCABULARY * TOY_WIDTH * sizeof(qp_real)),
                 0);
    cr_assert_neq(memcmp(qp_params_value(r->model->params, 3), qp_params_value(untouched->params, 3),
                         TOY_VOCABULARY * TOY_WIDTH * sizeof(qp_real)),
                  0);
    toy_free(untouched);
    toy_run_free(r);
}

Test(trainer, the_log_says_when_plateau_cuts_the_rate_and_when_validation_gets_worse)
{
    toy_run *r = toy_run_new("plateau");
    const double bleu[] = {10, 9, 11, 8};
    memcpy(r->metric, bleu, sizeof bleu);
    r->trainer.hooks.measure = toy_run_measure;
    r->config.early_stopping_metric = QP_BY_BLEU;
    r->config.valid_freq = 2;
    r->config.steps = 8;
    r->schedule.lr_schedule = QP_SCHEDULE_PLATEAU;
    r->schedule.lr_patience = 0;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    size_t bytes;
    char *log = content(r->folder, "train.log", &bytes);
    cr_assert_not_null(strstr(log, "validation at update 2  bleu 10  (best so far)\n"), "%s", log);
    cr_assert_not_null(strstr(log, "bleu 9  (best: 10 at update 2)\nplateau: the learning rate is cut to 0.01\n"), "%s",
                       log);
    cr_assert_not_null(strstr(log, "bleu 8  (best: 11 at update 6)\nplateau: the learning rate is cut to 0.005\n"),
                       "%s", log);
    free(log);
    toy_run_free(r);
}
