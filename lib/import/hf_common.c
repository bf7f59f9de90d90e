#include "lib/import/hf_family.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tensor/kernels/kernel_types.h"
#include "lib/text/json_dump.h"

/* Several names of one function: the first is written. */
static const struct {
    const char *name;
    int function;
} activations[] = {{"relu", QP_RELU},
                   {"gelu", QP_GELU},
                   {"gelu_python", QP_GELU},
                   {"gelu_new", QP_GELU_TANH},
                   {"gelu_fast", QP_GELU_TANH},
                   {"gelu_pytorch_tanh", QP_GELU_TANH},
                   {"gelu_accurate", QP_GELU_TANH},
                   {"gelu_python_tanh", QP_GELU_TANH},
                   {"silu", QP_SILU},
                   {"swish", QP_SILU},
                   {"tanh", QP_TANH},
                   {"sigmoid", QP_SIGMOID},
                   {"linear", QP_IDENTITY},
                   {"leaky_relu", QP_LEAKY_RELU}};
enum { ACTIVATIONS = sizeof activations / sizeof *activations };

int qp_hf_activation(qp_json_config *json, const char *keys, const char *fallback)
{
    return qp_hf_activation_named(json, keys, qp_json_config_text(json, keys, fallback));
}

int qp_hf_activation_named(qp_json_config *json, const char *keys, const char *name)
{
    char why[128];
    for (int i = 0; i < ACTIVATIONS; i++)
        if (strcmp(activations[i].name, name) == 0) return activations[i].function;
    snprintf(why, sizeof why, "%.40s is not one of relu, leaky_relu, gelu, gelu_new, silu, tanh, sigmoid", name);
    qp_json_config_refuse(json, keys, why);
    return QP_RELU;
}

/* Of a function without a name there: relu, so that reading it again shows the difference. */
void qp_hf_put_activation(qp_text_buffer *json, const char *key, int function)
{
    int found = 0;
    while (found < ACTIVATIONS && activations[found].function != function) found++;
    qp_json_put_text(json, key, activations[found < ACTIVATIONS ? found : 0].name);
}

void qp_hf_decoder(qp_hf_plan *plan)
{
    plan->model->task = QP_TASK_LM;
    plan->model->encoder = QP_KIND_NONE;
    plan->model->decoder = QP_KIND_TRANSFORMER;
    plan->model->scale_embeddings = false;
    qp_json_config_same_flag(plan->json, "add_cross_attention", false, false);
}

bool qp_hf_tied(qp_hf_plan *plan, const char *output, bool fallback)
{
    bool there = qp_weights_have(plan->source, &plan->shape, output);
    if (qp_json_config_flag(plan->json, "tie_word_embeddings", fallback)) return true;
    if (!there && plan->class && !strstr(plan->class->name, "LM")) return true; /* a body without its output layer */
    if (!there) qp_json_config_refuse(plan->json, "tie_word_embeddings", "false, but the weights have no output layer");
    return false;
}

/* An array's number, or -1. */
static int number_of(const qp_hf_plan *plan, const char *name)
{
    const qp_weight_source *s = plan->source;
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->at(s->self, i).name, name) == 0) return i;
    return -1;
}

qp_real *qp_hf_array(const qp_hf_plan *plan, const char *name, size_t *count)
{
    int number = number_of(plan, name);
    if (number < 0) return NULL;
    *count = plan->source->at(plan->source->self, number).count;
    qp_real *value = malloc((*count + 1) * sizeof *value);
    if (value && plan->source->read(plan->source->self, number, value) == QP_OK) return value;
    free(value);
    return NULL;
}

bool qp_hf_same_array(const qp_hf_plan *plan, const char *one, const char *other)
{
    size_t counts[2] = {0, 0};
    qp_real *a = qp_hf_array(plan, one, &counts[0]), *b = a ? qp_hf_array(plan, other, &counts[1]) : NULL;
    bool same = b && counts[0] == counts[1] && memcmp(a, b, counts[0] * sizeof *a) == 0;
    free(a);
    free(b);
    return same;
}

bool qp_hf_is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* ---- sizes ---- */

void qp_hf_sizes(qp_hf_plan *plan, const char *width, const char *layers, const char *heads)
{
    qp_model_config *m = plan->model;
    qp_hf_decoder(plan);
    m->emb_size = qp_json_config_need(plan->json, width, 1, 65536);
    m->dec_layers = qp_json_config_need(plan->json, layers, 0, 128);
    m->heads = qp_json_config_need(plan->json, heads, 1, 1024);
    m->tgt_vocab_size = qp_json_config_need(plan->json, "vocab_size", 1, 16777216);
    m->norm_epsilon = qp_json_config_real(plan->json, "layer_norm_epsilon|layer_norm_eps", 1e-5);
    m->ff_size = 4 * m->emb_size;
    plan->shape.heads = plan->shape.kv_heads = (int)m->heads;
    plan->shape.head_width = plan->shape.rotated = (int)(m->emb_size / m->heads);
    if (m->emb_size % m->heads != 0) qp_json_config_refuse(plan->json, heads, "does not divide the width");
}

void qp_hf_inner(qp_hf_plan *plan, const char *keys)
{
    plan->model->ff_size = qp_json_config_whole(plan->json, keys, 1, 1048576, plan->model->ff_size);
}

void qp_hf_learned(qp_hf_plan *plan, const char *keys, int skipped)
{
    plan->model->pos = QP_POS_LEARNED;
    plan->model->max_length = qp_json_config_need(plan->json, keys, 1, 1048576);
    plan->shape.skipped = skipped;
}

/* ---- classes ---- */

static void keep_labels(qp_hf_plan *plan, json_t *names)
{
    plan->model->labels = (int64_t)json_array_size(names);
    if (names && !plan->labels) plan->labels = qp_json_dump(names, JSON_COMPACT);
    json_decref(names);
    if (!plan->labels && plan->json->status == QP_OK)
        plan->json->status = qp_fail(QP_EMEMORY, "%s: out of memory for its classes", plan->json->place);
}

/* A text may have several labels, or none. */
static void read_problem_type(qp_hf_plan *plan)
{
    const json_t *type = qp_json_config_find(plan->json, "problem_type");
    if (plan->class->task == QP_TASK_CLASSIFY && json_is_string(type))
        plan->model->multi_label = strcmp(json_string_value(type), "multi_label_classification") == 0;
}

void qp_hf_labels(qp_hf_plan *plan)
{
    read_problem_type(plan);
    const json_t *object = qp_json_config_find(plan->json, "id2label");
    size_t count = json_object_size(object);
    char number[24];
    if (!json_is_object(object) || count == 0) {
        int64_t classes = qp_json_config_whole(plan->json, "num_labels", 2, 2, 2);
        if (classes == 2) qp_hf_two_labels(plan, "LABEL_0", "LABEL_1");
        return;
    }
    json_t *names = json_array();
    for (size_t i = 0; names && i < count; i++) {
        snprintf(number, sizeof number, "%zu", i);
        json_t *name = json_object_get(object, number);
        if (!json_is_string(name)) qp_json_config_refuse(plan->json, "id2label", "not a name for every class");
        if (json_is_string(name)) json_array_append(names, name);
    }
    keep_labels(plan, names);
}

void qp_hf_two_labels(qp_hf_plan *plan, const char *first, const char *second)
{
    keep_labels(plan, json_pack("[ss]", first, second));
}

/* ---- rotary positions ---- */

#define NAME(id, text) [id] = text,
static const char *const rope_name[] = {QP_ROPE_SCALINGS(NAME)};
#undef NAME

static int rope_kind(qp_json_config *json)
{
    const char *wanted = qp_json_config_text(json, "rope_parameters.rope_type|rope_scaling.rope_type|rope_scaling.type",
                                             "default");
    if (strcmp(wanted, "default") == 0) return QP_ROPE_PLAIN;
    for (int i = QP_ROPE_LINEAR; i <= QP_ROPE_YARN; i++)
        if (strcmp(wanted, rope_name[i]) == 0) return i;
    qp_json_config_refuse(json, "rope_type", "not one of default, linear, dynamic, llama3, yarn");
    return QP_ROPE_PLAIN;
}

/* A value of rope_parameters or rope_scaling. */
static double rope_value(qp_json_config *json, const char *key, double fallback)
{
    char keys[128];
    snprintf(keys, sizeof keys, "rope_parameters.%s|rope_scaling.%s", key, key);
    return qp_json_config_real(json, keys, fallback);
}

/* The factor on the rotated vectors. DeepSeek's two magnitudes count together only. */
static double yarn_magnitude(qp_json_config *json, double factor)
{
    double given = rope_value(json, "attention_factor", 0), both[] = {rope_value(json, "mscale", 0),
                                                                      rope_value(json, "mscale_all_dim", 0)};
    if (given != 0 || both[0] == 0 || both[1] == 0) return given;
    double magnitude = (0.1 * both[0] * log(factor) + 1) / (0.1 * both[1] * log(factor) + 1);
    if (!(magnitude > 0 && magnitude <= 1e6)) qp_json_config_refuse(json, "mscale", "out of range");
    return magnitude;
}

/* Base and scaling; share: the part of each head that turns. */
static void read_rope(qp_hf_plan *plan, double share)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    int width = qp_model_head_size(m);
    double length = rope_value(json, "original_max_position_embeddings",
                               qp_json_config_real(json, "original_max_position_embeddings", (double)m->max_length));
    m->rope_base = qp_json_config_real(json, "rope_parameters.rope_theta|rope_theta|rotary_emb_base",
                                       plan->rope_base > 0 ? plan->rope_base : 10000);
    m->rope_scaling = rope_kind(json);
    m->rope_size = share > 0 && share <= 1 ? (int64_t)(width * share) : 0;
    if (m->rope_size < 2 || m->rope_size % 2 != 0)
        qp_json_config_refuse(json, "partial_rotary_factor", "not an even number of columns of each head");
    if (!(m->rope_base >= 1 && m->rope_base <= 1e12)) qp_json_config_refuse(json, "rope_theta", "out of range");
    if (m->rope_scaling == QP_ROPE_PLAIN) return;
    m->rope_factor = rope_value(json, "factor", m->rope_scaling == QP_ROPE_YARN ? (double)m->max_length / length : 1);
    if (!(m->rope_factor >= 1 && m->rope_factor <= 1e6)) qp_json_config_refuse(json, "rope factor", "out of range");
    if (!(length >= 1 && length <= 16777216)) length = 0;
    if (length == 0) qp_json_config_refuse(json, "original_max_position_embeddings", "out of range");
    m->rope_length = (int64_t)length;
    if (m->rope_scaling == QP_ROPE_DYNAMIC) { /* max_position_embeddings is the length that was learned */
        m->rope_length = m->max_length;
        m->max_length = (int64_t)fmin((double)m->max_length * m->rope_factor, 1048576);
    }
    if (m->rope_scaling == QP_ROPE_LLAMA3) {
        m->rope_slow = rope_value(json, "low_freq_factor", 1);
        m->rope_fast = rope_value(json, "high_freq_factor", 4);
    } else {
        m->rope_slow = rope_value(json, "beta_slow", 1);
        m->rope_fast = rope_value(json, "beta_fast", 32);
    }
    if (m->rope_scaling != QP_ROPE_YARN) return;
    m->rope_magnitude = yarn_magnitude(json, m->rope_factor);
    if (!qp_json_config_flag(json, "rope_parameters.truncate|rope_scaling.truncate", true))
        qp_json_config_refuse(json, "truncate", "false: other frequencies of yarn");
}

void qp_hf_rotary(qp_hf_plan *plan, double share)
{
    qp_model_config *m = plan->model;
    m->pos = QP_POS_ROPE;
    read_rope(plan, share);
    plan->shape.rotated = (int)m->rope_size;
}

void qp_hf_put_rope(qp_text_buffer *json, const qp_model_config *m)
{
    bool ends = m->rope_scaling == QP_ROPE_LLAMA3 || m->rope_scaling == QP_ROPE_YARN; /* has two frequencies */
    bool llama3 = m->rope_scaling == QP_ROPE_LLAMA3;
    qp_json_key(json, "rope_parameters");
    qp_json_open(json, '{');
    qp_json_put_text(json, "rope_type", m->rope_scaling == QP_ROPE_PLAIN ? "default" : rope_name[m->rope_scaling]);
    qp_json_put_number(json, "rope_theta", m->rope_base);
    if (m->rope_scaling != QP_ROPE_PLAIN) qp_json_put_number(json, "factor", m->rope_factor);
    if (ends || (m->rope_scaling == QP_ROPE_LINEAR && m->rope_length && m->rope_length != m->max_length))
        qp_json_put_integer(json, "original_max_position_embeddings", m->rope_length ? m->rope_length : m->max_length);
    if (ends) qp_json_put_number(json, llama3 ? "low_freq_factor" : "beta_slow", m->rope_slow);
    if (ends) qp_json_put_number(json, llama3 ? "high_freq_factor" : "beta_fast", m->rope_fast);
    if (m->rope_magnitude > 0) qp_json_put_number(json, "attention_factor", m->rope_magnitude);
    qp_json_close(json, '}');
}
