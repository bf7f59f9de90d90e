#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/chunks.h"
#include "cli/base/commands.h"
#include "cli/base/open_model.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/base/unread.h"
#include "cli/evaluate/evaluate_task.h"
#include "lib/base/files/file_list.h"
#include "lib/base/files/lock.h"
#include "lib/base/threads.h"
#include "lib/decode/translate.h"
#include "lib/metric/scores.h"
#include "lib/package/package.h"
#include "lib/text/utf8_reader.h"

/* quantize — round the matrices of a model to fewer bits, and measure what that costs. */
enum { LINES_AT_ONCE = 1024 };

#define QUANTIZE_FIELDS(X)                                                                                             \
    X(TEXT, model, "", 0, 0, "FILE", "the model file to read")                                                         \
    X(TEXT, output, "", 0, 0, "FILE", "the model file to write")                                                       \
    X(CHOICE, type, "int8", 0, 0, QP_CHOICES(QP_WEIGHT_TYPES), "what weights become; int8 rounds activations too")     \
    X(TEXT, src, "", 0, 0, "FILE", "measure BLEU before and after: source lines, with --ref")                          \
    X(TEXT, ref, "", 0, 0, "FILE", "their translations")                                                               \
    X(INT, threads, "0", 0, 1024, NULL, "threads; 0: all")

typedef struct {
    QUANTIZE_FIELDS(QP_FIELD_DECLARE)
} quantize_options;

static QP_FIELD_TABLE(quantize_table, "quantize", quantize_options, QUANTIZE_FIELDS);

typedef struct {
    quantize_options o;
    qp_evaluate_task_config test;
    qp_search_config search;
} quantize_config;

static const qp_weight_type types[] = {
#define TYPE(id, text) id,
    QP_WEIGHT_TYPES(TYPE)
#undef TYPE
};

/* ---- BLEU ---- */

static qp_status add_line(qp_scores *scores, qp_reader *reference, const quantize_options *o,
                          const qp_translation *made)
{
    char *line;
    qp_text wanted, got = {"", 0};
    QP_TRY(qp_reader_next_utf8(reference, &line, &wanted.bytes));
    if (!line) return qp_fail(QP_EDATA, "%s: fewer lines than %s; give files of as many lines", o->ref, o->src);
    wanted.text = line;
    if (made->search.count) got = (qp_text){made->best[0].text, made->best[0].bytes};
    return qp_scores_add(scores, got, &wanted, 1);
}

static qp_status add_chunk(const qp_translator *translator, const qp_chunks *chunks, const quantize_options *o,
                           qp_reader *reference, qp_scores *scores)
{
    qp_translation *made = calloc((size_t)chunks->count, sizeof *made);
    if (!made) return qp_fail(QP_EMEMORY, "quantize: out of memory for %d lines", chunks->count);
    qp_status status = qp_translate(translator, chunks->line, chunks->count, made);
    for (int i = 0; i < chunks->count && status == QP_OK; i++) status = add_line(scores, reference, o, &made[i]);
    for (int i = 0; i < chunks->count; i++) qp_translation_free(&made[i]);
    free(made);
    return status;
}

static qp_status translate_all(const qp_package *m, quantize_config *c, qp_reader *reference, qp_scores *scores)
{
    const qp_translator translator = {.model = m->model,
                                      .source = &m->source_codec,
                                      .target = &m->target_codec,
                                      .search = c->search,
                                      .batch_size = 32,
                                      .threads = qp_threads_of(c->o.threads)};
    char *file = c->o.src;
    qp_chunks chunks;
    qp_status status = qp_chunks_begin(&chunks, &file, 1, LINES_AT_ONCE);
    while (status == QP_OK && (status = qp_chunks_next(&chunks)) == QP_OK && chunks.count > 0)
        status = add_chunk(&translator, &chunks, &c->o, reference, scores);
    qp_chunks_end(&chunks);
    if (status == QP_OK && scores->segments == 0)
        status = qp_fail(QP_EDATA, "%s: no lines to translate; give a file with text", c->o.src);
    return status;
}

static qp_status measure_bleu(const qp_package *m, quantize_config *c, double *value)
{
    qp_scores scores;
    qp_reader *reference;
    QP_TRY(qp_scores_init(&scores, "bleu"));
    QP_TRY(qp_reader_open(c->o.ref, &reference));
    qp_status status = translate_all(m, c, reference, &scores);
    if (status == QP_OK) *value = qp_scores_value(&scores, 0);
    qp_reader_close(reference);
    return status;
}

/* ---- the command ---- */

static qp_status measure(const qp_package *m, quantize_config *c, qp_quantization *q, double *value)
{
    if (*c->o.src) {
        snprintf(q->metric, sizeof q->metric, "bleu");
        return measure_bleu(m, c, value);
    }
    if (!*c->test.test) return QP_OK;
    QP_TRY(qp_file_list_whole(c->test.test));
    return qp_evaluate_metric(m, &c->test, qp_threads_of(c->o.threads), q->metric, sizeof q->metric, value);
}

static qp_status settle(const quantize_config *c)
{
    const quantize_options *o = &c->o;
    if (!*o->model) return qp_fail(QP_EUSAGE, "no model; name one with -m MODEL.safetensors");
    if (!*o->output) return qp_fail(QP_EUSAGE, "no model file to write; name it with -o MODEL");
    if (!*o->src != !*o->ref) return qp_fail(QP_EUSAGE, "quantize: --src FILE and --ref FILE belong together");
    if (*o->src && *c->test.test)
        return qp_fail(QP_EUSAGE, "quantize: --test is for models of one text, --src and --ref for translators");
    const char *const read[] = {o->src, o->ref, c->test.test};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (strcmp(read[i], "-") == 0)
            return qp_fail(QP_EUSAGE, "quantize: the text is read twice, which stdin cannot be; name a file");
    return QP_OK;
}

static qp_status check_model(const quantize_config *c, const qp_package *m)
{
    const bool translates = qp_model_config_of(m->model)->task == QP_TASK_TRANSLATE;
    if (qp_model_ngram(m->model, NULL))
        return qp_fail(QP_EUSAGE, "%s: a model of n-grams has no matrices to round", c->o.model);
    if (m->quantized.type != QP_WEIGHT_PANELS)
        return qp_fail(QP_EUSAGE, "%s: is in %s already; start from the trained model", c->o.model,
                       qp_weight_type_name(m->quantized.type));
    if (translates && *c->test.test)
        return qp_fail(QP_EUSAGE, "quantize: %s is a translator; give --src FILE and --ref FILE", c->o.model);
    if (!translates && *c->o.src)
        return qp_fail(QP_EUSAGE, "quantize: %s is not a translator; give --test FILE", c->o.model);
    return QP_OK;
}

static size_t stored_bytes(const qp_params *params, int *rounded)
{
    size_t bytes = 0;
    *rounded = 0;
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        const qp_packed *stored = qp_params_stored(params, i);
        *rounded += stored != NULL;
        bytes += (size_t)p->rows * (size_t)p->columns * (stored ? qp_weight_bytes(stored->type) : sizeof(qp_real));
        if (stored && stored->type == QP_WEIGHT_INT8) bytes += (size_t)p->rows * sizeof(float);
    }
    return bytes;
}

static qp_status quantize(quantize_config *c, qp_package *m)
{
    qp_quantization q = {.type = types[c->o.type]};
    qp_params *params = qp_model_params(m->model);
    int rounded;
    QP_TRY(check_model(c, m));
    QP_TRY(measure(m, c, &q, &q.before));
    size_t before = stored_bytes(params, &rounded);
    QP_TRY(qp_params_quantize(params, q.type));
    qp_params_unpack(params);
    QP_TRY(qp_params_pack(params));
    QP_TRY(measure(m, c, &q, &q.after));
    m->quantized = q;
    QP_TRY(qp_package_save(m, c->o.output));
    size_t after = stored_bytes(params, &rounded);
    char size[2][32];
    printf("%-14s%d of %d tensors; weights %s, were %s\n", qp_weight_type_name(q.type), rounded,
           qp_params_count(params), qp_text_size((double)after, size[0], sizeof size[0]),
           qp_text_size((double)before, size[1], sizeof size[1]));
    if (q.metric[0]) printf("%-14s%.6g before, %.6g after\n", q.metric, q.before, q.after);
    return QP_OK;
}

static qp_status run(void *self, const qp_options *options)
{
    quantize_config *c = self;
    QP_TRY(settle(c));
    if (!*c->test.test) QP_TRY(qp_unread_table(options, &qp_evaluate_task_fields, "--test FILE"));
    if (!*c->o.src) QP_TRY(qp_unread_table(options, &qp_search_fields, "--src FILE with --ref FILE"));
    qp_package *m;
    qp_lock *lock;
    QP_TRY(qp_model_file_rules(c->o.model, options));
    QP_TRY(qp_package_load(c->o.model, &m));
    qp_status status = qp_params_pack(qp_model_params(m->model));
    if (status == QP_OK) status = qp_lock_take(c->o.output, &lock);
    if (status == QP_OK) {
        status = quantize(c, m);
        qp_lock_release(lock);
    }
    qp_package_free(m);
    return status;
}

int qp_cmd_quantize(int argc, char **argv)
{
    quantize_config c;
    const qp_option_group group[] = {
        {&quantize_table, &c.o}, {&qp_evaluate_task_fields, &c.test}, {&qp_search_fields, &c.search}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'o', "output"}, {'b', "beam-size"}, {'t', "threads"}};
    static const char *const main_option[] = {"model", "output", "type", "test", "src", "ref", "threads", NULL};
    const qp_command command = {
        .name = "quantize",
        .summary = "round the weights of a model to 8 or 16 bits, and measure what that costs",
        .usage = "-m MODEL -o FILE [--type int8|bf16|fp16] [--test FILE | --src FILE --ref FILE]",
        .notes = "int8 rounds the matrices that multiply rows, with one factor for each row, and the rows they "
                 "multiply while the model runs; bf16 and fp16 round every matrix. Embeddings, norms and softmax stay "
                 "fp32. All commands read the file. With --test, or --src and --ref: perplexity, accuracy, MAE or BLEU "
                 "before and after, which the file keeps and quipu info shows.",
        .main_option = main_option,
        .group = group,
        .group_count = 3,
        .alias = alias,
        .alias_count = 4};
    return qp_options_run(&command, argc, argv, run, &c);
}
