#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/train/presets.h"
#include "cli/base/text.h"
#include "cli/train/train_job.h"
#include "cli/train/train_ngram.h"

static qp_train_settings settings;
static qp_ngram_options ngram;

static const qp_option_group groups[] = {
    {&qp_job_fields, &settings.job},           {&qp_model_fields, &settings.model},
    {&qp_training_fields, &settings.training}, {&qp_optimizer_fields, &settings.optimizer},
    {&qp_schedule_fields, &settings.schedule}, {&qp_ngram_fields, &ngram},
};

static const qp_option_alias aliases[] = {{'m', "model"}, {'t', "threads"}, {'q', "quiet"}};

static const qp_command train = {
    .name = "train",
    .summary = "learn a model",
    .usage = "[CONFIG.yaml] [options] -m MODEL.safetensors",
    .notes =
        "The same command again goes on exactly where the run stopped. Equal command, data and seed make an equal\n"
        "model file, byte for byte, whatever --threads was.",
    .group = groups,
    .group_count = sizeof groups / sizeof groups[0],
    .alias = aliases,
    .alias_count = sizeof aliases / sizeof aliases[0],
    .takes_config = true,
};

static bool given(const void *options, const char *name) { return qp_options_given(options, name); }

/* Settings that follow from others unless they were given. */
static void derive(const qp_options *options)
{
    qp_model_config_complete(&settings.model, given, options);
    if (settings.model.lm_window > settings.model.max_length && !qp_options_given(options, "max-length"))
        settings.model.max_length = settings.model.lm_window;
    if (settings.job.layers > 0 && !qp_options_given(options, "enc-layers"))
        settings.model.enc_layers = settings.job.layers;
    if (settings.job.layers > 0 && !qp_options_given(options, "dec-layers"))
        settings.model.dec_layers = settings.job.layers;
    if (settings.model.tied_embeddings_all) settings.job.share_vocab = 1;
    /* weights are of use with the words they were learned with */
    static const char *const tokenizers[] = {"tokenizer", "src-tokenizer", "tgt-tokenizer"};
    bool chosen = !*settings.job.init_from;
    for (int i = 0; i < 3; i++) chosen = chosen || qp_options_given(options, tokenizers[i]);
    if (!chosen) memcpy(settings.job.tokenizer, settings.job.init_from, sizeof settings.job.tokenizer);
}

static qp_status apply_preset(qp_options *options)
{
    const qp_preset *preset;
    if (!*settings.job.preset) return QP_OK;
    QP_TRY(qp_preset_find(settings.job.preset, &preset));
    QP_TRY(qp_preset_apply(preset, options));
    if (!settings.job.quiet) qp_preset_print(stderr, preset);
    return QP_OK;
}

/* What --decoder ngram means for the rest: nothing is cut to a length, and whole words are all in the vocabulary. */
static qp_status settle_ngram(const qp_options *options)
{
    static const char *const only[] = {"order", "prune", "interpolate-unigrams"};
    if (settings.model.decoder != QP_KIND_NGRAM) {
        for (size_t i = 0; i < sizeof only / sizeof *only; i++)
            if (qp_options_given(options, only[i]))
                return qp_fail(QP_EUSAGE, "--%s belongs to n-grams; add --decoder ngram, or leave it out", only[i]);
        return QP_OK;
    }
    const char *tokenizer = settings.job.tokenizer;
    bool words = strcmp(tokenizer, "word") == 0 || strcmp(tokenizer, "space") == 0;
    if (words && !qp_options_given(options, "vocab-size")) settings.job.vocab_size = 16777216;
    if (!qp_options_given(options, "max-length")) settings.model.max_length = 1048576;
    return QP_OK;
}

int qp_cmd_train(int argc, char **argv)
{
    qp_options options;
    int code;
    if (!qp_options_begin(&options, &train, argc, argv, &code)) return code;
    qp_trainer_result result;
    qp_status status = apply_preset(&options);
    if (status == QP_OK) derive(&options);
    if (status == QP_OK) status = settle_ngram(&options);
    bool counts = settings.model.decoder == QP_KIND_NGRAM;
    if (status == QP_OK)
        status = counts ? qp_train_ngram(&settings, &ngram) : qp_train_job_run(&settings, &result, NULL);
    qp_options_free(&options);
    if (status != QP_OK || counts || settings.job.dry_run) return qp_report(status);
    if (!settings.job.quiet && result.end == QP_END_BEFORE)
        fprintf(stderr, "%s: this run is finished; add --overwrite to begin anew\n", settings.job.model);
    else if (!settings.job.quiet)
        fprintf(stderr, "%s: saved after %lld updates, %lld target tokens\n", settings.job.model,
                (long long)result.updates, (long long)result.target_tokens);
    return 0;
}
