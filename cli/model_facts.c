#include "cli/model_facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/package/decoding.h"
#include "lib/run/settings/option_uses.h"

static void add_fact(qp_model_facts *all, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_fact(qp_model_facts *all, const char *name, const char *format, ...)
{
    if (all->count == all->capacity) {
        int capacity = 2 * all->capacity + 64;
        qp_model_fact *grown = realloc(all->fact, (size_t)capacity * sizeof *grown);
        all->failed = all->failed || !grown;
        if (!grown) return;
        all->fact = grown;
        all->capacity = capacity;
    }
    qp_model_fact *new = &all->fact[all->count++];
    new->usual = false;
    va_list arguments;
    va_start(arguments, format);
    snprintf(new->name, sizeof new->name, "%s", name);
    vsnprintf(new->value, sizeof new->value, format, arguments);
    va_end(arguments);
}

static void add_tokenizer(qp_model_facts *all, const char *side, const qp_tokenizer *tokenizer)
{
    qp_tokenizer_facts known = qp_tokenizer_info(tokenizer);
    add_fact(all, side, "%s, %d pieces, %s%s%s", known.type, known.size, known.normalization,
             known.lower_case ? ", lower case" : "", known.byte_fallback ? ", byte fallback" : "");
}

static void add_quantization(qp_model_facts *all, const qp_quantization *q)
{
    const char *type = qp_weight_type_name(q->type);
    if (q->type == QP_WEIGHT_PANELS) return;
    if (q->metric[0])
        add_fact(all, "quantized", "%s: %s %.6g, before %.6g", type, q->metric, q->after, q->before);
    else
        add_fact(all, "quantized", "%s", type);
}

static void add_rule(void *self, const char *option, const char *value)
{
    char name[40];
    snprintf(name, sizeof name, "use: %.30s", option);
    add_fact(self, name, "%s", value);
}

/* The settings that a model of this kind reads. */
static void add_settings(qp_model_facts *all, const qp_model_config *model)
{
    static const char *const asked[] = {"task",     "encoder", "decoder", "enc_layers", "dec_layers",
                                        "emb_size", "ff_size", "heads",   "max_length"};
    qp_train_settings settings, defaults;
    char text[600], usual[600];
    qp_train_defaults(&settings);
    qp_train_defaults(&defaults);
    settings.model = *model;
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        if (!qp_option_uses_reads(&settings, field->name)) continue;
        const char *value = qp_config_get(field, &settings.model, text, sizeof text);
        add_fact(all, field->name, "%s", value);
        if (all->failed) return;
        bool same = strcmp(value, qp_config_get(field, &defaults.model, usual, sizeof usual)) == 0;
        for (size_t k = 0; same && k < sizeof asked / sizeof *asked; k++) same = strcmp(field->name, asked[k]) != 0;
        all->fact[all->count - 1].usual = same;
    }
}

qp_status qp_model_facts_collect(const qp_package *m, qp_model_facts *all)
{
    const qp_ngram *ngram = qp_model_ngram(m->model, NULL);
    bool two = m->source && m->source != m->target;
    char text[40];
    add_fact(all, "parameters", "%zu", qp_params_elements(qp_model_params(m->model)));
    add_quantization(all, &m->quantized);
    if (two) add_tokenizer(all, "source tokenizer", m->source);
    if (m->target) add_tokenizer(all, two ? "target tokenizer" : "tokenizer", m->target);
    QP_TRY(qp_decoding_rules(m->decoding, add_rule, all));
    add_settings(all, qp_model_config_of(m->model));
    for (int k = 1; ngram && k <= qp_ngram_order(ngram); k++) {
        snprintf(text, sizeof text, "%d-grams", k);
        add_fact(all, text, "%lld", (long long)qp_ngram_count(ngram, k));
    }
    return all->failed ? qp_fail(QP_EMEMORY, "info: out of memory") : QP_OK;
}

const char *qp_model_facts_value(const qp_model_facts *all, const char *name)
{
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->fact[i].name, name) == 0) return all->fact[i].value;
    return "-";
}

void qp_model_facts_free(qp_model_facts *all)
{
    free(all->fact);
    *all = (qp_model_facts){0};
}
