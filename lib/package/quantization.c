#include "lib/package/quantization.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/text/json_reader.h"
#include "lib/text/json_writer.h"

static const struct {
    qp_weight_type type;
    const char *name;
} types[] = {
#define ROW(id, text) {id, text},
    QP_WEIGHT_TYPES(ROW)
#undef ROW
};
enum { TYPES = sizeof types / sizeof *types };

const char *qp_weight_type_name(qp_weight_type type)
{
    for (int i = 0; i < TYPES; i++)
        if (types[i].type == type) return types[i].name;
    return "fp32";
}

qp_status qp_quantization_json(const qp_quantization *q, char **json)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_put_text(&out, "type", qp_weight_type_name(q->type));
    if (q->metric[0]) {
        qp_json_put_text(&out, "metric", q->metric);
        qp_json_put_number(&out, "before", q->before);
        qp_json_put_number(&out, "after", q->after);
    }
    qp_json_close(&out, '}');
    return qp_text_finish(&out, json, NULL);
}

static bool parse(const json_t *root, qp_quantization *q)
{
    const char *type = json_string_value(json_object_get(root, "type"));
    const char *metric = json_string_value(json_object_get(root, "metric"));
    for (int i = 0; type && i < TYPES; i++)
        if (strcmp(type, types[i].name) == 0) q->type = types[i].type;
    if (q->type == QP_WEIGHT_PANELS) return false;
    if (!metric) return true;
    const json_t *before = json_object_get(root, "before"), *after = json_object_get(root, "after");
    if (strlen(metric) >= sizeof q->metric || !json_is_number(before) || !json_is_number(after)) return false;
    snprintf(q->metric, sizeof q->metric, "%s", metric);
    q->before = json_number_value(before);
    q->after = json_number_value(after);
    return isfinite(q->before) && isfinite(q->after);
}

qp_status qp_quantization_parse(const char *json, qp_quantization *q)
{
    json_t *root;
    *q = (qp_quantization){0};
    QP_TRY(qp_json_read("quantization", json, strlen(json), 0, &root));
    bool fits = parse(root, q);
    json_decref(root);
    return fits ? QP_OK : qp_fail(QP_EDATA, "quantization: not a type with its figures");
}
