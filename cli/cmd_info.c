#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/model_table.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/base/text_table.h"
#include "cli/base/unread.h"
#include "cli/info_json.h"
#include "cli/model_facts.h"
#include "lib/base/threads.h"
#include "lib/nn/codebook.h"
#include "lib/package/decoding.h"
#include "lib/package/package.h"
#include "tokenizer/tokenizer_file.h"

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
    .notes = "use: OPTION is a default of translate or generate that came with an imported model. Settings that a "
             "model of this kind does not read are left out, and those with their default are counted; --json "
             "has them all. With two models: the settings that differ, and how many tensors have equal weights.",
    .group = groups,
    .group_count = 1,
    .takes_files = true,
};

/* ---- operations and memory ---- */

static qp_status estimate_of(qp_model *model, const qp_optimizer_config *optimizer, qp_info_estimate *e)
{
    const qp_model_config *c = qp_model_config_of(model);
    double length = config.length ? (double)config.length : c->lm_window ? (double)c->lm_window : 32;
    if (length > (double)c->max_length) length = (double)c->max_length;
    double sides = c->encoder != QP_KIND_NONE && c->decoder != QP_KIND_NONE ? 2 : 1;
    *e = (qp_info_estimate){.shape = {.batch_rows = sides * (double)config.batch_size,
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

/* ---- text ---- */

enum { FACT_COLUMN = 19 }; /* of the values, after their names */

/* One line a layer: how often each expert was chosen in the last hundred updates. */
static void print_expert_use(qp_params *params)
{
    char layer[128];
    bool first = true;
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (!qp_info_is_expert_use(p, layer, sizeof layer)) continue;
        if (first) printf("\nuse of the experts, %% of the choices of each layer\n");
        first = false;
        printf("%-24s", layer);
        for (int e = 0; e < p->columns; e++)
            printf(" %5.1f", 100 * qp_info_expert_share(p, qp_params_value(params, i), e));
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

static qp_status print_tensors(const qp_params *params)
{
    enum { SHAPE_BYTES = 40 };
    int count = qp_params_count(params);
    const char **cell = malloc(2 * ((size_t)count + 1) * sizeof *cell);
    char(*shape)[SHAPE_BYTES] = malloc(((size_t)count + 1) * sizeof *shape);
    if (cell && shape) {
        cell[0] = "tensor", cell[1] = "shape";
        for (int i = 0; i < count; i++) {
            const qp_parameter *p = qp_params_at(params, i);
            snprintf(shape[i], sizeof shape[i], "[%d, %d]", p->rows, p->columns);
            cell[2 * i + 2] = p->name, cell[2 * i + 3] = shape[i];
        }
        putchar('\n');
        qp_text_table(stdout, cell, count + 1, 2, 2);
    }
    qp_status status = cell && shape ? QP_OK : qp_fail(QP_EMEMORY, "info: out of memory for %d tensors", count);
    free(cell);
    free(shape);
    return status;
}

static qp_status print_languages(const qp_package *m)
{
    qp_text_buffer names = {0};
    qp_status status = qp_decoding_put_languages(m->decoding, &names);
    if (status == QP_OK && names.bytes)
        qp_text_printf(stdout, FACT_COLUMN, "%-18s %.*s", "languages", (int)names.bytes, names.text);
    qp_text_free(&names);
    return status;
}

static qp_status print_text(const char *path, const qp_package *m, const qp_info_estimate *e)
{
    qp_model_facts all = {0};
    qp_status status = qp_model_facts_collect(m, &all);
    if (status == QP_OK) printf("%s\n", path);
    int usual = 0;
    for (int i = 0; status == QP_OK && i < all.count; i++) {
        usual += all.fact[i].usual;
        if (!all.fact[i].usual) qp_text_printf(stdout, FACT_COLUMN, "%-18s %s", all.fact[i].name, all.fact[i].value);
    }
    if (usual) qp_text_printf(stdout, FACT_COLUMN, "%-18s %d settings (--json has them)", "as usual", usual);
    qp_model_facts_free(&all);
    if (status == QP_OK) status = print_languages(m);
    QP_TRY(status);
    if (!qp_model_ngram(m->model, NULL)) {
        QP_TRY(qp_model_table_print(stdout, &e->cost));
        printf("\nsequences  of %.0f tokens\n", e->shape.target_length);
        qp_training_memory_print(stdout, &e->shape, &e->memory);
        print_expert_use(qp_model_params(m->model));
        print_codebook(qp_model_params(m->model));
    }
    return config.tensors ? print_tensors(qp_model_params(m->model)) : QP_OK;
}

static qp_status describe(const char *path, const qp_package *m)
{
    qp_optimizer_config optimizer;
    qp_config_defaults(&qp_optimizer_fields, &optimizer);
    qp_info_estimate e;
    QP_TRY(estimate_of(m->model, &optimizer, &e));
    qp_status status = config.json ? qp_info_print_json(path, m, &e) : print_text(path, m, &e);
    qp_model_cost_free(&e.cost);
    return status;
}

/* A tokenizer has an info of its own. */
static qp_status load(const char *path, qp_package **m)
{
    char message[1024];
    qp_tokenizer *tokenizer;
    qp_status status = qp_package_load(path, m);
    if (status != QP_EDATA) return status;
    snprintf(message, sizeof message, "%s", qp_error_message());
    if (qp_tokenizer_load(path, &tokenizer) != QP_OK) return qp_fail(status, "%s", message);
    qp_tokenizer_free(tokenizer);
    return qp_fail(QP_EUSAGE, "%s: is a tokenizer; use quipu tokenizer info", path);
}

static qp_status describe_file(const char *path)
{
    qp_package *m;
    QP_TRY(load(path, &m));
    qp_status status = describe(path, m);
    qp_package_free(m);
    return status;
}

/* ---- two models ---- */

/* A row of the table of differences. */
static void put_row(const char **cell, int *rows, const char *name, const char *value, const char *other)
{
    const char *const row[] = {name, value, other};
    memcpy(cell + 3 * (ptrdiff_t)(*rows)++, row, sizeof row);
}

/* Rows of the facts that differ, below the names of the files; returns how many are equal. */
static int fill_differences(const qp_model_facts *a, const qp_model_facts *b, const char **cell, int *rows)
{
    int equal = 0;
    for (int i = 0; i < a->count; i++) {
        const char *other = qp_model_facts_value(b, a->fact[i].name);
        bool same = strcmp(a->fact[i].value, other) == 0;
        equal += same;
        if (!same) put_row(cell, rows, a->fact[i].name, a->fact[i].value, other);
    }
    for (int i = 0; i < b->count; i++)
        if (strcmp(qp_model_facts_value(a, b->fact[i].name), "-") == 0)
            put_row(cell, rows, b->fact[i].name, "-", b->fact[i].value);
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
    qp_model_facts first = {0}, second = {0};
    qp_status status = qp_model_facts_collect(a, &first);
    if (status == QP_OK) status = qp_model_facts_collect(b, &second);
    const char **cell = malloc(3 * ((size_t)first.count + (size_t)second.count + 1) * sizeof *cell);
    if (status == QP_OK && !cell) status = qp_fail(QP_EMEMORY, "info: out of memory");
    if (status == QP_OK) {
        int rows = 0;
        put_row(cell, &rows, "", path, other);
        int equal = fill_differences(&first, &second, cell, &rows);
        qp_text_table(stdout, cell, rows, 3, 3);
        print_tensor_differences(qp_model_params(a->model), qp_model_params(b->model));
        printf("%-18s %d of %d\n", "equal settings", equal, first.count);
    }
    free(cell);
    qp_model_facts_free(&first);
    qp_model_facts_free(&second);
    return status;
}

static qp_status compare_files(const char *path, const char *other)
{
    qp_package *a, *b;
    QP_TRY(load(path, &a));
    qp_status status = load(other, &b);
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
    bool two = options->file_count == 2 && !config.json;
    static const char one[] = "one model, not for what differs between two";
    const qp_unread row[] = {{"length", !two, one},
                             {"batch_size", !two, one},
                             {"threads", !two, one},
                             {"tensors", !two && !config.json, two ? one : "text; --json has them all"}};
    QP_TRY(qp_unread_check(options, row, sizeof row / sizeof *row));
    if (two) return compare_files(options->file[0], options->file[1]);
    for (int i = 0; i < options->file_count; i++) QP_TRY(describe_file(options->file[i]));
    return QP_OK;
}

int qp_cmd_info(int argc, char **argv) { return qp_options_run(&info, argc, argv, run, NULL); }
