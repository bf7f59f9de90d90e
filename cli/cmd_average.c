#include <stdio.h>

#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "lib/base/files/lock.h"
#include "lib/package/model_average.h"

#define QP_AVERAGE_FIELDS(X) X(TEXT, output, "", 0, 0, "FILE", "the model file to write")

typedef struct {
    QP_AVERAGE_FIELDS(QP_FIELD_DECLARE)
} average_config;

static QP_FIELD_TABLE(table, "average", average_config, QP_AVERAGE_FIELDS);
static average_config config;

static const qp_option_group groups[] = {{&table, &config}};
static const qp_option_alias aliases[] = {{'o', "output"}};
static const qp_command average = {
    .name = "average",
    .summary = "mean of several checkpoints",
    .usage = "-o MODEL CHECKPOINT...",
    .notes = "Checkpoints of one run, such as MODEL.run/model-*.safetensors. Configuration and tokenizers are the "
             "first one's.",
    .group = groups,
    .group_count = 1,
    .alias = aliases,
    .alias_count = 1,
    .takes_files = true,
};

static qp_status run(void *self, const qp_options *options)
{
    (void)self;
    if (!*config.output) return qp_fail(QP_EUSAGE, "no model file to write; name it with -o MODEL");
    if (options->file_count < 1)
        return qp_fail(QP_EUSAGE, "no checkpoints to average; name them, such as MODEL.run/model-*.safetensors");
    qp_lock *lock;
    QP_TRY(qp_lock_take(config.output, &lock));
    qp_status status = qp_model_average(config.output, (const char *const *)options->file, options->file_count);
    qp_lock_release(lock);
    return status;
}

int qp_cmd_average(int argc, char **argv) { return qp_options_run(&average, argc, argv, run, NULL); }
