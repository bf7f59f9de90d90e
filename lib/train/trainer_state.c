#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "lib/base/name_list.h"
#include "lib/train/trainer_internal.h"

double qp_run_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void qp_run_note(qp_run *run, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (run->trainer->hooks.note) run->trainer->hooks.note(run->trainer->hooks.self, line);
    if (run->log) {
        fprintf(run->log, "%s\n", line);
        fflush(run->log);
    }
}

bool qp_run_frozen(const void *run, const char *name)
{
    return qp_name_matches(((const qp_run *)run)->config->freeze, name);
}

bool qp_run_writes(const qp_run *run) { return run->trainer->folder && qp_cluster_rank(run->trainer->cluster) == 0; }

bool qp_run_validates(const qp_run *run) { return run->trainer->valid || run->trainer->hooks.measure; }

double qp_run_share_done(const qp_run *run)
{
    const qp_training_config *c = run->config;
    const qp_run_state *s = &run->state;
    double share = 0;
    if (c->steps > 0) share = fmax(share, (double)s->update / (double)c->steps);
    if (c->train_tokens > 0) share = fmax(share, (double)s->target_tokens / (double)c->train_tokens);
    if (run->epochs > 0) {
        double inside = run->batches > 0 ? fmin(1, (double)s->batch / (double)run->batches) : 0;
        share = fmax(share, ((double)(s->epoch - 1) + inside) / (double)run->epochs);
    }
    return share;
}

double qp_run_time_share(const qp_run *run)
{
    static const double usable = 0.97;
    if (run->time_limit <= 0) return 0;
    double share = (qp_run_clock() - run->started) / (usable * run->time_limit);
    qp_cluster_broadcast(run->trainer->cluster, &share, sizeof share);
    return share;
}

bool qp_run_at_end(const qp_run *run, qp_trainer_end *end)
{
    const qp_training_config *c = run->config;
    const qp_run_state *s = &run->state;
    if (c->early_stopping > 0 && s->bad_validations >= c->early_stopping) return *end = QP_END_EARLY, true;
    if (c->steps > 0 && s->update >= c->steps) return *end = QP_END_STEPS, true;
    if (c->train_tokens > 0 && s->target_tokens >= c->train_tokens) return *end = QP_END_TOKENS, true;
    if (run->epochs > 0 && s->epoch > run->epochs) return *end = QP_END_EPOCHS, true;
    if (qp_run_time_share(run) >= 1) return *end = QP_END_TIME, true;
    return false;
}

qp_status qp_run_save(qp_run *run)
{
    const char *folder = run->trainer->folder;
    qp_run_state *s = &run->state;
    if (!folder) return QP_OK;
    QP_TRY(qp_run_join_states(run));
    run->saved_update = s->update;
    if (!qp_run_writes(run)) return QP_OK;
    s->seconds = qp_run_clock() - run->started;
    s->plateau_rate = run->plateau.rate;
    s->plateau_best = run->plateau.best;
    s->plateau_bad = run->plateau.bad;
    s->plateau_rest = run->plateau.rest;
    s->plateau_seen = run->plateau.seen;
    QP_TRY(qp_checkpoint_save(&run->checkpoint, s));
    qp_optimizer_forget_others(run->optimizer);
    qp_checkpoint_prune(folder, "state", s->update, run->config->keep);
    qp_checkpoint_prune(folder, "model", s->update, run->config->average + run->config->keep);
    return QP_OK;
}
