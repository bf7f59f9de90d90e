#include "lib/quipu.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/threads.h"
#include "lib/package/decoding.h"
#include "lib/quipu_internal.h"

/* ---- packages ---- */

quipu_status quipu_open(const char *path, quipu_package **package)
{
    return (quipu_status)qp_package_open(path, true, package);
}

quipu_status quipu_save(const quipu_package *package, const char *path)
{
    return (quipu_status)qp_package_save(package, path);
}

void quipu_close(quipu_package *package) { qp_package_free(package); }

const char *quipu_task(const quipu_package *package)
{
    return qp_model_task_name(qp_model_config_of(package->model)->task);
}

size_t quipu_parameters(const quipu_package *package) { return qp_params_elements(qp_model_params(package->model)); }

quipu_status quipu_setting(const quipu_package *package, const char *name, char **value)
{
    char text[QP_FIELD_TEXT_BYTES + 100];
    const qp_field *field = qp_config_find(&qp_model_fields, name);
    *value = NULL;
    if (!field) return (quipu_status)qp_fail(QP_EUSAGE, "a model has no setting '%.60s'", name);
    *value = strdup(qp_config_get(field, qp_model_config_of(package->model), text, sizeof text));
    return (quipu_status)(*value ? QP_OK : qp_fail(QP_EMEMORY, "out of memory"));
}

const quipu_tokenizer *quipu_source_tokenizer(const quipu_package *package) { return package->source; }
const quipu_tokenizer *quipu_target_tokenizer(const quipu_package *package) { return package->target; }
int quipu_labels(const quipu_package *package) { return package->labels.count; }

const char *quipu_label(const quipu_package *package, int label)
{
    return label >= 0 && label < package->labels.count ? package->labels.text[label] : "";
}

/* ---- what all calls share ---- */

qp_status qp_quipu_options(const qp_package *package, const quipu_options *options,
                           const qp_field_table *const *table, void *const *object, int tables)
{
    for (int t = 0; t < tables; t++) {
        qp_config_defaults(table[t], object[t]);
        QP_TRY(qp_decoding_apply(package->decoding, table[t], object[t]));
    }
    if (!options) return QP_OK;
    if (options->size < sizeof *options) return qp_fail(QP_EUSAGE, "the size of quipu_options is not set; use sizeof");
    for (const char *const *option = options->option; option && option[0]; option += 2) {
        const qp_field *field = NULL;
        int t = 0;
        while (t < tables && !(field = qp_config_find(table[t], option[0]))) t++;
        if (!field) return qp_fail(QP_EUSAGE, "unknown option '%.60s'", option[0]);
        if (!option[1]) return qp_fail(QP_EUSAGE, "option %s has no value", option[0]);
        QP_TRY(qp_config_set(field, object[t], option[0], option[1]));
    }
    return QP_OK;
}

int qp_quipu_threads(const quipu_options *options) { return qp_threads_of(options ? options->threads : 0); }

int qp_quipu_batch(const quipu_options *options)
{
    enum { BATCH_SIZE = 64 };
    return options && options->batch_size > 0 ? options->batch_size : BATCH_SIZE;
}

qp_status qp_quipu_task(const qp_package *package, const char *what, const int *task)
{
    int is = (int)qp_model_config_of(package->model)->task;
    for (; *task >= 0; task++)
        if (*task == is) return QP_OK;
    return qp_fail(QP_EUSAGE, "%s: not for a model of task %s", what, quipu_task(package));
}

qp_line *qp_quipu_lines(const char *const *text, int count)
{
    qp_line *line = malloc(((size_t)count + 1) * sizeof *line);
    for (int i = 0; line && i < count; i++) line[i] = (qp_line){text[i], strlen(text[i])};
    if (!line) qp_fail(QP_EMEMORY, "out of memory for %d texts", count);
    return line;
}
