#include "lib/import/gguf/gguf_model.h"

#include <string.h>

#include "lib/import/gguf/gguf_plan.h"

/* The keys of an architecture that are read, or that change nothing. */
static const char *const known_keys[] = {
    "vocab_size", "context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count",
    "attention.head_count_kv", "attention.key_length", "attention.value_length", "attention.layer_norm_epsilon",
    "attention.layer_norm_rms_epsilon", "attention.causal", "rope.dimension_count", "rope.freq_base",
    "rope.scale_linear", "rope.scaling.type", "rope.scaling.factor", "rope.scaling.attn_factor",
    "rope.scaling.original_context_length", "rope.scaling.finetuned", "rope.scaling.yarn_ext_factor",
    "rope.scaling.yarn_attn_factor", "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow", "expert_count",
    "expert_used_count", "tensor_data_layout"};

/* Any other key of the architecture may change what it computes. */
static void check_keys(qp_gguf_plan *p)
{
    const size_t prefix = strlen(p->architecture->name);
    const char *name;
    json_t *value;
    json_object_foreach(p->json.root, name, value)
    {
        if (strncmp(name, p->architecture->name, prefix) != 0 || name[prefix] != '.') continue;
        bool known = false;
        for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++)
            known = known || strcmp(known_keys[i], name + prefix + 1) == 0;
        if (!known) qp_json_config_refuse(&p->json, name, "not a key of the models that can be read");
        if (known && json_is_null(value)) qp_json_config_refuse(&p->json, name, "not one value for all layers");
    }
    if (qp_gguf_whole(p, "expert_count", INT32_MAX, 0) > 0) qp_gguf_refuse(p, "expert_count", "it has experts");
    if (!qp_json_config_flag(&p->json, qp_gguf_key(p, "attention.causal"), true))
        qp_gguf_refuse(p, "attention.causal", "false");
}

static const qp_gguf_architecture *architecture_of(qp_json_config *json)
{
    const char *name = qp_json_config_text(json, "general.architecture", "");
    for (const qp_gguf_architecture *a = qp_gguf_architectures; a->name; a++)
        if (strcmp(a->name, name) == 0) return a;
    if (json->status == QP_OK)
        json->status =
            qp_fail(QP_EDATA, "%s: general.architecture '%.40s' cannot be read; llama, qwen2, gemma and gpt2 can",
                    json->place, name);
    return NULL;
}

qp_status qp_gguf_model(const qp_gguf *file, bool begins, qp_model **model)
{
    const qp_weight_source source = qp_gguf_arrays(file);
    qp_model_config config;
    qp_gguf_plan p = {.json = {.place = source.place, .root = qp_gguf_values(file)}, .source = &source,
                      .model = &config};
    *model = NULL;
    p.architecture = architecture_of(&p.json);
    QP_TRY(p.json.status);
    check_keys(&p);
    p.architecture->configure(&p);
    QP_TRY(p.json.status);
    if (!begins) config.start_id = QP_START_NONE;
    if (qp_model_config_check(&config) != QP_OK) return qp_fail_in(QP_EDATA, source.place);
    qp_status status = qp_model_plan(&config, model);
    if (status != QP_OK) return qp_fail_in(status == QP_EUSAGE ? QP_EDATA : status, source.place);
    status = qp_weights_load(&source, &p.architecture->table, 1, &p.shape, qp_model_params(*model));
    if (status == QP_OK) return QP_OK;
    qp_model_free(*model);
    *model = NULL;
    return status;
}
