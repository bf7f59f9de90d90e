#include "lib/export/gguf_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/export/gguf_tokens.h"
#include "lib/export/hf_choice.h"
#include "lib/import/gguf/gguf_blocks.h"
#include "lib/import/gguf/gguf_plan.h"

typedef struct {
    const qp_gguf_architecture *architecture;
    const qp_model_config *model;
    qp_weight_shape shape;
    qp_gguf_keys keys;
    char key[120];
} output;

/* ---- the architecture ---- */

static const qp_gguf_architecture *architecture_named(const char *name)
{
    for (const qp_gguf_architecture *a = qp_gguf_architectures; a->name; a++)
        if (strcmp(a->name, name) == 0) return a;
    return NULL;
}

static qp_status choose(const qp_package *p, const char *place, output *o)
{
    const qp_hf_written written = {place, p->model, NULL, NULL, qp_model_special(p->model, true)};
    qp_hf_choice choice;
    if (o->model->task != QP_TASK_LM)
        return qp_fail(QP_EUSAGE, "%s: GGUF files are of language models; train one with --task lm", place);
    QP_TRY(qp_hf_choose(&written, &choice));
    free(choice.config);
    o->architecture = architecture_named(choice.family->model_type);
    o->shape = choice.shape;
    o->shape.prefix = NULL;
    if (!o->architecture)
        return qp_fail(QP_EUSAGE, "%s: a model of the kind %s cannot be written as GGUF; llama, qwen2 and gpt2 can",
                       place, choice.family->model_type);
    if (o->model->pos == QP_POS_ROPE && o->model->rope_scaling == QP_ROPE_DYNAMIC)
        return qp_fail(QP_EUSAGE, "%s: --rope-scaling dynamic cannot be written as GGUF; linear, llama3 and yarn can",
                       place);
    return QP_OK;
}

/* ---- keys ---- */

static const char *key(output *o, const char *name)
{
    snprintf(o->key, sizeof o->key, "%s.%s", o->architecture->name, name);
    return o->key;
}

static void put_number(output *o, const char *name, int64_t value)
{
    qp_gguf_put_number(&o->keys, key(o, name), (uint32_t)value);
}

static void put_real(output *o, const char *name, double value) { qp_gguf_put_real(&o->keys, key(o, name), value); }

static void put_rope(output *o)
{
    const qp_model_config *m = o->model;
    put_real(o, "rope.freq_base", m->rope_base);
    put_number(o, "rope.dimension_count", m->rope_size ? m->rope_size : o->shape.head_width);
    if (m->rope_scaling != QP_ROPE_LINEAR && m->rope_scaling != QP_ROPE_YARN) return;
    bool yarn = m->rope_scaling == QP_ROPE_YARN;
    qp_gguf_put_text(&o->keys, key(o, "rope.scaling.type"), yarn ? "yarn" : "linear");
    put_real(o, "rope.scaling.factor", m->rope_factor);
    put_number(o, "rope.scaling.original_context_length", m->rope_length ? m->rope_length : m->max_length);
    if (!yarn) return;
    put_real(o, "rope.scaling.yarn_beta_fast", m->rope_fast);
    put_real(o, "rope.scaling.yarn_beta_slow", m->rope_slow);
}

static void put_model_keys(output *o, uint32_t type)
{
    const qp_model_config *m = o->model;
    bool layer = m->norm_type == QP_NORM_LAYER;
    qp_gguf_put_text(&o->keys, "general.architecture", o->architecture->name);
    qp_gguf_put_number(&o->keys, "general.file_type", type == QP_GGUF_Q8_0 ? 7 : type); /* LLAMA_FTYPE_... */
    if (type == QP_GGUF_Q8_0) qp_gguf_put_number(&o->keys, "general.quantization_version", 2);
    put_number(o, "context_length", m->max_length);
    put_number(o, "embedding_length", m->emb_size);
    put_number(o, "block_count", m->dec_layers);
    put_number(o, "feed_forward_length", m->ff_size);
    put_number(o, "attention.head_count", m->heads);
    if (m->kv_heads) put_number(o, "attention.head_count_kv", m->kv_heads);
    if (m->head_size) put_number(o, "attention.key_length", m->head_size);
    if (m->head_size) put_number(o, "attention.value_length", m->head_size);
    put_real(o, layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", m->norm_epsilon);
    if (m->pos == QP_POS_ROPE) put_rope(o);
}

static void put_roles(output *o, const qp_package *p)
{
    const qp_special_ids ids = qp_model_special(p->model, true);
    bool begins = o->model->start_id != QP_START_NONE;
    int32_t begin = begins ? qp_model_first_token(p->model) : ids.begin;
    if (begin >= 0) qp_gguf_put_number(&o->keys, "tokenizer.ggml.bos_token_id", (uint32_t)begin);
    if (ids.end >= 0) qp_gguf_put_number(&o->keys, "tokenizer.ggml.eos_token_id", (uint32_t)ids.end);
    if (ids.pad >= 0) qp_gguf_put_number(&o->keys, "tokenizer.ggml.padding_token_id", (uint32_t)ids.pad);
    qp_gguf_put_flag(&o->keys, "tokenizer.ggml.add_bos_token", begins);
}

/* ---- arrays ---- */

/* Row i of a half of each head becomes row 2i, or 2i + 1 for the second half. */
static bool make_pairs(qp_weight_written *a, int head)
{
    const size_t width = a->dimensions > 1 ? (size_t)a->shape[1] : 1, bytes = width * sizeof *a->value;
    qp_real *made = malloc((size_t)a->shape[0] * bytes);
    for (int64_t r = 0; made && r < a->shape[0]; r++) {
        const int64_t in = r % head, from = r - in + in / 2 + in % 2 * (head / 2);
        memcpy(made + (size_t)r * width, a->value + (size_t)from * width, bytes);
    }
    if (made) a->value = a->made = made;
    return made != NULL;
}

static bool is_turned(const char *name)
{
    const char *part = strstr(name, ".attn_");
    return part && (strncmp(part, ".attn_q.", 8) == 0 || strncmp(part, ".attn_k.", 8) == 0);
}

/* What the angles of Llama 3 are divided by. */
static bool add_divisors(const output *o, qp_weight_list *list)
{
    int pairs = (int)(o->model->rope_size ? o->model->rope_size : o->shape.head_width) / 2;
    qp_real *divisor = malloc((size_t)pairs * sizeof *divisor);
    if (!divisor || !QP_GROW(list->array, list->room, list->count + 1)) {
        free(divisor);
        return false;
    }
    for (int i = 0; i < pairs; i++) divisor[i] = (qp_real)qp_gguf_llama3_divisor(o->model, i, pairs);
    list->array[list->count++] = (qp_weight_written){
        .name = "rope_freqs.weight", .dimensions = 1, .shape = {pairs, 1}, .value = divisor, .made = divisor};
    return true;
}

/* Llama has the arrays of qwen2, with the rows of queries and keys in another order (make_pairs). */
static qp_status make_list(const output *o, const qp_package *p, const char *place, qp_weight_list *list)
{
    bool llama = o->architecture == &qp_gguf_architectures[QP_GGUF_LLAMA], enough = true;
    const qp_weight_table *table = llama ? &architecture_named("qwen2")->table : &o->architecture->table;
    QP_TRY(qp_weight_list_make(qp_model_params(p->model), table, 1, &o->shape, false, list));
    if (list->without)
        return qp_fail(QP_EUSAGE, "%s: GGUF files have no array for %s", place, list->without);
    for (size_t i = 0; llama && i < list->count; i++)
        if (is_turned(list->array[i].name)) enough = enough && make_pairs(&list->array[i], o->shape.head_width);
    if (o->model->rope_scaling == QP_ROPE_LLAMA3 && o->model->pos == QP_POS_ROPE)
        enough = enough && add_divisors(o, list);
    return enough ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory for its arrays", place);
}

qp_status qp_gguf_export(const qp_package *p, const char *place, const char *path, uint32_t type)
{
    output o = {.model = qp_model_config_of(p->model)};
    qp_weight_list list = {0};
    QP_TRY(choose(p, place, &o));
    put_model_keys(&o, type);
    qp_status status = qp_gguf_put_tokens(&o.keys, place, p->target, (int)o.model->tgt_vocab_size);
    put_roles(&o, p);
    if (status == QP_OK) status = make_list(&o, p, place, &list);
    if (status == QP_OK) status = qp_gguf_save(path, &o.keys, &list, type);
    qp_text_free(&o.keys.keys);
    qp_weight_list_free(&list);
    return status;
}
