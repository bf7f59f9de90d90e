#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "lib/base/files/lock.h"
#include "lib/model/model_file.h"
#include "lib/package/package.h"

/* merge — an adapter (train --lora) and the model that it adapts, made one model file. */
#define MERGE_FIELDS(X)                                                                                                \
    X(TEXT, model, "", 0, 0, "FILE", "the adapter")                                                                    \
    X(TEXT, output, "", 0, 0, "FILE", "the model file to write (.safetensors)")

typedef struct {
    MERGE_FIELDS(QP_FIELD_DECLARE)
} merge_options;

static QP_FIELD_TABLE(table, "merge", merge_options, MERGE_FIELDS);

/* Is it an adapter? Its base is found by qp_package_load, which names it when it is missing. */
static qp_status check(const char *path)
{
    qp_model_texts texts;
    QP_TRY(qp_model_file_texts(path, &texts));
    bool adapter = texts.base != NULL;
    qp_model_texts_free(&texts);
    return adapter ? QP_OK : qp_fail(QP_EDATA, "%s: not an adapter; quipu train --lora makes one", path);
}

static qp_status run(void *self, const qp_options *options)
{
    const merge_options *o = self;
    qp_package *package;
    qp_lock *lock;
    if (options->file_count > 0) return qp_fail(QP_EUSAGE, "merge: takes no files; name the adapter with -m");
    if (!*o->model) return qp_fail(QP_EUSAGE, "merge: no adapter; name it with -m ADAPTER.safetensors");
    if (!*o->output) return qp_fail(QP_EUSAGE, "merge: no model file to write; name it with -o MODEL.safetensors");
    QP_TRY(check(o->model));
    QP_TRY(qp_lock_take(o->output, &lock));
    qp_status status = qp_package_load(o->model, &package);
    if (status == QP_OK) {
        status = qp_package_save(package, o->output);
        qp_package_free(package);
    }
    qp_lock_release(lock);
    return status;
}

int qp_cmd_merge(int argc, char **argv)
{
    merge_options o;
    const qp_option_group group[] = {{&table, &o}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'o', "output"}};
    const qp_command command = {
        .name = "merge",
        .summary = "make one model of an adapter and its base",
        .usage = "-m ADAPTER -o MODEL",
        .notes = "train --init-from BASE --lora RANK writes an adapter: the weights that were trained, and the name of "
                 "BASE.\nEvery command reads an adapter if BASE is where it was, or beside the adapter; a merged model "
                 "needs no other file.",
        .group = group,
        .group_count = 1,
        .alias = alias,
        .alias_count = 2,
        .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &o);
}
