#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/hf_family.h"
#include "lib/text/json_reader.h"

/* hf_vectors — bodies without a head, and what sentence-transformers says of them. */
enum { PATH_BYTES = 4096, LIMIT = 1 << 20 };

static bool is_beside(const qp_hf_plan *plan, const char *name, char path[PATH_BYTES])
{
    return plan->folder && snprintf(path, PATH_BYTES, "%s/%s", plan->folder, name) < PATH_BYTES && qp_file_exists(path);
}

/* The poolings that 1_Pooling/config.json can name, each a flag of its own. */
static const struct {
    const char *key;
    int pooling; /* QP_POOLING_AUTO: not ours */
} flags[] = {{"pooling_mode_mean_tokens", QP_POOLING_MEAN},
             {"pooling_mode_cls_token", QP_POOLING_FIRST},
             {"pooling_mode_max_tokens", QP_POOLING_MAX},
             {"pooling_mode_lasttoken", QP_POOLING_LAST},
             {"pooling_mode_mean_sqrt_len_tokens", QP_POOLING_AUTO},
             {"pooling_mode_weightedmean_tokens", QP_POOLING_AUTO}};

static qp_status pooling_of(qp_hf_plan *plan, const char *path)
{
    int chosen = 0;
    qp_json_config json;
    QP_TRY(qp_json_config_open(path, &json));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (!qp_json_config_flag(&json, flags[i].key, false)) continue;
        plan->model->pooling = flags[i].pooling;
        chosen++;
        if (flags[i].pooling == QP_POOLING_AUTO) qp_json_config_refuse(&json, flags[i].key, "a pooling that we lack");
    }
    if (chosen != 1) qp_json_config_refuse(&json, "pooling_mode_...", "not exactly one of them is true");
    qp_status status = json.status;
    qp_json_config_close(&json);
    return status;
}

/* Transformer, Pooling and Normalize are ours; a Dense one would have weights of its own. */
static qp_status check_modules(const char *path)
{
    char *text;
    size_t bytes;
    json_t *root;
    QP_TRY(qp_file_read(path, LIMIT, &text, &bytes));
    qp_status status = qp_json_read(path, text, bytes, 0, &root);
    free(text);
    if (status != QP_OK) return status;
    if (!json_is_array(root)) status = qp_fail(QP_EDATA, "%s: not a list of modules; fetch the file again", path);
    for (size_t i = 0; status == QP_OK && i < json_array_size(root); i++) {
        const char *type = json_string_value(json_object_get(json_array_get(root, i), "type"));
        const char *name = type && strrchr(type, '.') ? strrchr(type, '.') + 1 : "?";
        if (strcmp(name, "Transformer") != 0 && strcmp(name, "Pooling") != 0 && strcmp(name, "Normalize") != 0)
            status = qp_fail(QP_EDATA, "%s: a module %.40s; only Transformer, Pooling and Normalize can be read", path,
                             name);
    }
    json_decref(root);
    return status;
}

void qp_hf_vectors(qp_hf_plan *plan, const char *pooler)
{
    char path[PATH_BYTES];
    qp_model_config *m = plan->model;
    qp_status status = QP_OK;
    bool pools = pooler && qp_weights_have(plan->source, &plan->shape, pooler);
    m->pooling = pools ? QP_POOLING_FIRST : QP_POOLING_MEAN;
    m->pooler = pools ? QP_POOLER_TANH : QP_POOLER_NONE;
    if (is_beside(plan, "1_Pooling/config.json", path)) {
        m->pooler = QP_POOLER_NONE;
        status = pooling_of(plan, path);
        if (status == QP_OK && is_beside(plan, "modules.json", path)) status = check_modules(path);
    }
    if (plan->json->status == QP_OK) plan->json->status = status;
}
