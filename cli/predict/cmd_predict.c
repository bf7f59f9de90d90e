#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/base/unread.h"
#include "cli/predict/predict_tasks.h"
#include "lib/base/files/file_list.h"
#include "lib/base/threads.h"
#include "lib/base/writer.h"
#include "lib/package/answers.h"

static QP_FIELD_TABLE(table, "predict", qp_predict_config, QP_PREDICT_FIELDS);
static qp_predict_config config;

static const qp_option_group groups[] = {{&table, &config}};
static const qp_option_alias aliases[] = {{'m', "model"}, {'t', "threads"}};
static const qp_command predict = {
    .name = "predict",
    .summary = "label texts and images, tag words, forecast series, fill in masks",
    .usage = "-m MODEL [FILE...]",
    .notes = "In, and out, by the model's task:\n"
             "classify: lines of text, images or rows of numbers; label TAB probability.\n"
             "tag: lines of words; word/TAG. Or CoNLL columns; the same with the model's tags.\n"
             "regress: CSV; the next values, one per line.\n"
             "mlm: lines with [MASK]; the lines with the likeliest words.\n"
             "autoencode with --codebook: lines of text; their codes.\n"
             "answers: lines of QUESTION TAB CONTEXT; the part of the context that answers, its score, and its first "
             "character and the one after its last, from 0.\n"
             "pairs (classifiers of next sentences, or --pairs): TEXT TAB TEXT; label TAB probability.",
    .group = groups,
    .group_count = 1,
    .alias = aliases,
    .alias_count = 2,
    .takes_files = true,
};

/* The function of each task. */
static const struct {
    int task;
    qp_status (*run)(const qp_package *m, const qp_predict_config *o, char **file, int files);
    bool numbers; /* the model reads rows of numbers */
} rows[] = {
    {QP_TASK_CLASSIFY, qp_predict_labels, false}, {QP_TASK_CLASSIFY, qp_predict_images, true},
    {QP_TASK_TAG, qp_predict_tags, false},        {QP_TASK_REGRESS, qp_predict_series, true},
    {QP_TASK_MLM, qp_predict_masks, false},       {QP_TASK_AUTOENCODE, qp_predict_codes, false},
};

qp_status qp_predict_encoded(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                             qp_warning *warning, qp_predict_ids *predict_ids)
{
    qp_line_ids *ids;
    int longest = (int)qp_model_config_of(m->model)->max_length;
    qp_status status = qp_lines_encode(&m->source_codec, chunk->line, chunk->count, longest, &ids);
    for (int i = 0; status == QP_OK && i < chunk->count; i++)
        if (ids[i].count < ids[i].tokens + 1)
            qp_warning_add(warning, qp_chunks_path(chunk, i), qp_chunks_number(chunk, i), QP_CUT_WARNING,
                           (long long)ids[i].tokens, (long long)ids[i].count - 1);
    if (status == QP_OK) status = predict_ids(m, o, ids, chunk->count);
    qp_lines_free(ids, chunk->count);
    return status;
}

qp_status qp_predict_lines(const qp_package *m, const qp_predict_config *o, char **file, int files,
                           qp_predict_chunk *one)
{
    enum { LINES_AT_ONCE = 256 };
    qp_chunks chunks;
    qp_warning warning = {.count = 0};
    qp_status status = qp_chunks_begin(&chunks, file, files, LINES_AT_ONCE);
    while (status == QP_OK) {
        status = qp_chunks_next(&chunks);
        if (status != QP_OK || chunks.count == 0) break;
        status = one(m, o, &chunks, &warning);
        if (status == QP_OK) status = qp_output_check(stdout, "stdout");
    }
    qp_warning_report(&warning);
    qp_chunks_end(&chunks);
    return status;
}

/* Of models whose lines are two texts: a question and a context, or a pair. */
static qp_status (*const two_texts[])(const qp_package *m, const qp_predict_config *o, char **file,
                                      int files) = {qp_predict_answered, qp_predict_pairs};

/* Heads for the next sentence read pairs. */
static bool reads_pairs(const qp_package *m)
{
    const char *first = m->labels.count == 2 ? m->labels.text[0] : "";
    return config.pairs || strcmp(first, "next") == 0 || strcmp(first, "in order") == 0;
}

/* The options that belong to tasks. */
static qp_status check_uses(const qp_package *m, const qp_options *options)
{
    const qp_model_config *c = qp_model_config_of(m->model);
    bool answers = qp_package_answers(m), labels = c->task == QP_TASK_CLASSIFY,
         tags = c->task == QP_TASK_TAG && !answers;
    bool series = c->task == QP_TASK_REGRESS, masks = c->task == QP_TASK_MLM;
    static const char forecasters[] = "forecasters";
    const qp_unread row[] = {{"pairs", labels && m->source, "classifiers of texts"},
                             {"all", labels, "classifiers"},
                             {"input", tags, "taggers"},
                             {"tag_column", tags, "taggers"},
                             {"top", masks || answers, "masked language models and models that answer questions"},
                             {"max_answer", answers, "models that answer questions"},
                             {"rolling", series, forecasters},
                             {"holes", series, forecasters},
                             {"missing", series, forecasters}};
    return qp_unread_check(options, row, sizeof row / sizeof *row);
}

static qp_status predict_task(const qp_package *m, const qp_options *options)
{
    const qp_model_config *c = qp_model_config_of(m->model);
    bool classifies = c->task == QP_TASK_CLASSIFY && m->source;
    qp_status status = QP_OK;
    QP_TRY(check_uses(m, options));
    if (qp_package_answers(m)) return two_texts[0](m, &config, options->file, options->file_count);
    if (classifies && reads_pairs(m)) return two_texts[1](m, &config, options->file, options->file_count);
    for (size_t i = 0; status == QP_OK && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].task == c->task && rows[i].numbers == qp_model_reads_numbers(c))
            status = rows[i].run(m, &config, options->file, options->file_count);
    return status;
}

static qp_status run(void *self, const qp_options *options)
{
    (void)self;
    static const int tasks[] = {QP_TASK_CLASSIFY, QP_TASK_TAG, QP_TASK_REGRESS, QP_TASK_MLM, QP_TASK_AUTOENCODE, -1};
    qp_package *m;
    for (int i = 0; i < options->file_count; i++) QP_TRY(qp_file_list_whole(options->file[i]));
    QP_TRY(qp_open_model(config.model, config.verify, tasks, &m));
    config.threads = qp_threads_of(config.threads);
    qp_status status = predict_task(m, options);
    qp_package_free(m);
    return status;
}

int qp_cmd_predict(int argc, char **argv) { return qp_options_run(&predict, argc, argv, run, NULL); }
