#include "lib/model/model_cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void qp_model_cost_free(qp_model_cost *cost)
{
    free(cost->module);
    *cost = (qp_model_cost){0};
}

static bool begins(const char *name, const char *with) { return strncmp(name, with, strlen(with)) == 0; }
static bool holds(const char *name, const char *part) { return strstr(name, part) != NULL; }

/* ---- rows of the table ---- */

/* "experts.3." -> "experts.": the experts of a layer are one row. */
static void drop_expert(char *text)
{
    char *at = strstr(text, ".experts.");
    if (!at) return;
    at += strlen(".experts.");
    size_t digits = strspn(at, "0123456789");
    if (at[digits] == '.') memmove(at, at + digits + 1, strlen(at + digits + 1) + 1);
}

/* The module of a parameter: its name without weight or bias, and without the number of its layer, which goes to *layer
 * (-1: none). "encoder.layers.3.self_attn.in_proj_weight" -> "encoder.layers.*.self_attn.in_proj". */
static void module_name(const char *name, char *key, size_t bytes, int *layer)
{
    static const char *const endings[] = {".weight", ".bias", "_weight", "_bias"};
    char text[128];
    snprintf(text, sizeof text, "%s", name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t length = strlen(text), tail = strlen(endings[i]);
        if (length > tail && strcmp(text + length - tail, endings[i]) == 0) text[length - tail] = '\0';
    }
    drop_expert(text);
    const char *number = strpbrk(text, "0123456789");
    while (number && (number == text || number[-1] != '.')) number = strpbrk(number + 1, "0123456789");
    *layer = -1;
    if (!number) {
        snprintf(key, bytes, "%s", text);
        return;
    }
    char *end;
    *layer = (int)strtol(number, &end, 10);
    snprintf(key, bytes, "%.*s*%s", (int)(number - text), text, end);
}

typedef struct {
    qp_model_cost *cost;
    int *first, *last; /* layers of each row */
    int capacity;
} table;

static qp_module_cost *row_of(table *t, const char *key, int layer, int rows, int columns)
{
    qp_model_cost *cost = t->cost;
    for (int i = 0; i < cost->count; i++) {
        qp_module_cost *m = &cost->module[i];
        bool vector = rows == 1 && m->rows > 1; /* the bias of a matrix */
        if (strcmp(m->name, key) != 0) continue;
        if (!vector && (m->rows != rows || m->columns != columns)) continue;
        if (layer > t->last[i]) t->last[i] = layer;
        return m;
    }
    if (cost->count == t->capacity) return NULL;
    qp_module_cost *made = &cost->module[cost->count];
    *made = (qp_module_cost){.rows = rows, .columns = columns};
    snprintf(made->name, sizeof made->name, "%s", key);
    t->first[cost->count] = t->last[cost->count] = layer;
    cost->count++;
    return made;
}

/* "*" becomes the layers' numbers. */
static void number_layers(table *t)
{
    for (int i = 0; i < t->cost->count; i++) {
        qp_module_cost *m = &t->cost->module[i];
        char *star = strchr(m->name, '*'), text[128], number[32];
        m->copies = t->last[i] - t->first[i] + 1;
        if (!star) continue;
        snprintf(number, sizeof number, t->first[i] == t->last[i] ? "%d" : "%d-%d", t->first[i], t->last[i]);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(star - m->name), m->name, number, star + 1);
        memcpy(m->name, text, sizeof text);
    }
}

/* ---- operations ---- */

typedef struct {
    const qp_model_config *config;
    double source, target; /* tokens of a sequence */
} lengths;

/* How often a parameter's matrix is used, per token of the side its module is counted on. */
static double uses(const lengths *l, const char *name)
{
    bool tied = qp_model_ties_output(l->config);
    bool text = l->config->decoder != QP_KIND_NONE;
    if (begins(name, "tgt_embed.")) return text && tied ? 1 : 0;
    if (begins(name, "embed.")) return text && tied ? 1 : 0;
    static const char *const looked_up[] = {"embed", "positions", "segments", ".h0", ".c0"};
    for (size_t i = 0; i < sizeof looked_up / sizeof *looked_up; i++)
        if (holds(name, looked_up[i])) return 0;
    if (holds(name, "kv_proj") || holds(name, "key_layer") || holds(name, "general")) return l->source / l->target;
    if (begins(name, "bridge")) return 1 / l->target;
    if (holds(name, "A_log")) return 3; /* decay, input and output of each number of a scan's state */
    if (holds(name, ".experts.")) return (double)l->config->experts_per_token / (double)l->config->experts;
    return 1;
}

static bool on_source_side(const char *name) { return begins(name, "src_embed") || begins(name, "encoder"); }

static void add_attention(table *t, const char *key, double layers, double forward)
{
    if (layers < 1 || forward <= 0) return;
    qp_module_cost *m = row_of(t, key, -1, 0, 0);
    if (m) m->forward = layers * forward;
}

static void add_products(table *t, const lengths *l)
{
    const qp_model_config *c = l->config;
    double width = (double)c->emb_size, hidden = qp_model_hidden_size(c), memory = qp_model_encoder_width(c);
    bool reads = c->encoder != QP_KIND_NONE;
    if (c->encoder == QP_KIND_TRANSFORMER)
        add_attention(t, "encoder: self-attention", (double)c->enc_layers, 4 * width * l->source);
    if (c->decoder == QP_KIND_TRANSFORMER || c->decoder == QP_KIND_MAMBA) {
        if (c->decoder == QP_KIND_TRANSFORMER)
            add_attention(t, "decoder: self-attention", (double)c->dec_layers, 2 * width * (l->target + 1));
        if (reads) add_attention(t, "decoder: attention to the source", (double)c->dec_layers, 4 * width * l->source);
    }
    if (reads && qp_model_kind_is_recurrent(c->decoder) && c->attention != QP_ATTEND_NONE) {
        double energy = c->attention_size ? (double)c->attention_size : hidden;
        add_attention(t, "decoder: attention to the source", 1, 2 * (energy + memory) * l->source);
    }
}

static qp_status fill(table *t, const qp_params *params, const lengths *l)
{
    double source = 0, target = 0;
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        char key[128];
        int layer;
        size_t elements = (size_t)p->rows * (size_t)p->columns;
        module_name(p->name, key, sizeof key, &layer);
        qp_module_cost *m = row_of(t, key, layer, p->rows, p->columns);
        if (!m) return qp_fail(QP_EMEMORY, "out of memory for the table of modules");
        m->weights += elements;
        t->cost->weights += elements;
        if (p->rows > 1) m->forward += 2 * (double)elements * uses(l, p->name);
    }
    add_products(t, l);
    number_layers(t);
    for (int i = 0; i < t->cost->count; i++)
        *(on_source_side(t->cost->module[i].name) ? &source : &target) += t->cost->module[i].forward;
    t->cost->forward = l->config->decoder == QP_KIND_NONE ? source + target : target + source * l->source / l->target;
    return QP_OK;
}

qp_status qp_model_cost_of(const qp_model *model, double source_length, double target_length, qp_model_cost *cost)
{
    const qp_params *params = qp_model_params(model);
    lengths l = {.config = qp_model_config_of(model), .source = source_length, .target = target_length};
    if (l.config->decoder == QP_KIND_NONE) l.target = l.source;
    if (l.config->encoder == QP_KIND_NONE) l.source = 0;
    *cost = (qp_model_cost){0};
    table t = {.cost = cost, .capacity = qp_params_count(params) + 4};
    size_t room = (size_t)t.capacity;
    cost->module = calloc(room, sizeof *cost->module);
    t.first = calloc(room, sizeof *t.first);
    t.last = calloc(room, sizeof *t.last);
    qp_status status = QP_OK;
    if (!cost->module || !t.first || !t.last) status = qp_fail(QP_EMEMORY, "out of memory for the table of modules");
    if (status == QP_OK) status = fill(&t, params, &l);
    free(t.first);
    free(t.last);
    if (status != QP_OK) qp_model_cost_free(cost);
    return status;
}
