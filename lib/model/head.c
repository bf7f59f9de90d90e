#include "lib/model/head.h"

#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_linear.h"

static qp_init weights(const qp_model_config *c) { return (qp_init){QP_INIT_XAVIER_UNIFORM, c->init_gain}; }

static void add_output(qp_head *head, qp_params *params, const qp_model_config *c, int width)
{
    int outputs = qp_model_outputs(c);
    if (head->output < 0) head->output = qp_params_add(params, outputs, width, weights(c), "head.weight");
    if (c->bias) head->output_bias = qp_params_add(params, 1, outputs, (qp_init){QP_INIT_CONSTANT, 0}, "head.bias");
}

/* ---- one answer a source ---- */

static void pooled_add(qp_head *head, qp_params *params, const qp_model_config *c, const qp_encoder *encoder, int embedding)
{
    (void)embedding;
    head->pooling = qp_pooling_add(params, c, encoder);
    add_output(head, params, c, head->pooling.width);
}

static qp_tensor pooled_features(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                                 qp_model_maps *maps)
{
    (void)batch;
    return qp_dropout(tape, qp_pooling_forward(&head->pooling, tape, encoded, maps), head->dropout);
}

/* ---- one answer for some of the source's rows ---- */

/* The rows of the memory that the target rows read. */
static qp_tensor rows_read(qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch)
{
    qp_sequences source = encoded->sequences, target = batch->target.sequences;
    int rows = target.count > 0 ? target.start[target.count] : 0;
    int32_t *row = qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *row);
    if (!row) return (qp_tensor){0};
    if (!batch->read && rows > 0)
        return qp_tape_fail(tape, QP_ESHAPE, "a batch that does not tell which source rows its %d target rows read", rows);
    for (int i = 0; i < target.count; i++)
        for (int r = target.start[i]; r < target.start[i] + qp_sequence_length(target, i); r++) {
            if (batch->read[r] < 0 || batch->read[r] >= qp_sequence_length(source, i))
                return qp_tape_fail(tape, QP_ESHAPE, "target row %d reads row %d of a source of %d", r, batch->read[r],
                                    qp_sequence_length(source, i));
            row[r] = source.start[i] + batch->read[r];
        }
    return qp_gather(tape, encoded->memory, rows, row);
}

static void tag_add(qp_head *head, qp_params *params, const qp_model_config *c, const qp_encoder *encoder, int embedding)
{
    (void)embedding;
    add_output(head, params, c, encoder->memory_width);
}

static qp_tensor tag_features(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                              qp_model_maps *maps)
{
    (void)maps;
    return qp_dropout(tape, rows_read(tape, encoded, batch), head->dropout);
}

static void mlm_add(qp_head *head, qp_params *params, const qp_model_config *c, const qp_encoder *encoder, int embedding)
{
    int width = (int)c->emb_size;
    head->dense = qp_params_add(params, width, encoder->memory_width, weights(c), "head.dense.weight");
    if (c->bias) head->dense_bias = qp_params_add(params, 1, width, (qp_init){QP_INIT_CONSTANT, 0}, "head.dense.bias");
    head->norm = qp_norm_add(params, width, c->norm_type == QP_NORM_RMS, c->norm_epsilon, "head.norm");
    if (c->tied_embeddings || c->tied_embeddings_all) head->output = embedding;
    add_output(head, params, c, width);
}

static qp_tensor mlm_features(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                              qp_model_maps *maps)
{
    (void)maps;
    qp_tensor x = qp_linear(tape, rows_read(tape, encoded, batch), qp_param(tape, head->params, head->dense),
                            qp_param(tape, head->params, head->dense_bias));
    x = qp_activation(tape, x, (qp_activation_kind)head->activation, 0);
    return qp_norm_forward(&head->norm, tape, head->params, x);
}

/* ---- the table ---- */

static const qp_head_kind pooled = {pooled_add, pooled_features}, tag = {tag_add, tag_features}, mlm = {mlm_add, mlm_features};

static const qp_head_kind *const kinds[] = {
    [QP_TASK_TRANSLATE] = NULL,  [QP_TASK_LM] = NULL,         [QP_TASK_CLASSIFY] = &pooled, [QP_TASK_TAG] = &tag,
    [QP_TASK_REGRESS] = &pooled, [QP_TASK_AUTOENCODE] = NULL, [QP_TASK_MLM] = &mlm,
};

void qp_head_init(qp_head *head, qp_params *params, const qp_model_config *config, const qp_encoder *encoder, int embedding)
{
    *head = (qp_head){.kind = kinds[config->task], .params = params, .dense = -1, .dense_bias = -1, .output = -1,
                      .output_bias = -1, .activation = config->activation, .dropout = (qp_real)config->dropout};
    if (head->kind) head->kind->add(head, params, config, encoder, embedding);
}

bool qp_head_wants_summary(const qp_head *head) { return head->pooling.from_states; }

qp_tensor qp_head_forward(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch, qp_model_maps *maps)
{
    qp_tensor x = head->kind->features(head, tape, encoded, batch, maps);
    return qp_linear(tape, x, qp_param(tape, head->params, head->output), qp_param(tape, head->params, head->output_bias));
}
