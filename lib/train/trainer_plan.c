#include <inttypes.h>
#include <math.h>

#include "lib/train/trainer_internal.h"

/* Updates of the whole run, by the limits on epochs and steps; 0: unknown. */
static int64_t planned_updates(const qp_run *run)
{
    const qp_training_config *c = run->config;
    int64_t by_epochs = run->epochs * ((run->batches + c->accum - 1) / c->accum);
    if (c->steps > 0 && (by_epochs == 0 || c->steps < by_epochs)) return c->steps;
    return by_epochs;
}

static int64_t planned_validations(const qp_run *run, int64_t updates)
{
    int64_t each = run->config->valid_freq, epoch = (run->batches + run->config->accum - 1) / run->config->accum;
    if (each == 0) each = epoch;
    return updates / each + (updates % each != 0); /* the last weights are validated too */
}

void qp_run_check_plan(qp_run *run)
{
    const qp_schedule_config *s = &run->schedule;
    int64_t updates = planned_updates(run);
    if (updates <= 0 || run->batches <= 0) return;
    if (run->trainer->asks_average && qp_run_validates(run) &&
        run->config->average > planned_validations(run, updates))
        qp_run_note(run,
                    "warning: --average %" PRId64 ": this run has only %" PRId64
                    " validations to average; use a smaller --valid-freq or --average",
                    run->config->average, planned_validations(run, updates));
    if (qp_schedule_warms(s) && s->lr_warmup >= updates)
        qp_run_note(run,
                    "warning: --lr-warmup %" PRId64 " does not end within the %" PRId64
                    " updates of this run: the learning rate never reaches --lr; use --lr-warmup %" PRId64,
                    s->lr_warmup, updates, updates / 10);
    if (qp_schedule_ends(s) && s->lr_total < updates)
        qp_run_note(run,
                    "warning: the schedule ends after %" PRId64 " updates, the run after %" PRId64
                    ": from there the learning rate stays at %.3g; use --lr-total %" PRId64,
                    s->lr_total, updates, qp_schedule_rate(s, &run->plateau, s->lr_total), updates);
}

void qp_run_check_time(qp_run *run)
{
    static const double measured = 0.03, few_passes = 2; /* what shows the speed, as a share of the limit */
    const qp_run_state *s = &run->state;
    if (run->time_checked || run->time_limit <= 0 || run->session.seconds < measured * run->time_limit) return;
    run->time_checked = true;
    double left = run->time_limit - (qp_run_clock() - run->started);
    double updates = (double)s->update + left * (double)(s->update - run->first_update) / run->session.seconds;
    double passes = (double)(s->epoch - 1) + fmin(1, (double)s->batch / (double)run->batches);
    passes *= updates / (double)s->update;
    if (passes >= few_passes || qp_run_share_done(run) * updates >= (double)s->update) return;
    qp_run_note(run,
                "at this speed --time-limit %s ends after about %.0f updates, %.1f passes over the training data: more "
                "time, fewer examples or a smaller model would allow more passes",
                run->config->time_limit, updates, passes);
}
