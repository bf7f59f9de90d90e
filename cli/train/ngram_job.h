#ifndef QP_NGRAM_JOB_H
#define QP_NGRAM_JOB_H

#include "lib/run/settings/train_settings.h"

/* qp_ngram_job_run — `train --decoder ngram` on the command line: train, report the perplexity of --valid on stderr,
 * save to settings->job.model.   Errors  those of qp_train_ngram, qp_perplexity_measure and qp_package_save. */
qp_status qp_ngram_job_run(const qp_train_settings *settings);

#endif
