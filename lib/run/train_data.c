#include "lib/run/train_data.h"

#include <stdlib.h>

#include "lib/base/files/file_list.h"

qp_status qp_train_data_begin(qp_train_data *data)
{
    *data = (qp_train_data){0};
    return qp_package_new(&data->package);
}

void qp_train_data_free(qp_train_data *data)
{
    qp_validation_free(&data->translations);
    qp_scheduled_sampling_free(data->scheduled_sampling);
    qp_stream_free(data->stream);
    qp_text_index_free(&data->index);
    for (int part = 0; part < QP_PARTS; part++) {
        qp_text_batches_free(data->text_batches[part]);
        qp_tbptt_batches_free(data->tbptt_batches[part]);
        qp_masking_free(data->masking[part]);
        qp_series_windows_free(data->series_windows[part]);
        qp_image_batches_free(data->image_batches[part]);
        qp_images_free(&data->images[part]);
        qp_corpus_free(&data->corpus[part]);
        qp_conll_free(data->conll[part]);
        qp_series_free(&data->series[part]);
    }
    free(data->share);
    qp_label_sets_free(&data->sets);
    qp_package_free(data->package);
    *data = (qp_train_data){0};
}

/* ---- which lines a pass reads ---- */

/* The list whose files a corpus numbers (qp_text_pairs_file). */
static const char *numbered(const qp_text_files *files) { return files->source ? files->source : files->target; }

bool qp_train_shares(const qp_train_data *data)
{
    const char *names = numbered(&data->files[QP_TRAINING]);
    return names && qp_file_list_shares(names);
}

qp_status qp_train_shares_check(const qp_job_config *job, const char *what)
{
    const char *valid[] = {job->valid, job->valid_src, job->valid_tgt};
    for (int i = 0; i < 3; i++)
        if (qp_file_list_shares(valid[i]))
            return qp_fail(QP_EUSAGE, "%s: validation reads each line once; leave the share out", valid[i]);
    bool sources = qp_file_list_shares(job->train_src);
    if (*job->train_src && !sources && qp_file_list_shares(job->train_tgt))
        return qp_fail(QP_EUSAGE, "%s: shares belong to the files of --train-src; give them there", job->train_tgt);
    if (!what || (!sources && !qp_file_list_shares(job->train))) return QP_OK;
    return qp_fail(QP_EUSAGE, "--train FILE:SHARE draws single lines, and %s; leave the shares out", what);
}

/* All labels that occur alike. */
static qp_status balance(qp_train_data *data, qp_batcher_options *o)
{
    o->group = data->corpus[QP_TRAINING].target.id; /* one label each */
    o->groups = data->package->labels.count;
    data->share = malloc(((size_t)o->groups + 1) * sizeof *data->share);
    if (!data->share) return qp_fail(QP_EMEMORY, "out of memory for the shares of the labels");
    for (int i = 0; i < o->groups; i++) data->share[i] = 1;
    return QP_OK;
}

/* From the number of a file to that of its name in the list, which a pattern's files have together. */
static qp_status share_files(qp_train_data *data, qp_batcher_options *o)
{
    qp_corpus *corpus = &data->corpus[QP_TRAINING];
    qp_file_list list;
    QP_TRY(qp_file_list_of(numbered(&data->files[QP_TRAINING]), &list));
    for (int64_t i = 0; i < corpus->sequences; i++) corpus->file[i] = list.item[corpus->file[i]];
    data->share = list.share;
    list.share = NULL;
    o->group = corpus->file;
    o->groups = list.items;
    qp_file_list_free(&list);
    return QP_OK;
}

static qp_status check_weights(const qp_train_settings *s)
{
    const qp_model_config *m = &s->model;
    bool plain = m->loss == QP_OBJECTIVE_AUTO || m->loss == QP_OBJECTIVE_CROSS_ENTROPY;
    if (*s->job.train_weights && (!plain || m->mixup > 0 || m->multi_label || *s->job.teacher))
        return qp_fail(QP_EUSAGE, "--train-weights need --loss cross-entropy without --mixup, --multi-label and "
                                  "--teacher; leave one of them out");
    if (s->job.balanced_sampling && m->multi_label)
        return qp_fail(QP_EUSAGE, "--balanced-sampling draws texts by their one label; leave --multi-label out");
    return QP_OK;
}

qp_status qp_train_sampling(const qp_train_settings *settings, qp_train_data *data, qp_batcher_options *options)
{
    const qp_job_config *job = &settings->job;
    bool shares = data->corpus[QP_TRAINING].file != NULL;
    options->curriculum = job->curriculum;
    QP_TRY(check_weights(settings));
    if (shares && job->balanced_sampling)
        return qp_fail(QP_EUSAGE, "--balanced-sampling draws by labels, --train FILE:SHARE by files; leave one of them "
                                  "out");
    if (job->balanced_sampling) QP_TRY(balance(data, options));
    if (shares) QP_TRY(share_files(data, options));
    options->share = data->share;
    return QP_OK;
}
