#include "cli/info_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"

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

bool qp_info_is_expert_use(const qp_parameter *p, char *layer, size_t bytes)
{
    const char *end = strstr(p->name, ".expert_use");
    if (p->keep == 0 || !end) return false;
    snprintf(layer, bytes, "%.*s", (int)(end - p->name), p->name);
    return true;
}

double qp_info_expert_share(const qp_parameter *p, const qp_real *use, int i)
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
        if (!qp_info_is_expert_use(p, layer, sizeof layer)) continue;
        qp_json_key(out, layer);
        qp_json_open(out, '[');
        for (int e = 0; e < p->columns; e++)
            qp_json_number(out, qp_info_expert_share(p, qp_params_value(params, i), e));
        qp_json_close(out, ']');
    }
    qp_json_close(out, '}');
}

qp_status qp_info_print_json(const char *path, const qp_package *m, const qp_info_estimate *e)
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
    qp_json_key(&out, "decoding");
    if (m->decoding) qp_text_add(&out, m->decoding);
    if (!m->decoding) qp_json_null(&out);
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
