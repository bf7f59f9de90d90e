#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/model_table.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "lib/base/threads.h"
#include "lib/package.h"

#define QP_INFO_FIELDS(X)                                                                                              \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object")                                                              \
    X(BOOL, tensors, "false", 0, 0, NULL, "also every tensor with its shape")                                          \
    X(INT, length, "0", 0, 1048576, NULL, "tokens of a sequence, for operations and memory; 0: --lm-window, or 32")    \
    X(INT, batch_size, "4096", 1, 1073741824, NULL, "target tokens of a training batch, for its memory")               \
    X(INT, threads, "0", 0, 4096, NULL, "threads that train; 0: all CPUs")

typedef struct {
    QP_INFO_FIELDS(QP_FIELD_DECLARE)
} info_config;

static QP_FIELD_TABLE(table, "info", info_config, QP_INFO_FIELDS);
static info_config config;

static const qp_option_group groups[] = {{&table, &config}};
static const qp_command info = {
    .name = "info",
    .summary = "what a model file holds",
    .usage = "[--json] MODEL...",
    .group = groups,
    .group_count = 1,
    .takes_files = true,
};

/* ---- JSON ---- */

static json_t *settings_json(const qp_model_config *settings)
{
    json_t *object = json_object();
    char text[600];
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        qp_config_get(field, settings, text, sizeof text);
        json_t *value = json_string(text);
        if (field->kind == QP_FIELD_INT) value = (json_decref(value), json_integer(strtoll(text, NULL, 10)));
        if (field->kind == QP_FIELD_REAL) value = (json_decref(value), json_real(strtod(text, NULL)));
        if (field->kind == QP_FIELD_BOOL) value = (json_decref(value), json_boolean(strcmp(text, "true") == 0));
        json_object_set_new(object, field->name, value);
    }
    return object;
}

static json_t *tokenizer_json(const qp_tokenizer *tokenizer)
{
    if (!tokenizer) return json_null();
    qp_tokenizer_facts facts = qp_tokenizer_info(tokenizer);
    return json_pack("{s:s, s:i, s:s, s:b, s:b}", "type", facts.type, "size", facts.size, "normalization",
                     facts.normalization, "lower_case", facts.lower_case, "byte_fallback", facts.byte_fallback);
}

static json_t *tensors_json(const qp_params *params)
{
    json_t *list = json_array();
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        json_t *shape = p->rows > 1 ? json_pack("[i,i]", p->rows, p->columns) : json_pack("[i]", p->columns);
        json_array_append_new(list, json_pack("{s:s, s:o}", "name", p->name, "shape", shape));
    }
    return list;
}

/* ---- operations and memory ---- */

typedef struct {
    qp_model_cost cost;
    qp_training_shape shape;
    qp_training_memory memory;
} estimate;

static qp_status estimate_of(const qp_model *model, const qp_optimizer_config *optimizer, estimate *e)
{
    const qp_model_config *c = qp_model_config_of(model);
    double length = config.length ? (double)config.length : c->lm_window ? (double)c->lm_window : 32;
    if (length > (double)c->max_length) length = (double)c->max_length;
    double sides = c->encoder != QP_KIND_NONE && c->decoder != QP_KIND_NONE ? 2 : 1;
    *e = (estimate){.shape = {.batch_rows = sides * (double)config.batch_size,
                              .source_length = length,
                              .target_length = length,
                              .threads = qp_threads_of(config.threads),
                              .optimizer = optimizer}};
    QP_TRY(qp_model_cost_of(model, length, length, &e->cost));
    if (c->decoder == QP_KIND_NGRAM) return QP_OK;
    qp_status status = qp_training_memory_of(model, &e->shape, &e->memory);
    if (status != QP_OK) qp_model_cost_free(&e->cost);
    return status;
}

static void print_json(const char *path, const qp_package *m, const estimate *e)
{
    const qp_params *params = qp_model_params(m->model);
    json_t *object = json_pack(
        "{s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:f, s:f, s:o}", "file", path, "config",
        settings_json(qp_model_config_of(m->model)), "parameters", (json_int_t)qp_params_elements(params),
        "source_tokenizer", tokenizer_json(m->source), "target_tokenizer", tokenizer_json(m->target), "tensors",
        tensors_json(params), "modules", qp_model_table_json(&e->cost), "forward_flops_per_token", e->cost.forward,
        "training_flops_per_token", 3 * e->cost.forward, "training_memory", qp_training_memory_json(&e->memory));
    const qp_ngram *ngram = qp_model_ngram(m->model, NULL);
    json_t *counts = json_array();
    for (int k = 1; ngram && k <= qp_ngram_order(ngram); k++)
        json_array_append_new(counts, json_integer(qp_ngram_count(ngram, k)));
    json_object_set_new(object, "ngrams", counts);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text) puts(text);
    free(text);
    json_decref(object);
}

/* ---- for people ---- */

static void print_tokenizer(const char *side, const qp_tokenizer *tokenizer)
{
    qp_tokenizer_facts facts = qp_tokenizer_info(tokenizer);
    printf("%-18s %s, %d pieces, %s%s%s\n", side, facts.type, facts.size, facts.normalization,
           facts.lower_case ? ", lower case" : "", facts.byte_fallback ? ", byte fallback" : "");
}

static void print_tensors(const qp_params *params)
{
    printf("\n%-52s %s\n", "tensor", "shape");
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        printf("%-52s [%d, %d]\n", p->name, p->rows, p->columns);
    }
}

static void print_text(const char *path, const qp_package *m, const estimate *e)
{
    const qp_params *params = qp_model_params(m->model);
    const qp_model_config *settings = qp_model_config_of(m->model);
    char text[600];
    printf("%s\n%-18s %zu\n", path, "parameters", qp_params_elements(params));
    if (m->source && m->source != m->target) print_tokenizer("source tokenizer", m->source);
    if (m->target) print_tokenizer(m->source && m->source != m->target ? "target tokenizer" : "tokenizer", m->target);
    for (int i = 0; i < qp_model_fields.count; i++)
        printf("%-18s %s\n", qp_model_fields.field[i].name,
               qp_config_get(&qp_model_fields.field[i], settings, text, sizeof text));
    const qp_ngram *ngram = qp_model_ngram(m->model, NULL);
    for (int k = 1; ngram && k <= qp_ngram_order(ngram); k++)
        printf("%d-grams%11s %lld\n", k, "", (long long)qp_ngram_count(ngram, k));
    if (!ngram) {
        qp_model_table_print(stdout, &e->cost);
        printf("\nwith sequences of %.0f tokens; ", e->shape.target_length);
        qp_training_memory_print(stdout, &e->shape, &e->memory);
    }
    if (config.tensors) print_tensors(params);
}

static qp_status tell(const char *path, const qp_package *m)
{
    qp_optimizer_config optimizer;
    qp_config_defaults(&qp_optimizer_fields, &optimizer);
    estimate e;
    QP_TRY(estimate_of(m->model, &optimizer, &e));
    if (config.json)
        print_json(path, m, &e);
    else
        print_text(path, m, &e);
    qp_model_cost_free(&e.cost);
    return QP_OK;
}

static qp_status run(void *self, const qp_options *options)
{
    (void)self;
    if (!options->file_count) return qp_fail(QP_EUSAGE, "no model; name one: quipu info MODEL");
    for (int i = 0; i < options->file_count; i++) {
        qp_package *m;
        QP_TRY(qp_package_load(options->file[i], &m));
        qp_status status = tell(options->file[i], m);
        qp_package_free(m);
        QP_TRY(status);
    }
    return QP_OK;
}

int qp_cmd_info(int argc, char **argv) { return qp_options_run(&info, argc, argv, run, NULL); }
