#define _GNU_SOURCE
#include "cli/train/train_job.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/base/ranks.h"
#include "cli/base/signals.h"
#include "cli/base/text.h"
#include "cli/train/dry_run.h"
#include "lib/base/threads.h"

enum { HANG = 11 }; /* notes begin with a word in a column of this width */

typedef struct {
    const qp_train_settings *settings;
    FILE *log;      /* --log; NULL: none */
    bool live;      /* the progress line is rewritten in place */
    bool line_open; /* the terminal shows it, without a line end */
} job;

static void end_line(job *j)
{
    if (j->line_open) fputc('\n', stderr);
    j->line_open = false;
}

static void log_line(job *j, const char *line)
{
    if (!j->log) return;
    fprintf(j->log, "%s\n", line);
    fflush(j->log);
}

static void show_progress(void *self, const qp_progress *progress)
{
    job *j = self;
    char text[256];
    qp_progress_line(progress, 0, text, sizeof text);
    if (progress->shown) log_line(j, text);
    if (j->settings->job.quiet) return;
    if (j->live) {
        fprintf(stderr, "\r\033[K%s", qp_progress_line(progress, qp_text_columns(stderr) - 1, text, sizeof text));
        fflush(stderr);
        j->line_open = true;
        if (progress->shown) end_line(j);
    } else if (progress->shown) {
        fprintf(stderr, "%s\n", text);
    }
}

static void show_note(void *self, const char *line)
{
    job *j = self;
    log_line(j, line);
    if (j->settings->job.quiet) return;
    if (j->live) fputs("\r\033[K", stderr);
    j->line_open = false;
    qp_text_note(stderr, line, HANG);
}

static void show_data(void *self, const qp_train_data *data, const qp_train_task *task)
{
    job *j = self;
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = j->live && !j->settings->job.quiet ? open_memstream(&text, &bytes) : NULL;
    if (memory) {
        task->print(data, memory);
        if (fclose(memory) == 0) qp_text_wrap(stderr, text, HANG);
        free(text);
    } else if (!j->settings->job.quiet) {
        task->print(data, stderr);
    }
    if (j->log) task->print(data, j->log);
}

static qp_status open_log(void *self)
{
    job *j = self;
    const char *path = j->settings->job.log;
    if (!*path) return QP_OK;
    j->log = fopen(path, "a");
    return j->log ? QP_OK
                  : qp_fail(qp_status_of_errno(QP_ECREATE), "--log: %s: cannot be written: %s", path, strerror(errno));
}

static qp_status close_log(job *j, qp_status status)
{
    if (!j->log) return status;
    char message[512];
    snprintf(message, sizeof message, "%s", qp_error_message());
    bool lost = ferror(j->log) != 0;
    lost = fclose(j->log) != 0 || lost;
    if (status != QP_OK) return qp_fail(status, "%s", message);
    return lost ? qp_fail(QP_EIO, "--log: %s: writing failed", j->settings->job.log) : QP_OK;
}

/* A dry run changes the weights of its model, but saves nothing. */
static qp_status run_or_report(qp_train_run *run, qp_trainer_result *result)
{
    if (!run->settings->job.dry_run) return qp_trainer_run(&run->trainer, result);
    return qp_dry_run(run);
}

static void show_ranks(job *j)
{
    char line[160];
    int threads = qp_threads_of(j->settings->training.threads);
    snprintf(line, sizeof line, "cluster    %d ranks of %d thread%s  (%s)", qp_cluster_ranks(qp_ranks()), threads,
             threads == 1 ? "" : "s", qp_cluster_library());
    show_note(j, line);
}

/* Ends all ranks, because one is silent; on the thread that watches. */
static void end_all(const char *message)
{
    int code = qp_report(qp_fail(QP_EIO, "%s", message));
    qp_cluster_abort(qp_ranks(), code);
}

/* Rank 0 alone reports. */
static void keep_silent(qp_train_hooks *hooks)
{
    hooks->begun = NULL;
    hooks->read = NULL;
    hooks->progress = NULL;
    hooks->note = NULL;
}

qp_status qp_train_job_run(qp_train_settings *settings, qp_trainer_result *result)
{
    job j = {.settings = settings};
    qp_train_hooks hooks = {.self = &j,
                            .begun = open_log,
                            .read = show_data,
                            .progress = show_progress,
                            .note = show_note,
                            .stop = qp_signals_flag()};
    qp_train_run run;
    bool dry = settings->job.dry_run != 0, leads = qp_cluster_rank(qp_ranks()) == 0;
    int live = settings->job.progress;
    *result = (qp_trainer_result){0};
    if (dry && !leads) return QP_OK;
    if (qp_ranks()) settings->training.threads = qp_ranks_threads((int)settings->training.threads);
    if (!dry && qp_ranks()) {
        hooks.cluster = qp_ranks();
        qp_cluster_watch(qp_ranks(), (int)settings->job.rank_timeout, end_all);
        if (!leads) keep_silent(&hooks);
        if (leads) show_ranks(&j);
    }
    j.live = live == QP_PROGRESS_ALWAYS || (live == QP_PROGRESS_AUTO && isatty(STDERR_FILENO));
    qp_status status = qp_train_run_prepare(&run, settings, !dry, &hooks);
    if (!dry)
        qp_signals_watch(); /* from here on there is something to save; before, a signal ends the program at once */
    if (status == QP_OK) status = run_or_report(&run, result);
    end_line(&j);
    status = close_log(&j, status);
    qp_train_run_free(&run);
    return status;
}
