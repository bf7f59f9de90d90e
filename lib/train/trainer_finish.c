#include <inttypes.h>
#include <stdlib.h>

#include "lib/train/trainer_internal.h"

/* The first of the validated models that the mean is of. A time limit may leave few of them, far apart: then those of
 * the last third of the run. */
static int first_averaged(const qp_run *run)
{
    const qp_run_state *s = &run->state;
    int average = (int)run->config->average, first = s->models > average ? s->models - average : 0;
    if (run->time_limit <= 0) return first;
    while (first < s->models - 1 && 3 * s->model[first] < 2 * s->update) first++;
    return first;
}

/* Puts the mean of the last validated models, or the best one, into params. */
static qp_status load_final(qp_run *run, int64_t *averaged)
{
    const qp_run_state *s = &run->state;
    const char *folder = run->trainer->folder;
    int count = run->config->average > 1 ? s->models - first_averaged(run) : 1;
    char(*path)[QP_RUN_PATH_BYTES] = calloc((size_t)count, sizeof *path);
    const char **list = calloc((size_t)count, sizeof *list);
    qp_status status = path && list ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", folder);
    for (int i = 0; status == QP_OK && i < count; i++) {
        list[i] = path[i];
        if (run->config->average > 1)
            qp_checkpoint_path(folder, "model", s->model[s->models - count + i], path[i], sizeof path[i]);
        else
            snprintf(path[i], sizeof path[i], "%s/best.safetensors", folder);
    }
    if (status == QP_OK && qp_run_writes(run)) status = qp_checkpoint_average(list, count, run->trainer->params);
    *averaged = count;
    free(path);
    free(list);
    return status;
}

/* Chooses the final weights among the validated models. */
static qp_status choose_validated(qp_run *run, int64_t *averaged)
{
    QP_TRY(qp_cluster_agree(run->trainer->cluster, load_final(run, averaged)));
    qp_run_equal_weights(run);
    if (*averaged == 1) {
        qp_run_note(run, "final model: the best one, of update %" PRId64, run->state.best_update);
        return QP_OK;
    }
    char what[64];
    qp_metrics metrics;
    QP_TRY(qp_run_measure(run, &metrics));
    snprintf(what, sizeof what, "mean of the last %d checkpoints", (int)*averaged);
    qp_run_note_metrics(run, what, &metrics, "");
    return QP_OK;
}

qp_status qp_run_finish(qp_run *run, int64_t *averaged)
{
    qp_trainer *t = run->trainer;
    *averaged = 1;
    if (run->state.models > 0)
        QP_TRY(choose_validated(run, averaged));
    else
        QP_TRY(qp_run_swap_mean(run));
    if (t->model_path && t->hooks.save_model && qp_cluster_rank(t->cluster) == 0)
        QP_TRY(t->hooks.save_model(t->hooks.self, t->model_path));
    return QP_OK;
}
