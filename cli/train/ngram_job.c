#include "cli/train/ngram_job.h"

#include <stdio.h>
#include <string.h>

#include "cli/evaluate/perplexity.h"
#include "lib/base/files/lock.h"
#include "lib/base/threads.h"
#include "lib/base/writer.h"
#include "lib/run/train_ngram.h"

static void show(void *unused, const char *line)
{
    (void)unused;
    fprintf(stderr, "%s\n", line);
}

static qp_status report_validation(const qp_train_settings *s, const qp_package *package)
{
    qp_perplexity sums;
    char *file = (char *)(uintptr_t)s->job.valid;
    if (!*file || strcmp(file, "none") == 0) return QP_OK;
    QP_TRY(qp_perplexity_measure(package, file, qp_threads_of(s->training.threads), &sums));
    if (!s->job.quiet)
        fprintf(stderr, "validation perplexity %.4f, %.4f bits per character, %lld tokens, %lld unknown\n",
                qp_perplexity_value(&sums), qp_perplexity_bits(&sums), (long long)sums.tokens, (long long)sums.unknown);
    return QP_OK;
}

qp_status qp_ngram_job_run(const qp_train_settings *s)
{
    qp_train_hooks hooks = {.note = s->job.quiet ? NULL : show};
    qp_package *package = NULL;
    qp_lock *lock;
    if (!*s->job.model) return qp_fail(QP_EUSAGE, "no model file to write; name it with -m FILE.safetensors");
    QP_TRY(qp_lock_take(s->job.model, &lock));
    qp_status status = qp_writer_check(s->job.model);
    if (status == QP_OK) status = qp_train_ngram(s, &hooks, &package);
    if (status == QP_OK) status = report_validation(s, package);
    if (status == QP_OK) status = qp_package_save(package, s->job.model);
    qp_package_free(package);
    qp_lock_release(lock);
    return status;
}
