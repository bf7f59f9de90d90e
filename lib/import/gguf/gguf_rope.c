#include <math.h>
#include <string.h>

#include "lib/import/gguf/gguf_plan.h"

enum { PAIRS = 32768 };

/* ---- Llama 3 ---- */

/* Turns of pair i over one token, if nothing is scaled. */
static double turns_of(const qp_model_config *m, int pair, int pairs)
{
    const double pi = 3.14159265358979323846;
    return pow(m->rope_base, -(double)pair / pairs) / (2 * pi);
}

/* 1 / divisor = 1 / factor + (1 - 1 / factor) clamp((length turns - slow) / (fast - slow), 0, 1) */
double qp_gguf_llama3_divisor(const qp_model_config *m, int pair, int pairs)
{
    double turns = (double)m->rope_length * turns_of(m, pair, pairs);
    double part = fmin(fmax((turns - m->rope_slow) / (m->rope_fast - m->rope_slow), 0), 1);
    return 1 / (1 / m->rope_factor + (1 - 1 / m->rope_factor) * part);
}

/* The converters of llama.cpp write the divisors and keep neither factor nor length; they are found again here, with
 * slow 1 and fast 4, as in all models of Llama 3. A divisor between 1 and the factor gives the length; without one, it
 * is that with which the slowest unscaled pair makes 4 turns. False: the divisors are of another kind. */
static bool find_llama3(qp_model_config *m, const qp_real *divisor, int pairs)
{
    double factor = 1, length = 0, unscaled = 1 / turns_of(m, 0, pairs);
    for (int i = 0; i < pairs; i++) factor = fmax(factor, (double)divisor[i]);
    for (int i = 0; i < pairs; i++) {
        double part = (1 / (double)divisor[i] - 1 / factor) / (1 - 1 / factor), turns = turns_of(m, i, pairs);
        if (part > 1 - 1e-4) unscaled = ceil(4 / turns);
        if (part > 1e-4 && part < 1 - 1e-4) length = (1 + 3 * part) / turns;
    }
    if (length == 0) length = unscaled;
    if (factor > 1e6 || !(length >= 1 && length < 16777216)) return false;
    m->rope_scaling = QP_ROPE_LLAMA3;
    m->rope_factor = factor;
    m->rope_length = (int64_t)round(length);
    m->rope_slow = 1;
    m->rope_fast = 4;
    for (int i = 0; i < pairs; i++) {
        double wanted = qp_gguf_llama3_divisor(m, i, pairs);
        if (!(fabs((double)divisor[i] - wanted) <= 1e-5 * wanted)) return false;
    }
    return true;
}

static void read_divisors(qp_gguf_plan *p, int index)
{
    const qp_weight_array a = p->source->at(p->source->self, index);
    int pairs = (int)p->model->rope_size / 2;
    qp_real divisor[PAIRS];
    bool plain = true, possible = true;
    if (p->json.status != QP_OK) return;
    if (a.count != (size_t)pairs || pairs > PAIRS) {
        qp_json_config_refuse(&p->json, a.name, "not one number for each rotated pair");
        return;
    }
    p->json.status = p->source->read(p->source->self, index, divisor);
    for (int i = 0; p->json.status == QP_OK && i < pairs; i++) {
        plain = plain && divisor[i] == 1;
        possible = possible && divisor[i] >= 1 && isfinite((double)divisor[i]);
    }
    if (plain || p->json.status != QP_OK) return;
    if (!possible || p->model->rope_scaling != QP_ROPE_PLAIN || !find_llama3(p->model, divisor, pairs))
        qp_json_config_refuse(&p->json, a.name, "not the frequencies of Llama 3");
}

/* ---- the keys ---- */

static void only_one(qp_gguf_plan *p, const char *name)
{
    if (qp_gguf_real(p, name, 1) != 1) qp_gguf_refuse(p, name, "not 1");
}

static void scaling(qp_gguf_plan *p)
{
    qp_model_config *m = p->model;
    double factor = qp_gguf_real(p, "rope.scaling.factor", qp_gguf_real(p, "rope.scale_linear", 0));
    const char *kind = qp_json_config_text(&p->json, qp_gguf_key(p, "rope.scaling.type"), "linear");
    only_one(p, "rope.scaling.attn_factor");
    only_one(p, "rope.scaling.yarn_attn_factor");
    only_one(p, "rope.scaling.yarn_ext_factor");
    if (strcmp(kind, "none") == 0 || factor == 0 || factor == 1) return; /* 0: none */
    if (!(factor >= 1 && factor <= 1e6)) qp_gguf_refuse(p, "rope.scaling.factor", "out of range");
    m->rope_factor = factor;
    m->rope_length = qp_gguf_whole(p, "rope.scaling.original_context_length", 16777216, m->max_length);
    if (strcmp(kind, "linear") == 0) {
        m->rope_scaling = QP_ROPE_LINEAR;
    } else if (strcmp(kind, "yarn") == 0) {
        m->rope_scaling = QP_ROPE_YARN;
        m->rope_slow = qp_gguf_real(p, "rope.scaling.yarn_beta_slow", 1);
        m->rope_fast = qp_gguf_real(p, "rope.scaling.yarn_beta_fast", 32);
    } else {
        qp_gguf_refuse(p, "rope.scaling.type", "not one of none, linear, yarn");
    }
}

void qp_gguf_rope(qp_gguf_plan *p)
{
    qp_model_config *m = p->model;
    m->pos = QP_POS_ROPE;
    m->rope_base = qp_gguf_real(p, "rope.freq_base", 10000);
    m->rope_size = qp_gguf_whole(p, "rope.dimension_count", 65536, p->shape.head_width);
    p->shape.rotated = (int)m->rope_size;
    if (m->rope_size < 2 || m->rope_size % 2 != 0 || m->rope_size > p->shape.head_width)
        qp_gguf_refuse(p, "rope.dimension_count", "not an even number of columns of each head");
    if (!(m->rope_base >= 1 && m->rope_base <= 1e12)) qp_gguf_refuse(p, "rope.freq_base", "out of range");
    scaling(p);
    int divisors = qp_gguf_array_index(p, "rope_freqs.weight");
    if (divisors >= 0) read_divisors(p, divisors);
}
