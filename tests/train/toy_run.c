#include "tests/train/toy_run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/store/safetensors.h"
#include "tests/train/allocations.h"

static qp_status train_begin(void *self, int64_t epoch, int64_t *count)
{
    ((toy_run *)self)->epoch = epoch;
    *count = TOY_BATCHES;
    return QP_OK;
}

static qp_status train_get(void *self, int64_t number, int slot, qp_batch *batch)
{
    toy_run *r = self;
    toy_batch *b = &r->batch[slot % 2][number];
    if (r->on_batch) r->on_batch(r->watcher);
    toy_batch_fill(b, 20 + (int)number, qp_random_key((uint64_t)r->epoch, (uint64_t)number));
    *batch = b->batch;
    return QP_OK;
}

static qp_status valid_begin(void *self, int64_t epoch, int64_t *count)
{
    (void)self;
    (void)epoch;
    *count = 1;
    return QP_OK;
}

static qp_status valid_get(void *self, int64_t number, int slot, qp_batch *batch)
{
    toy_run *r = self;
    (void)number;
    (void)slot;
    toy_batch_fill(&r->valid_batch, 30, 12345);
    *batch = r->valid_batch.batch;
    return QP_OK;
}

qp_status toy_run_measure(void *self, int threads, qp_metrics *metrics)
{
    toy_run *r = self;
    (void)threads;
    if (r->on_measure) {
        r->on_measure(r->watcher, metrics);
        return QP_OK;
    }
    qp_metrics_add(metrics, "bleu", r->metric[r->validations++]);
    return QP_OK;
}

static qp_status save_model(void *self, const char *path)
{
    toy_run *r = self;
    qp_safetensors_writer *w = qp_safetensors_writer_new();
    for (int i = 0; i < qp_params_count(r->model->params); i++) {
        const qp_parameter *p = qp_params_at(r->model->params, i);
        int64_t shape[] = {p->rows, p->columns};
        qp_safetensors_writer_add(w, p->name, QP_DTYPE_REAL, 2, shape, qp_params_value(r->model->params, i));
    }
    r->saves++;
    return qp_safetensors_writer_save(w, path);
}

static void progress(void *self, const qp_progress *p)
{
    toy_run *r = self;
    r->shown += p->shown;
    if (p->update == 10 * TOY_BATCHES) r->left_at_half = p->left_seconds;
    if (r->on_progress) r->on_progress(r->watcher, p);
    if (p->update == 5) r->allocations_from = allocations();
    if (p->update > 5) r->allocations_to = allocations();
    if (r->stop_at && p->update >= r->stop_at) r->stop = 1;
}

static void note(void *self, const char *line)
{
    toy_run *r = self;
    r->notes++;
    snprintf(r->last_note, sizeof r->last_note, "%s", line);
}

toy_run *toy_run_new(const char *name)
{
    toy_run *r = calloc(1, sizeof *r);
    r->model = toy_new(9);
    r->model->dropout = (qp_real)0.2;
    qp_config_defaults(&qp_training_fields, &r->config);
    qp_config_defaults(&qp_optimizer_fields, &r->optimizer);
    qp_config_defaults(&qp_schedule_fields, &r->schedule);
    r->schedule.lr = 0.02;
    r->schedule.lr_warmup = 5;
    r->config.shard_rows = 64;
    r->config.disp_freq = 4;
    r->config.save_freq = 5;
    r->config.threads = 2;
    r->train = (qp_batch_source){.self = r, .begin = train_begin, .get = train_get};
    r->valid = (qp_batch_source){.self = r, .begin = valid_begin, .get = valid_get};
    snprintf(r->folder, sizeof r->folder, "/tmp/quipu-test-%d-%s", (int)getpid(), name);
    snprintf(r->path, sizeof r->path, "%s/final.safetensors", r->folder);
    qp_file_remove_tree(r->folder);
    r->trainer = (qp_trainer){.params = r->model->params,
                              .loss = {r->model, toy_loss},
                              .train = &r->train,
                              .config = &r->config,
                              .optimizer = &r->optimizer,
                              .schedule = &r->schedule,
                              .folder = r->folder,
                              .model_path = r->path,
                              .fingerprint = "toy",
                              .hooks = {.self = r,
                                        .save_model = save_model,
                                        .progress = progress,
                                        .note = note,
                                        .stop = &r->stop}};
    return r;
}

void toy_run_free(toy_run *r)
{
    qp_file_remove_tree(r->folder);
    toy_free(r->model);
    free(r);
}

qp_status toy_run_again(toy_run *r)
{
    toy_free(r->model);
    r->model = toy_new(9);
    r->model->dropout = (qp_real)0.2;
    r->trainer.params = r->model->params;
    r->trainer.loss.self = r->model;
    r->stop = 0;
    return qp_trainer_run(&r->trainer, &r->result);
}
