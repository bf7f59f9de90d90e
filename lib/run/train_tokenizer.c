#include "lib/run/train_tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/package/package.h"
#include "lib/run/train_folder.h"
#include "tokenizer/own/tokenizer_config.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/tokenizer_special.h"

/* The type of tokenizer with this name; -1: none. */
static int kind_of(const char *name)
{
    qp_tokenizer_config config;
    const qp_field *type = qp_config_find(&qp_tokenizer_fields, "type");
    return qp_config_set(type, &config, "--tokenizer", name) == QP_OK ? config.type : -1;
}

static bool is_model(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && strcmp(dot, ".safetensors") == 0;
}

/* One of a model's tokenizers; the rest of the model is freed. */
static qp_status take_from_model(const char *path, bool target, qp_tokenizer **tokenizer)
{
    qp_package *p;
    QP_TRY(qp_package_load(path, &p));
    *tokenizer = target || !p->source ? p->target : p->source;
    qp_package_set_tokenizers(p, p->source == *tokenizer ? NULL : p->source,
                              p->target == *tokenizer ? NULL : p->target);
    qp_package_free(p);
    return QP_OK;
}

static qp_status load(const qp_job_config *job, const qp_tokenizer_wish *wish, qp_tokenizer **tokenizer)
{
    QP_TRY(is_model(wish->name) ? take_from_model(wish->name, wish->target, tokenizer)
                                : qp_tokenizer_load(wish->name, tokenizer));
    qp_status status = qp_tokenizer_set_special(*tokenizer, job->special);
    if (status == QP_OK) status = qp_tokenizer_need_special(*tokenizer, wish->unknown, wish->mask);
    if (status == QP_OK) return QP_OK;
    qp_tokenizer_free(*tokenizer);
    *tokenizer = NULL;
    return qp_fail_in(status, wish->name);
}

/* The name of a type means learning; anything else is a file. */
static qp_status make(const qp_job_config *job, const qp_tokenizer_wish *wish, const qp_tokenizer_text *text,
                      qp_tokenizer **tokenizer)
{
    const char *name = wish->name;
    int kind = kind_of(name);
    if (kind < 0) {
        if (qp_file_exists(name)) return load(job, wish, tokenizer);
        if (strpbrk(name, "./")) return qp_fail(QP_ENOINPUT, "--tokenizer: %s: no such file", name);
        qp_tokenizer_config unused;
        return qp_config_set(qp_config_find(&qp_tokenizer_fields, "type"), &unused, "--tokenizer", name);
    }
    if (*job->special)
        return qp_fail(QP_EUSAGE, "--special names pieces of a file; leave it out, or give --tokenizer FILE");
    qp_tokenizer_config config;
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.type = kind;
    config.vocab_size = job->vocab_size;
    config.lower_case = job->lower_case;
    qp_tokenizer_report report = {.join = text->join};
    return qp_tokenizer_train(&config, text->next, text->self, &report, tokenizer);
}

qp_tokenizer_wish qp_train_wish(const qp_train_settings *s, const qp_train_data *data, const char *folder,
                                const char *side, bool target)
{
    double dropout = target ? s->model.word_dropout_tgt : s->model.word_dropout_src;
    return (qp_tokenizer_wish){.folder = folder,
                               .side = side,
                               .name = s->job.tokenizer,
                               .target = target,
                               .mask = s->model.task == QP_TASK_MLM,
                               .unknown = s->model.task == QP_TASK_TAG || dropout > 0,
                               .cluster = data->cluster};
}

/* Rank 0's, to all. */
static qp_status spread(qp_cluster *cluster, qp_tokenizer **tokenizer)
{
    bool leads = qp_cluster_rank(cluster) == 0;
    char *text = NULL;
    size_t bytes = 0;
    if (!cluster) return QP_OK;
    QP_TRY(qp_cluster_agree(cluster, leads ? qp_tokenizer_to_json(*tokenizer, &text, &bytes) : QP_OK));
    qp_cluster_broadcast(cluster, &bytes, sizeof bytes);
    if (!leads) text = malloc(bytes + 1);
    qp_status status = qp_cluster_agree(cluster, text ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for a tokenizer"));
    if (status == QP_OK) qp_cluster_broadcast(cluster, text, bytes);
    if (status == QP_OK && !leads) status = qp_tokenizer_from_json("rank 0's tokenizer", text, bytes, tokenizer);
    free(text);
    return qp_cluster_agree(cluster, status);
}

/* Read from the run's folder once the run has been saved; else made and written there. A session that ended before its
 * first save may have used other text or options. */
qp_status qp_train_tokenizer(const qp_job_config *job, const qp_tokenizer_wish *wish, const qp_tokenizer_text *text,
                             qp_tokenizer **tokenizer)
{
    char path[1100];
    *tokenizer = NULL;
    if (wish->folder) snprintf(path, sizeof path, "%s/tokenizer-%s.json", wish->folder, wish->side);
    bool found = wish->folder && qp_train_folder_begun(wish->folder) && qp_file_exists(path) &&
                 qp_tokenizer_load(path, tokenizer) == QP_OK;
    qp_cluster_broadcast(wish->cluster, &found, sizeof found);
    if (found) return spread(wish->cluster, tokenizer);
    QP_TRY(make(job, wish, text, tokenizer));
    qp_status status = wish->folder ? qp_tokenizer_save(*tokenizer, path) : QP_OK;
    if (status == QP_OK) return QP_OK;
    qp_tokenizer_free(*tokenizer);
    *tokenizer = NULL;
    return status;
}

void qp_train_print_special(const qp_tokenizer *tokenizer, FILE *stream)
{
    qp_text_buffer out = {0};
    if (qp_tokenizer_is_own(tokenizer)) return;
    qp_tokenizer_put_special(tokenizer, &out);
    if (!out.failed) fprintf(stream, "special    %.*s\n", (int)out.bytes, out.bytes ? out.text : "");
    qp_text_free(&out);
}
