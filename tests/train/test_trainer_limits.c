#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/file.h"
#include "lib/train/checkpoint.h"
#include "tests/train/toy_run.h"

/* When a run ends, what it counts on the way, what it warns of, and which files it leaves. */

static char notes[4096];

static void gather_note(void *self, const char *line)
{
    (void)self;
    strncat(notes, line, sizeof notes - strlen(notes) - 2);
    strcat(notes, "\n");
}

/* A run without files. */
static toy_run *new_run(void)
{
    toy_run *r = toy_run_new("limits");
    r->trainer.folder = r->trainer.model_path = NULL;
    r->trainer.hooks.note = gather_note;
    r->schedule.lr_warmup = 1;
    notes[0] = '\0';
    return r;
}

static void train(toy_run *r)
{
    notes[0] = '\0';
    cr_assert_eq(toy_run_again(r), QP_OK, "%s", qp_error_message());
}

/* Six batches in an epoch, of which --accum 4 makes updates of four and two. */
Test(trainer_limits, updates_and_epochs)
{
    static const struct {
        int64_t epochs, steps, accum, updates, whole_epochs;
        qp_trainer_end end;
    } known[] = {{2, 0, 1, 12, 2, QP_END_EPOCHS}, {2, 0, 4, 4, 2, QP_END_EPOCHS},  {0, 7, 1, 7, 2, QP_END_STEPS},
                 {0, 6, 1, 6, 1, QP_END_STEPS},   {0, 5, 4, 5, 3, QP_END_STEPS},   {0, 4, 4, 4, 2, QP_END_STEPS},
                 {3, 12, 1, 12, 2, QP_END_STEPS}, {2, 13, 1, 12, 2, QP_END_EPOCHS}, {1, 6, 1, 6, 1, QP_END_STEPS}};
    toy_run *r = new_run();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        r->config.epochs = known[i].epochs;
        r->config.steps = known[i].steps;
        r->config.accum = known[i].accum;
        train(r);
        cr_expect(r->result.updates == known[i].updates && r->result.epochs == known[i].whole_epochs,
                  "%zu: %d updates, %d epochs", i, (int)r->result.updates, (int)r->result.epochs);
        cr_expect_eq(r->result.end, known[i].end, "%zu", i);
        cr_expect(!r->result.validated && r->result.resumed_update == 0 && r->result.averaged == 1);
    }
    toy_run_free(r);
}

/* Every report of a run. */
typedef struct {
    qp_progress seen[40];
    int count;
} reports;

static void gather_report(void *self, const qp_progress *p)
{
    reports *all = self;
    cr_assert_lt(all->count, 40);
    all->seen[all->count++] = *p;
}

Test(trainer_limits, what_is_reported_on_the_way)
{
    reports all = {0};
    toy_run *r = new_run();
    r->on_progress = gather_report;
    r->watcher = &all;
    r->config.epochs = 4;
    r->config.steps = 18; /* 15 updates are 5 / 6 of them, and 15 / 24 of the epochs */
    r->config.disp_freq = 5;
    train(r);
    cr_assert_eq(all.count, 18);
    for (int i = 0; i < all.count; i++) {
        const qp_progress *p = &all.seen[i];
        cr_expect(p->update == i + 1 && p->epoch == 1 + i / 6 && p->batch == 1 + i % 6 && p->batches == 6, "%d", i);
        cr_expect_float_eq(p->done, (i + 1) / 18.0, 1e-12, "%d: %g", i, p->done);
        cr_expect_eq(p->shown, (i + 1) % 5 == 0, "%d", i);
        cr_expect(i + 1 < 18 ? p->left_seconds > 0 : p->left_seconds == 0, "%d: %g", i, p->left_seconds);
        cr_expect(p->tokens_per_second > 0 && p->elapsed_seconds > 0 && !p->smoothed && p->gradient_norm > 0);
        if (i > 0) cr_expect(p->target_tokens > p[-1].target_tokens && p->elapsed_seconds >= p[-1].elapsed_seconds);
    }
    cr_expect_eq(r->result.target_tokens, all.seen[17].target_tokens);
    cr_expect_float_eq(r->result.loss, all.seen[14].loss, 1e-12, "the last loss that was shown");
    int64_t tokens = all.seen[7].target_tokens;
    for (int more = 0; more < 2; more++) { /* ends with the update that reaches the tokens */
        all.count = 0;
        r->config.steps = 0;
        r->config.train_tokens = tokens + more;
        train(r);
        cr_expect(r->result.updates == 8 + more && r->result.end == QP_END_TOKENS, "%d", (int)r->result.updates);
        cr_expect_float_eq(all.seen[3].done, (double)all.seen[3].target_tokens / (double)(tokens + more), 1e-12);
    }
    all.count = 0;
    r->config.steps = 1000;
    r->config.train_tokens = 0;
    r->config.epochs = 2;
    r->config.label_smoothing = 0.1;
    train(r);
    for (int i = 0; i < 12; i++) cr_expect_float_eq(all.seen[i].done, (i + 1) / 12.0, 1e-12, "%d", i);
    cr_expect(all.seen[0].smoothed);
    toy_run_free(r);
}

static void warned(toy_run *r, const char *part)
{
    train(r);
    if (part)
        cr_expect(strstr(notes, part), "'%s' is not in: %s", part, notes);
    else
        cr_expect_null(strstr(notes, "warning"), "%s", notes);
}

Test(trainer_limits, plans_that_do_not_fit)
{
    toy_run *r = new_run();
    r->schedule.lr_warmup = 12;
    r->config.steps = 12;
    warned(r, "warning: --lr-warmup 12 does not end within the 12 updates of this run: the learning rate never reaches "
              "--lr; use --lr-warmup 1\n");
    r->schedule.lr_warmup = 11;
    warned(r, NULL);
    r->config.epochs = 1;
    warned(r, "--lr-warmup 11 does not end within the 6 updates");
    r->config.accum = 4;
    r->schedule.lr_warmup = 2;
    warned(r, "--lr-warmup 2 does not end within the 2 updates");
    r->config.accum = 1;
    r->config.epochs = 0;
    r->schedule.lr_schedule = QP_SCHEDULE_LINEAR;
    r->schedule.lr_total = 11;
    r->schedule.lr_min = 0.001;
    warned(r, "warning: the schedule ends after 11 updates, the run after 12: from there the learning rate stays at "
              "0.001; use --lr-total 12\n");
    r->schedule.lr_total = 12;
    warned(r, NULL);
    toy_run_free(r);
}

/* --average 4 of a run that validates after updates 7, 14, 21 and, as the last one, 22. */
Test(trainer_limits, fewer_validations_than_are_averaged)
{
    toy_run *r = new_run();
    r->trainer.valid = &r->valid;
    r->config.valid_freq = 7;
    r->config.average = 4;
    r->config.steps = 21;
    warned(r, NULL);
    r->trainer.asks_average = true;
    warned(r, "warning: --average 4: this run has only 3 validations to average; use a smaller --valid-freq or "
              "--average\n");
    r->config.steps = 22;
    warned(r, NULL);
    r->config.valid_freq = 0; /* after each epoch of 6 updates */
    warned(r, NULL);
    r->config.steps = 18;
    warned(r, "this run has only 3 validations");
    toy_run_free(r);
}

static bool exists(const toy_run *r, const char *kind, int64_t update)
{
    char path[400];
    return qp_file_exists(qp_checkpoint_path(r->folder, kind, update, path, sizeof path));
}

/* Saved are every fifth update, the validated ones and the last one; of these the last few remain. */
Test(trainer_limits, files_of_a_run)
{
    char path[400], *marker;
    size_t bytes;
    toy_run *r = toy_run_new("files");
    r->config.steps = 12;
    r->config.keep = 100;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    for (int u = 0; u <= 13; u++) cr_expect_eq(exists(r, "state", u), u == 5 || u == 10 || u == 12, "%d", u);
    snprintf(path, sizeof path, "%s/finished", r->folder);
    cr_assert_eq(qp_file_read(path, 100, &marker, &bytes), QP_OK);
    cr_expect_str_eq(marker, "update 12\n");
    free(marker);
    toy_run_free(r);
    r = toy_run_new("files");
    r->trainer.valid = &r->valid;
    r->config.valid_freq = 2;
    r->config.save_freq = 0;
    r->config.steps = 13;
    r->config.keep = 3;
    r->config.average = 2;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    for (int u = 0; u <= 14; u++) {
        bool validated = u <= 13 && u > 0 && (u % 2 == 0 || u == 13);
        cr_expect_eq(exists(r, "state", u), validated && u >= 10, "%d", u);
        cr_expect_eq(exists(r, "model", u), validated && u >= 6, "%d", u);
    }
    cr_expect(r->result.validated && r->result.averaged == 2);
    toy_run_free(r);
}

/* A validation at the end of a run that is continued later is none of those that are averaged. */
Test(trainer_limits, the_mean_of_a_continued_run)
{
    for (int average = 2; average < 5; average++) {
        toy_run *straight = toy_run_new("straight"), *raised = toy_run_new("raised");
        for (int i = 0; i < 2; i++) {
            toy_run *r = i ? raised : straight;
            r->trainer.valid = &r->valid;
            r->config.valid_freq = 4;
            r->config.average = average;
            r->config.steps = 16;
        }
        raised->config.steps = 10;
        cr_assert_eq(qp_trainer_run(&straight->trainer, &straight->result), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_trainer_run(&raised->trainer, &raised->result), QP_OK, "%s", qp_error_message());
        cr_expect_eq(raised->result.averaged, average < 3 ? average : 3);
        raised->config.steps = 16;
        cr_assert_eq(toy_run_again(raised), QP_OK, "%s", qp_error_message());
        cr_expect_eq(raised->result.averaged, average);
        size_t size = qp_params_size(straight->model->params) * sizeof(qp_real);
        cr_expect_eq(memcmp(qp_params_block(straight->model->params), qp_params_block(raised->model->params), size), 0,
                     "the mean of %d", average);
        toy_run_free(straight);
        toy_run_free(raised);
    }
}

/* What a stop says, with a folder and without. */
Test(trainer_limits, stops)
{
    for (int folder = 0; folder < 2; folder++) {
        toy_run *r = folder ? toy_run_new("stops") : new_run();
        char wanted[100];
        r->config.steps = 30;
        r->stop_at = 7;
        cr_assert_eq(toy_run_again(r), QP_ESTOPPED);
        snprintf(wanted, sizeof wanted, "stopped after update 7%s",
                 folder ? "; everything is saved, the same command resumes from here" : "");
        cr_expect_str_eq(qp_error_message(), wanted);
        cr_expect_eq(r->result.updates, 7);
        if (folder) cr_expect(exists(r, "state", 7));
        toy_run_free(r);
    }
}

Test(trainer_limits, frozen_parameters)
{
    toy_run *r = new_run();
    r->config.steps = 3;
    strcpy(r->config.freeze, "x*");
    cr_expect_eq(toy_run_again(r), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(), "--freeze: 'x*' matches no parameter; `quipu info` lists their names");
    strcpy(r->config.freeze, "inner.*,*e*");
    cr_expect_eq(toy_run_again(r), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(), "--freeze: 'inner.*,*e*' matches every parameter; `quipu info` lists their "
                                         "names");
    strcpy(r->config.freeze, "inner.*,*.bias");
    train(r);
    toy *untouched = toy_new(9);
    for (int i = 0; i < qp_params_count(untouched->params); i++) {
        const qp_parameter *p = qp_params_at(untouched->params, i);
        bool same = memcmp(qp_params_value(untouched->params, i), qp_params_value(r->model->params, i),
                           (size_t)p->rows * (size_t)p->columns * sizeof(qp_real)) == 0;
        cr_expect_eq(same, strcmp(p->name, "embedding") != 0 && strcmp(p->name, "outer.weight") != 0, "%s", p->name);
    }
    toy_free(untouched);
    toy_run_free(r);
}

/* A run that starts over does not read what the folder holds. */
Test(trainer_limits, starting_over)
{
    toy_run *r = toy_run_new("over"), *fresh = toy_run_new("fresh");
    r->config.steps = 7;
    cr_assert_eq(qp_trainer_run(&r->trainer, &r->result), QP_OK, "%s", qp_error_message());
    r->config.steps = fresh->config.steps = 12;
    r->trainer.start_over = true;
    cr_assert_eq(toy_run_again(r), QP_OK, "%s", qp_error_message());
    cr_assert_eq(toy_run_again(fresh), QP_OK, "%s", qp_error_message());
    cr_expect(r->result.resumed_update == 0 && r->result.updates == 12);
    size_t size = qp_params_size(r->model->params) * sizeof(qp_real);
    cr_expect_eq(memcmp(qp_params_block(r->model->params), qp_params_block(fresh->model->params), size), 0);
    toy_run_free(r);
    toy_run_free(fresh);
}

static void wait_a_little(void *self)
{
    (void)self;
    nanosleep(&(struct timespec){.tv_nsec = 40000000}, NULL);
}

/* 40 ms an update and six updates a pass: ten at most in 0.4 s. Said once, and not of a run that ends before. */
Test(trainer_limits, a_time_limit_that_leaves_few_passes)
{
    toy_run *r = new_run();
    r->on_batch = wait_a_little;
    r->config.epochs = 1000;
    strcpy(r->config.time_limit, "0.4s");
    train(r);
    cr_assert_eq(r->result.end, QP_END_TIME);
    int updates = 0;
    double passes = 0;
    const char *note = strstr(notes, "at this speed --time-limit 0.4s ends");
    cr_assert(note, "%s", notes);
    sscanf(note, "at this speed --time-limit 0.4s ends after about %d updates, %lf", &updates, &passes);
    cr_expect(updates >= 1 && updates <= 10, "%d updates", updates);
    cr_expect_float_eq(passes, updates / 6.0, 0.15, "%d updates, %g passes", updates, passes);
    cr_expect_null(strstr(note + 1, "at this speed"));

    strcpy(r->config.time_limit, "1.5s");
    r->config.steps = 4; /* the limit is not what ends the run */
    train(r);
    cr_expect_eq(r->result.end, QP_END_STEPS);
    cr_expect_null(strstr(notes, "at this speed"), "%s", notes);
    toy_run_free(r);
}
