#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/json_text.h"
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
    .summary = "describe a model file",
    .usage = "[--json] MODEL...",
    .group = groups,
    .group_count = 1,
    .takes_files = true,
};

/* ---- JSON ---- */

static void put_settings(const qp_model_config *settings, qp_text_buffer *out)
{
    char text[600];
    qp_json_open(out, '{');
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        qp_config_get(field, settings, text, sizeof text);
        if (field->kind == QP_FIELD_TEXT || field->kind == QP_FIELD_CHOICE)
            qp_json_put_text(out, field->name, text);
        else if (field->kind == QP_FIELD_INT)
            qp_json_put_integer(out, field->name, strtoll(text, NULL, 10));
        else if (field->kind == QP_FIELD_REAL)
            qp_json_put_number(out, field->name, strtod(text, NULL));
        else
            qp_json_put_bool(out, field->name, strcmp(text, "true") == 0);
    }
    qp_json_close(out, '}');
}

static void put_tokenizer(const char *key, const qp_tokenizer *tokenizer, qp_text_buffer *out)
{
    qp_json_key(out, key);
    if (!tokenizer) {
        qp_json_null(out);
        return;
    }
    qp_tokenizer_facts facts = qp_tokenizer_info(tokenizer);
    qp_json_open(out, '{');
    qp_json_put_text(out, "type", facts.type);
    qp_json_put_integer(out, "size", facts.size);
    qp_json_put_text(out, "normalization", facts.normalization);
    qp_json_put_bool(out, "lower_case", facts.lower_case);
    qp_json_put_bool(out, "byte_fallback", facts.byte_fallback);
    qp_json_close(out, '}');
}

static void put_tensors(const qp_params *params, qp_text_buffer *out)
{
    qp_json_open(out, '[');
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        qp_json_open(out, '{');
        qp_json_put_text(out, "name", p->name);
        qp_json_key(out, "shape");
        qp_json_open(out, '[');
        if (p->rows > 1) qp_json_integer(out, p->rows);
        qp_json_integer(out, p->columns);
        qp_json_close(out, ']');
        qp_json_close(out, '}');
    }
    qp_json_close(out, ']');
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

static qp_status print_json(const char *path, const qp_package *m, const estimate *e)
{
    const qp_params *params = qp_model_params(m->model);
    const qp_ngram *ngram = qp_model_ngram(m->model, NULL);
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_put_text(&out, "file", path);
    qp_json_key(&out, "config");
    put_settings(qp_model_config_of(m->model), &out);
    qp_json_put_integer(&out, "parameters", (int64_t)qp_params_elements(params));
    put_tokenizer("source_tokenizer", m->source, &out);
    put_tokenizer("target_tokenizer", m->target, &out);
    qp_json_key(&out, "tensors");
    put_tensors(params, &out);
    qp_json_key(&out, "modules");
    qp_model_table_json(&e->cost, &out);
    qp_json_put_number(&out, "forward_flops_per_token", e->cost.forward);
    qp_json_put_number(&out, "training_flops_per_token", 3 * e->cost.forward);
    qp_json_key(&out, "training_memory");
    qp_training_memory_json(&e->memory, &out);
    qp_json_key(&out, "ngrams");
    qp_json_open(&out, '[');
    for (int k = 1; ngram && k <= qp_ngram_order(ngram); k++) qp_json_integer(&out, (int64_t)qp_ngram_count(ngram, k));
    qp_json_close(&out, ']');
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
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
    qp_status status = QP_OK;
    if (config.json)
        status = print_json(path, m, &e);
    else
        print_text(path, m, &e);
    qp_model_cost_free(&e.cost);
    return status;
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
