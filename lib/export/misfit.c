#include "lib/export/misfit.h"

#include <stdio.h>
#include <string.h>

/* Fields that no transformer reads, or training alone. */
static bool is_ignored(const char *name)
{
    static const char *const ignored[] = {
        "hidden_size", "bidirectional", "direction_merge", "attention", "attention_size", "coverage_weight",
        "input_feeding", "context_feeding", "rnn_activation", "rnn_residual", "highway", "rnn_norm", "learned_state",
        "forget_bias", "recurrent_dropout", "zoneout", "zoneout_cell", "variational_dropout", "kernel_size", "dilation",
        "separable", "mamba_state", "mamba_expand", "mamba_rank", "mamba_kernel", "experts_balance", "experts_z_loss",
        "lm_window", "carry", "dropout", "attention_dropout", "ff_dropout", "input_noise", "layer_drop",
        "stochastic_depth", "stochastic_depth_mode", "embedding_dropout", "word_dropout_src", "word_dropout_tgt",
        "word_drop", "word_swap",
        "mixup", "init", "init_gain", "loss", "focal_gamma", "loss_weight", "bottleneck", "codebook", "codes",
        "variational", "kl_weight", "features", "horizon", "quantiles"};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (strcmp(ignored[i], name) == 0) return true;
    return false;
}

static int switch_of(bool on) { return on ? QP_SWITCH_ON : QP_SWITCH_OFF; }

/* Writes out what "auto" and 0 mean; what the model does not have becomes 0. first: what the decoder reads first. */
static void settle_parts(qp_model_config *m, int32_t first)
{
    bool decodes = qp_model_task_has_decoder(m->task);
    if (m->encoder == QP_KIND_NONE) m->enc_layers = m->src_vocab_size = 0;
    if (!decodes) m->dec_layers = m->tgt_vocab_size = 0;
    if (!decodes) m->start_id = 0;
    if (!decodes) m->output_bias = QP_SWITCH_AUTO;
    if (decodes && m->start_id == -1) m->start_id = first;
    if (m->task == QP_TASK_LM) m->begin_token = false;
    if (m->task != QP_TASK_TRANSLATE) m->tied_embeddings_all = false;
    if (m->tied_embeddings_all) m->tied_embeddings = true;
    m->pooling = m->task == QP_TASK_CLASSIFY ? qp_model_pooling(m) : 0;
    if (!decodes) return;
    m->output_bias = switch_of(qp_model_switch(m->output_bias, m->bias && !qp_model_ties_output(m)));
}

static void settle_layers(qp_model_config *m)
{
    const qp_model_config was = *m;
    bool plain = m->rope_scaling == QP_ROPE_PLAIN;
    if (!m->kv_heads) m->kv_heads = m->heads;
    m->head_size = qp_model_head_size(m);
    m->word_size = qp_model_word_size(m);
    m->qkv_bias = switch_of(qp_model_switch(m->qkv_bias, m->bias));
    m->attention_bias = switch_of(qp_model_switch(m->attention_bias, m->bias));
    m->ff_bias = switch_of(qp_model_switch(m->ff_bias, m->bias));
    if (m->pos != QP_POS_RELATIVE) m->relative_buckets = m->relative_far = 0;
    if (m->pos != QP_POS_SINUSOIDAL) m->first_position = 0;
    if (m->pos != QP_POS_SINUSOIDAL) m->sinusoid = 0;
    if (!m->rope_size) m->rope_size = m->head_size;
    if (!m->rope_length) m->rope_length = m->max_length;
    if (m->pos != QP_POS_ROPE) m->rope_base = (double)(m->rope_size = 0);
    if (m->pos != QP_POS_ROPE) m->rope_scaling = QP_ROPE_PLAIN;
    if (m->pos != QP_POS_ROPE || plain)
        m->rope_factor = m->rope_slow = m->rope_fast = m->rope_magnitude = (double)(m->rope_length = 0);
    if (!m->experts) m->experts_per_token = 0;
    memset(m->window_layers, 0, sizeof m->window_layers);
    if (!m->attention_window) return;
    for (int i = 0; i < m->dec_layers && i < 128; i++) m->window_layers[i] = qp_model_has_window(&was, i) ? '1' : '0';
}

static void add_difference(qp_misfit *m, const qp_field *field, const char *value)
{
    char name[64];
    size_t used = strlen(m->list);
    snprintf(name, sizeof name, "%s", field->name);
    for (char *at = name; (at = strchr(at, '_'));) *at = '-';
    if (m->count++ && used + 1 < QP_MISFIT_BYTES) used += (size_t)snprintf(m->list + used, QP_MISFIT_BYTES - used, " ");
    if (used >= QP_MISFIT_BYTES) return;
    bool flag = field->kind == QP_FIELD_BOOL;
    snprintf(m->list + used, QP_MISFIT_BYTES - used, "--%s%s%s", name, flag ? "=" : " ", value);
}

void qp_misfit_find(qp_model_config *ours, qp_model_config *theirs, int32_t first, qp_misfit *m)
{
    char mine[QP_FIELD_TEXT_BYTES], other[QP_FIELD_TEXT_BYTES];
    settle_parts(ours, first);
    settle_parts(theirs, first);
    settle_layers(ours);
    settle_layers(theirs);
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        if (is_ignored(field->name)) continue;
        qp_config_get(field, ours, mine, sizeof mine);
        qp_config_get(field, theirs, other, sizeof other);
        if (*other && strcmp(mine, other) != 0) add_difference(m, field, other); /* "": no option sets that */
    }
}
