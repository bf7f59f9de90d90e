#include <limits.h>
#include <stdio.h>

#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/ranks.h"
#include "cli/base/text.h"
#include "cli/train/ngram_job.h"
#include "cli/train/train_job.h"
#include "lib/run/settings/option_uses.h"
#include "lib/run/settings/presets.h"

static qp_train_settings settings;

static const qp_option_group groups[] = {
    {&qp_job_fields, &settings.job},           {&qp_model_fields, &settings.model},
    {&qp_training_fields, &settings.training}, {&qp_optimizer_fields, &settings.optimizer},
    {&qp_schedule_fields, &settings.schedule}, {&qp_ngram_fields, &settings.ngram},
};

static const qp_option_alias aliases[] = {{'m', "model"}, {'t', "threads"}, {'q', "quiet"}};

static const char *const main_options[] = {"model",   "task",      "train_src", "train_tgt", "valid_src",  "valid_tgt",
                                           "train",   "valid",     "preset",    "tokenizer", "vocab_size", "encoder",
                                           "decoder", "layers",    "emb_size",  "lr",        "epochs",     "time_limit",
                                           "dry_run", "overwrite", NULL};

static void print_presets(void)
{
    const qp_preset *preset;
    qp_text_wrap(stdout, "\npresets (--preset NAME); options that are given override them", 0);
    for (int i = 0; (preset = qp_preset_at(i)); i++) {
        char left[80];
        snprintf(left, sizeof left, "    %s", preset->name);
        qp_text_row(stdout, left, preset->source);
    }
}

static const qp_command train = {
    .name = "train",
    .summary = "train a model",
    .usage = "[CONFIG.yaml] [options] -m FILE.safetensors",
    .notes =
        "The same command again resumes the run where it stopped. Equal command, data and seed give an equal model "
        "file, byte for byte, with any number of --threads.",
    .main_option = main_options,
    .help_end = print_presets,
    .group = groups,
    .group_count = sizeof groups / sizeof groups[0],
    .alias = aliases,
    .alias_count = sizeof aliases / sizeof aliases[0],
    .takes_config = true,
};

static bool given(const void *options, const char *name) { return qp_options_given(options, name); }

/* What the user decided, which no default replaces. A run writes all options into its configuration: layers 0 there
 * stands for --enc-layers and --dec-layers. */
static bool decided(const void *options, const char *name)
{
    bool left_open = strcmp(name, "layers") == 0 && settings.job.layers == 0;
    return qp_options_given(options, name) || (!left_open && qp_options_configured(options, name));
}

/* The preset replaces the defaults; the configuration file and the command line override it. */
static qp_status apply_preset(qp_options *options)
{
    const qp_preset *preset;
    char text[1000];
    if (!*settings.job.preset) return QP_OK;
    QP_TRY(qp_preset_find(settings.job.preset, &preset));
    qp_train_defaults(&settings);
    QP_TRY(qp_preset_apply(preset, &settings));
    QP_TRY(qp_options_config(options));
    QP_TRY(qp_options_apply(options));
    qp_preset_describe(preset, text, sizeof text);
    if (!settings.job.quiet && qp_cluster_rank(qp_ranks()) == 0) fprintf(stderr, "%s\n", text);
    return QP_OK;
}

static bool configured(const void *options, const char *name) { return qp_options_configured(options, name); }

/* An option on the command line that nothing reads is a mistake, one of a configuration file is worth a warning: a run
 * writes all of them. Those of n-grams are checked here, of others as soon as what is left open is chosen. */
static qp_status check_uses(const qp_options *options)
{
    char names[300];
    settings.typed = given;
    if (settings.model.decoder != QP_KIND_NGRAM) return QP_OK;
    QP_TRY(qp_option_uses_check(&settings, given, options));
    if (qp_option_uses_shared(&settings, given, options, names, sizeof names) > 0)
        qp_warn("n-grams do not read %s; leave that out", names);
    if (qp_option_uses_list(&settings, configured, options, names, sizeof names) > 0)
        qp_warn("options of the configuration file that nothing reads in this model: %s", names);
    return QP_OK;
}

static qp_status count_ngrams(void)
{
    if (qp_ranks()) return qp_fail(QP_EUSAGE, "--decoder ngram counts in one process; start it without mpirun or srun");
    return qp_ngram_job_run(&settings);
}

static void report_end(const qp_trainer_result *result)
{
    char text[PATH_MAX + 100];
    if (result->end == QP_END_BEFORE)
        snprintf(text, sizeof text, "%s: this run is finished; add --overwrite to start over", settings.job.model);
    else
        snprintf(text, sizeof text, "%s: saved after %lld updates, %lld target tokens", settings.job.model,
                 (long long)result->updates, (long long)result->target_tokens);
    qp_text_note(stderr, text, 2);
}

int qp_cmd_train(int argc, char **argv)
{
    qp_options options;
    int code;
    if (!qp_options_begin(&options, &train, argc, argv, &code)) return code;
    qp_trainer_result result;
    qp_status status = apply_preset(&options);
    if (status == QP_OK) status = qp_train_complete(&settings, decided, &options);
    if (status == QP_OK) status = qp_options_keep_inputs(&options, "model");
    if (status == QP_OK) status = qp_options_keep_inputs(&options, "log");
    if (status == QP_OK) status = check_uses(&options);
    bool ngrams = settings.model.decoder == QP_KIND_NGRAM;
    if (status == QP_OK) status = ngrams ? count_ngrams() : qp_train_job_run(&settings, &result);
    qp_options_free(&options);
    if (status != QP_OK) return qp_report(status);
    bool reports = !settings.job.quiet && qp_cluster_rank(qp_ranks()) == 0;
    if (!ngrams && !settings.job.dry_run && reports) report_end(&result);
    return 0;
}
