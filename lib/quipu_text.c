#include <stdlib.h>
#include <string.h>

#include "lib/decode/generate.h"
#include "lib/decode/sample.h"
#include "lib/decode/score.h"
#include "lib/decode/translate.h"
#include "lib/package/decoding.h"
#include "lib/quipu_internal.h"

/* ---- translate ---- */

struct quipu_translations {
    int count;
    qp_translation *result;
};

static qp_status translate(const qp_translator *translator, const char *const *text, int count,
                           quipu_translations *made)
{
    qp_line *line = qp_quipu_lines(text, count);
    made->result = calloc((size_t)count + 1, sizeof *made->result);
    qp_status status = QP_EMEMORY;
    if (line && made->result) {
        made->count = count;
        status = qp_translate(translator, line, count, made->result);
    } else if (line) {
        status = qp_fail(QP_EMEMORY, "translate: out of memory for %d texts", count);
    }
    free(line);
    return status;
}

quipu_status quipu_translate(const quipu_package *package, const char *const *text, int count,
                             const quipu_options *options, quipu_translations **translations)
{
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_AUTOENCODE, -1};
    static const qp_field_table *const table[] = {&qp_search_fields, &qp_language_fields};
    qp_language_config languages;
    qp_package own = *package; /* its codec may get the token of another language */
    qp_translator translator = {.model = package->model,
                                .source = &own.source_codec,
                                .target = &package->target_codec,
                                .batch_size = qp_quipu_batch(options),
                                .threads = qp_quipu_threads(options)};
    void *object[] = {&translator.search, &languages};
    *translations = NULL;
    qp_status status = qp_quipu_task(package, "translate", tasks);
    if (status == QP_OK) status = qp_quipu_options(package, options, table, object, 2);
    if (status == QP_OK) status = qp_decoding_set_languages(&own, &languages, &translator.search);
    if (status != QP_OK) return (quipu_status)status;
    quipu_translations *made = calloc(1, sizeof *made);
    if (!made) return (quipu_status)qp_fail(QP_EMEMORY, "translate: out of memory");
    status = translate(&translator, text, count, made);
    if (status == QP_OK)
        *translations = made;
    else
        quipu_translations_free(made);
    return (quipu_status)status;
}

int quipu_translations_count(const quipu_translations *t, int i)
{
    return i >= 0 && i < t->count ? t->result[i].search.count : 0;
}

const char *quipu_translations_text(const quipu_translations *t, int i, int k)
{
    return k >= 0 && k < quipu_translations_count(t, i) ? t->result[i].best[k].text : "";
}

double quipu_translations_log_probability(const quipu_translations *t, int i, int k)
{
    return k >= 0 && k < quipu_translations_count(t, i) ? t->result[i].search.best[k].total : 0;
}

void quipu_translations_free(quipu_translations *t)
{
    if (!t) return;
    for (int i = 0; i < t->count; i++) qp_translation_free(&t->result[i]);
    free(t->result);
    free(t);
}

/* ---- generate ---- */

#define GENERATE_FIELDS(X)                                                                                             \
    X(INT, seed, "1", 0, 9007199254740991, NULL, "seed of the draws")

typedef struct {
    GENERATE_FIELDS(QP_FIELD_DECLARE)
} generate_config;
static QP_FIELD_TABLE(generate_fields, "generate", generate_config, GENERATE_FIELDS);

/* Passes new text on to the caller, who may end it. */
typedef struct {
    quipu_on_text *on_text;
    void *self;
    size_t bytes; /* passed on so far */
    bool stopped;
} listener;

static qp_status pass_on(void *self, int number, const char *text, size_t bytes)
{
    listener *l = self;
    (void)number;
    if (!l->on_text || bytes <= l->bytes) return QP_OK;
    l->stopped = l->on_text(l->self, text + l->bytes, bytes - l->bytes) != 0;
    l->bytes = bytes;
    return l->stopped ? qp_fail(QP_ESTOPPED, "generate: stopped by the callback") : QP_OK;
}

static qp_status generate(const qp_generator *generator, const char *prompt, listener *l, qp_generated *result)
{
    int32_t *id = NULL;
    int count = 0;
    QP_TRY(qp_generate_prompt(generator, prompt, strlen(prompt), &id, &count));
    qp_tape *tape = qp_tape_new();
    qp_status status = tape ? qp_generate(generator, tape, id, count, 0, pass_on, l, result)
                            : qp_fail(QP_EMEMORY, "generate: out of memory");
    qp_tape_free(tape);
    free(id);
    return l->stopped ? QP_OK : status;
}

quipu_status quipu_generate(const quipu_package *package, const char *prompt, const quipu_options *options,
                            quipu_on_text *on_text, void *self, char **text)
{
    static const int tasks[] = {QP_TASK_LM, -1};
    static const qp_field_table *const table[] = {&qp_sample_fields, &qp_generate_fields, &generate_fields};
    qp_sample_config sample;
    generate_config config;
    qp_generate_config limit;
    void *object[] = {&sample, &limit, &config};
    qp_generated result = {0};
    listener l = {on_text, self, 0, false};
    if (text) *text = NULL;
    qp_status status = qp_quipu_task(package, "generate", tasks);
    if (status == QP_OK) status = qp_quipu_options(package, options, table, object, 3);
    if (status != QP_OK) return (quipu_status)status;
    qp_generator generator = {.model = package->model,
                              .codec = &package->target_codec,
                              .sample = &sample,
                              .limit = limit,
                              .seed = (uint64_t)config.seed};
    status = generate(&generator, prompt ? prompt : "", &l, &result);
    if (status == QP_OK && text) {
        *text = result.text ? result.text : calloc(1, 1);
        result.text = NULL;
        if (!*text) status = qp_fail(QP_EMEMORY, "generate: out of memory");
    }
    qp_generated_free(&result);
    return (quipu_status)status;
}

/* ---- score ---- */

static qp_status score(const qp_scorer *scorer, const qp_line *source, const qp_line *target, int count,
                       double *log_probability, int *tokens)
{
    qp_scored *scored = calloc((size_t)count + 1, sizeof *scored);
    if (!scored) return qp_fail(QP_EMEMORY, "score: out of memory for %d texts", count);
    qp_status status = qp_score_lines(scorer, source, target, count, scored);
    for (int i = 0; i < count; i++) {
        if (status == QP_OK) log_probability[i] = scored[i].total;
        if (status == QP_OK && tokens) tokens[i] = scored[i].count;
        qp_scored_free(&scored[i]);
    }
    free(scored);
    return status;
}

quipu_status quipu_score(const quipu_package *package, const char *const *source, const char *const *target, int count,
                         const quipu_options *options, double *log_probability, int *tokens)
{
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_LM, QP_TASK_AUTOENCODE, -1};
    qp_scorer scorer = {.model = package->model,
                        .source = &package->source_codec,
                        .target = &package->target_codec,
                        .batch_size = qp_quipu_batch(options),
                        .threads = qp_quipu_threads(options)};
    bool reads = qp_model_config_of(package->model)->encoder != QP_KIND_NONE;
    qp_status status = qp_quipu_task(package, "score", tasks);
    if (status == QP_OK) status = qp_quipu_options(package, options, NULL, NULL, 0);
    if (status == QP_OK && reads != (source != NULL))
        status = qp_fail(QP_EUSAGE, "score: %s", reads ? "no sources given" : "a language model has no source");
    if (status != QP_OK) return (quipu_status)status;
    qp_line *from = reads ? qp_quipu_lines(source, count) : NULL, *to = qp_quipu_lines(target, count);
    status = (from || !reads) && to ? score(&scorer, from, to, count, log_probability, tokens) : QP_EMEMORY;
    free(from);
    free(to);
    return (quipu_status)status;
}
