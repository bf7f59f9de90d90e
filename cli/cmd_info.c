#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/json_text.h"
#include "cli/base/model_table.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "lib/base/threads.h"
#include "lib/nn/codebook.h"
#include "lib/package/package.h"
#include "lib/run/option_uses.h"

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
    .summary = "describe a model file, or what differs between two",
    .usage = "[--json] MODEL | MODEL MODEL",
    .notes = "Settings that a model of this kind does not read are left out; --json has them all. With two models: "
             "the settings that differ, and how many tensors have equal weights.",
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

static void put_quantization(const qp_quantization *q, qp_text_buffer *out)
{
    qp_json_key(out, "quantized");
    if (q->type == QP_WEIGHT_PANELS) {
        qp_json_null(out);
        return;
    }
    qp_json_open(out, '{');
    qp_json_put_text(out, "type", qp_weight_type_name(q->type));
    if (q->metric[0]) {
        qp_json_put_text(out, "metric", q->metric);
        qp_json_put_real(out, "before", q->before);
        qp_json_put_real(out, "after", q->after);
    }
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

/* The name of the layer whose experts' use parameter p counts; false: it counts something else. */
static bool is_expert_use(const qp_parameter *p, char *layer, size_t bytes)
{
    const char *end = strstr(p->name, ".expert_use");
    if (p->keep == 0 || !end) return false;
    snprintf(layer, bytes, "%.*s", (int)(end - p->name), p->name);
    return true;
}

/* Expert i's share of a layer's choices; 0 before training. */
static double expert_share(const qp_parameter *p, const qp_real *use, int i)
{
    double sum = 0;
    for (int e = 0; e < p->columns; e++) sum += (double)use[e];
    return sum > 0 ? (double)use[i] / sum : 0;
}

static void put_expert_use(qp_params *params, qp_text_buffer *out)
{
    char layer[128];
    qp_json_open(out, '{');
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (!is_expert_use(p, layer, sizeof layer)) continue;
        qp_json_key(out, layer);
        qp_json_open(out, '[');
        for (int e = 0; e < p->columns; e++) qp_json_number(out, expert_share(p, qp_params_value(params, i), e));
        qp_json_close(out, ']');
    }
    qp_json_close(out, '}');
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
    qp_params *params = qp_model_params(m->model);
    const qp_ngram *ngram = qp_model_ngram(m->model, NULL);
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_put_text(&out, "file", path);
    qp_json_key(&out, "config");
    put_settings(qp_model_config_of(m->model), &out);
    qp_json_put_integer(&out, "parameters", (int64_t)qp_params_elements(params));
    put_quantization(&m->quantized, &out);
    put_tokenizer("source_tokenizer", m->source, &out);
    put_tokenizer("target_tokenizer", m->target, &out);
    qp_json_key(&out, "tensors");
    put_tensors(params, &out);
    qp_json_key(&out, "expert_use");
    put_expert_use(params, &out);
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

/* What is known of a model, as lines of name and value. */
typedef struct {
    char name[40], value[600];
} fact;

typedef struct {
    fact *fact;
    int count, capacity;
    bool failed; /* no memory */
} facts;

static void add_fact(facts *all, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add_fact(facts *all, const char *name, const char *format, ...)
{
    if (all->count == all->capacity) {
        int capacity = 2 * all->capacity + 64;
        fact *grown = realloc(all->fact, (size_t)capacity * sizeof *grown);
        all->failed = all->failed || !grown;
        if (!grown) return;
        all->fact = grown;
        all->capacity = capacity;
    }
    fact *new = &all->fact[all->count++];
    va_list arguments;
    va_start(arguments, format);
    snprintf(new->name, sizeof new->name, "%s", name);
    vsnprintf(new->value, sizeof new->value, format, arguments);
    va_end(arguments);
}

static void add_tokenizer(facts *all, const char *side, const qp_tokenizer *tokenizer)
{
    qp_tokenizer_facts known = qp_tokenizer_info(tokenizer);
    add_fact(all, side, "%s, %d pieces, %s%s%s", known.type, known.size, known.normalization,
             known.lower_case ? ", lower case" : "", known.byte_fallback ? ", byte fallback" : "");
}

static void add_quantization(facts *all, const qp_quantization *q)
{
    const char *type = qp_weight_type_name(q->type);
    if (q->type == QP_WEIGHT_PANELS) return;
    if (q->metric[0])
        add_fact(all, "quantized", "%s: %s %.6g, before %.6g", type, q->metric, q->after, q->before);
    else
        add_fact(all, "quantized", "%s", type);
}

/* Parameters, tokenizers, the settings that a model of this kind reads, and the number of n-grams. */
static qp_status collect_facts(const qp_package *m, facts *all)
{
    const qp_ngram *ngram = qp_model_ngram(m->model, NULL);
    bool two = m->source && m->source != m->target;
    qp_train_settings settings;
    char text[600];
    qp_train_defaults(&settings);
    settings.model = *qp_model_config_of(m->model);
    add_fact(all, "parameters", "%zu", qp_params_elements(qp_model_params(m->model)));
    add_quantization(all, &m->quantized);
    if (two) add_tokenizer(all, "source tokenizer", m->source);
    if (m->target) add_tokenizer(all, two ? "target tokenizer" : "tokenizer", m->target);
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        if (!qp_option_uses_reads(&settings, field->name)) continue;
        add_fact(all, field->name, "%s", qp_config_get(field, &settings.model, text, sizeof text));
    }
    for (int k = 1; ngram && k <= qp_ngram_order(ngram); k++) {
        snprintf(text, sizeof text, "%d-grams", k);
        add_fact(all, text, "%lld", (long long)qp_ngram_count(ngram, k));
    }
    return all->failed ? qp_fail(QP_EMEMORY, "info: out of memory") : QP_OK;
}

/* One line a layer: how often each expert was chosen in the last hundred updates. */
static void print_expert_use(qp_params *params)
{
    char layer[128];
    bool first = true;
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (!is_expert_use(p, layer, sizeof layer)) continue;
        if (first) printf("\nuse of the experts, %% of the choices of each layer\n");
        first = false;
        printf("%-24s", layer);
        for (int e = 0; e < p->columns; e++) printf(" %5.1f", 100 * expert_share(p, qp_params_value(params, i), e));
        putchar('\n');
    }
}

/* How much of a codebook is used. */
static void print_codebook(qp_params *params)
{
    int i = qp_params_find(params, "bottleneck.codebook");
    double perplexity;
    if (i < 0) return;
    int used = qp_codebook_use(qp_params_at(params, i), qp_params_value(params, i), &perplexity);
    printf("\ncodebook: %d codes in use, perplexity %.1f\n", used, perplexity);
}

static void print_tensors(const qp_params *params)
{
    printf("\n%-52s %s\n", "tensor", "shape");
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        printf("%-52s [%d, %d]\n", p->name, p->rows, p->columns);
    }
}

static qp_status print_text(const char *path, const qp_package *m, const estimate *e)
{
    facts all = {0};
    qp_status status = collect_facts(m, &all);
    if (status == QP_OK) printf("%s\n", path);
    for (int i = 0; status == QP_OK && i < all.count; i++) printf("%-18s %s\n", all.fact[i].name, all.fact[i].value);
    free(all.fact);
    QP_TRY(status);
    if (!qp_model_ngram(m->model, NULL)) {
        qp_model_table_print(stdout, &e->cost);
        printf("\nwith sequences of %.0f tokens; ", e->shape.target_length);
        qp_training_memory_print(stdout, &e->shape, &e->memory);
        print_expert_use(qp_model_params(m->model));
        print_codebook(qp_model_params(m->model));
    }
    if (config.tensors) print_tensors(qp_model_params(m->model));
    return QP_OK;
}

static qp_status describe(const char *path, const qp_package *m)
{
    qp_optimizer_config optimizer;
    qp_config_defaults(&qp_optimizer_fields, &optimizer);
    estimate e;
    QP_TRY(estimate_of(m->model, &optimizer, &e));
    qp_status status = config.json ? print_json(path, m, &e) : print_text(path, m, &e);
    qp_model_cost_free(&e.cost);
    return status;
}

static qp_status describe_file(const char *path)
{
    qp_package *m;
    QP_TRY(qp_package_load(path, &m));
    qp_status status = describe(path, m);
    qp_package_free(m);
    return status;
}

/* ---- two models ---- */

static const char *value_in(const facts *all, const char *name)
{
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->fact[i].name, name) == 0) return all->fact[i].value;
    return "-";
}

/* Rows of the facts that differ; returns how many are equal. */
static int print_differences(const facts *a, const facts *b)
{
    int equal = 0;
    for (int i = 0; i < a->count; i++) {
        const char *other = value_in(b, a->fact[i].name);
        bool same = strcmp(a->fact[i].value, other) == 0;
        equal += same;
        if (!same) printf("%-18s %-30s %s\n", a->fact[i].name, a->fact[i].value, other);
    }
    for (int i = 0; i < b->count; i++)
        if (strcmp(value_in(a, b->fact[i].name), "-") == 0)
            printf("%-18s %-30s %s\n", b->fact[i].name, "-", b->fact[i].value);
    return equal;
}

static bool is_equal_tensor(qp_params *a, int i, qp_params *b)
{
    const qp_parameter *p = qp_params_at(a, i);
    int j = qp_params_find(b, p->name);
    const qp_parameter *q = j < 0 ? NULL : qp_params_at(b, j);
    return q && p->rows == q->rows && p->columns == q->columns &&
           memcmp(qp_params_value(a, i), qp_params_value(b, j),
                  (size_t)p->rows * (size_t)p->columns * sizeof(qp_real)) == 0;
}

static void print_tensor_differences(qp_params *a, qp_params *b)
{
    int equal = 0, count = qp_params_count(a);
    for (int i = 0; i < count; i++) equal += is_equal_tensor(a, i, b);
    printf("%-18s %d of %d tensors\n", "equal weights", equal, count);
}

static qp_status compare_models(const char *path, const qp_package *a, const char *other, const qp_package *b)
{
    facts first = {0}, second = {0};
    qp_status status = collect_facts(a, &first);
    if (status == QP_OK) status = collect_facts(b, &second);
    if (status == QP_OK) {
        printf("%-18s %-30s %s\n", "", path, other);
        int equal = print_differences(&first, &second);
        print_tensor_differences(qp_model_params(a->model), qp_model_params(b->model));
        printf("%-18s %d of %d\n", "equal settings", equal, first.count);
    }
    free(first.fact);
    free(second.fact);
    return status;
}

static qp_status compare_files(const char *path, const char *other)
{
    qp_package *a, *b;
    QP_TRY(qp_package_load(path, &a));
    qp_status status = qp_package_load(other, &b);
    if (status == QP_OK) {
        status = compare_models(path, a, other, b);
        qp_package_free(b);
    }
    qp_package_free(a);
    return status;
}

static qp_status run(void *self, const qp_options *options)
{
    (void)self;
    if (!options->file_count) return qp_fail(QP_EUSAGE, "no model; name one: quipu info MODEL");
    if (options->file_count == 2 && !config.json) return compare_files(options->file[0], options->file[1]);
    for (int i = 0; i < options->file_count; i++) QP_TRY(describe_file(options->file[i]));
    return QP_OK;
}

int qp_cmd_info(int argc, char **argv) { return qp_options_run(&info, argc, argv, run, NULL); }
