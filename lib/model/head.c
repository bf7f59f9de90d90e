#include "lib/model/head.h"

#include <math.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_norm.h"
#include "lib/model/config/layer_config.h"

static qp_init weights(const qp_model_config *c) { return qp_model_weight_init(c, 0); }

static void add_output(qp_head *head, qp_params *params, const qp_model_config *c, int width)
{
    int outputs = qp_model_outputs(c);
    if (head->output < 0) head->output = qp_params_add(params, outputs, width, weights(c), "head.weight");
    qp_params_multiply(params, head->output);
    if (c->bias) head->output_bias = qp_params_add(params, 1, outputs, qp_init_constant(0), "head.bias");
}

static void add_dense(qp_head *head, qp_params *params, const qp_model_config *c, int outputs, int width)
{
    head->dense = qp_params_add(params, outputs, width, weights(c), "head.dense.weight");
    qp_params_multiply(params, head->dense);
    if (c->bias) head->dense_bias = qp_params_add(params, 1, outputs, qp_init_constant(0), "head.dense.bias");
}

static qp_tensor dense(const qp_head *head, qp_tape *tape, qp_tensor x, int activation)
{
    x = qp_linear(tape, x, qp_param(tape, head->params, head->dense), qp_param(tape, head->params, head->dense_bias));
    const qp_activation_kind kind = (qp_activation_kind)activation;
    return qp_activation(tape, x, kind, qp_activation_slope(kind));
}

/* g(x) of head.h */
static qp_tensor pool(const qp_head *head, qp_tape *tape, qp_tensor x)
{
    static const int function[] = {[QP_POOLER_TANH] = QP_TANH, [QP_POOLER_RELU] = QP_RELU, [QP_POOLER_GELU] = QP_GELU};
    return head->pooler == QP_POOLER_NONE ? x : dense(head, tape, x, function[head->pooler]);
}

/* ---- one answer a source ---- */

static qp_status pooled_add(qp_head *head, qp_params *params, const qp_model_config *c, const qp_encoder *encoder,
                            int embedding)
{
    (void)embedding;
    head->pooling = qp_pooling_add(params, c, encoder);
    if (encoder->gives_scores) {
        head->dropout = 0;
        return QP_OK;
    }
    if (c->pooler != QP_POOLER_NONE) add_dense(head, params, c, head->pooling.width, head->pooling.width);
    add_output(head, params, c, head->pooling.width);
    return QP_OK;
}

static qp_tensor pooled_features(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                                 qp_model_maps *maps)
{
    (void)batch;
    qp_tensor x = pool(head, tape, qp_pooling_forward(&head->pooling, tape, encoded, maps));
    qp_model_maps_state(maps, QP_MAP_CROSS, 0, x);
    return qp_dropout(tape, x, head->dropout);
}

static qp_status match_add(qp_head *head, qp_params *params, const qp_model_config *c, const qp_encoder *encoder,
                           int embedding)
{
    (void)embedding;
    head->pooling = qp_pooling_add(params, c, encoder);
    head->unit = true;
    if (c->pooler != QP_POOLER_NONE) add_dense(head, params, c, head->pooling.width, head->pooling.width);
    if (c->vector_size) add_output(head, params, c, head->pooling.width);
    return QP_OK;
}

/* u(x) = x/|x| is RMS norm over the root of the columns; a row of zeros stays. */
static qp_tensor unit_rows(qp_tape *tape, qp_tensor x)
{
    return qp_scale(tape, qp_rms_norm(tape, x, (qp_tensor){0}, (qp_real)1e-12), (qp_real)(1 / sqrt(x.columns)));
}

/* ---- one answer for some of the source's rows ---- */

static bool check_rows(qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch)
{
    qp_sequences target = batch->target.sequences;
    int rows = qp_sequence_rows(target);
    if (!batch->source_row && rows > 0)
        qp_tape_fail(tape, QP_ESHAPE, "a batch without the source rows that its %d target rows read", rows);
    for (int i = 0; i < target.count && !qp_tape_failed(tape); i++) {
        int length = qp_sequence_length(encoded->sequences, i) - encoded->begin;
        for (int r = target.start[i]; r < target.start[i + 1]; r++)
            if (batch->source_row[r] < (encoded->begin ? -1 : 0) || /* -1: the token before the text */
                batch->source_row[r] >= length)
                qp_tape_fail(tape, QP_ESHAPE, "target row %d reads row %d of a source of %d", r, batch->source_row[r],
                             length);
    }
    return !qp_tape_failed(tape);
}

/* For every target row, the encoder output of the source row that it names: the first token of its word. last: of the
 * word's last token instead, the one before the next word. */
static qp_tensor token_rows(qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch, bool last)
{
    qp_sequences source = encoded->sequences, target = batch->target.sequences;
    if (qp_tape_failed(tape) || !check_rows(tape, encoded, batch)) return (qp_tensor){0};
    int rows = qp_sequence_rows(target);
    int32_t *row = qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *row);
    if (!row) return (qp_tensor){0};
    for (int i = 0; i < target.count; i++)
        for (int r = target.start[i]; r < target.start[i + 1]; r++) {
            int place = batch->source_row[r], length = qp_sequence_length(source, i) - encoded->begin;
            if (last) place = (r + 1 < target.start[i + 1] ? batch->source_row[r + 1] : length) - 1;
            row[r] = source.start[i] + encoded->begin + (place > batch->source_row[r] ? place : batch->source_row[r]);
        }
    return qp_gather(tape, encoded->output, rows, row);
}

/* The sequences that have rows. */
static qp_sequences without_empty(qp_tape *tape, qp_sequences s)
{
    int32_t *start = qp_tape_memory(tape, ((size_t)s.count + 1) * sizeof *start);
    qp_sequences made = {.start = start};
    if (!start) return made;
    start[0] = 0;
    for (int i = 0; i < s.count; i++)
        if (s.start[i + 1] > s.start[i]) start[++made.count] = s.start[i + 1];
    return made;
}

/* A conditional random field begins with zeros: every sequence of tags is equally likely. */
static void add_crf(qp_head *head, qp_params *params, int labels)
{
    qp_init zeros = qp_init_constant(0);
    head->transitions = qp_params_add(params, labels, labels, zeros, "head.transitions");
    head->start = qp_params_add(params, 1, labels, zeros, "head.start");
    head->end = qp_params_add(params, 1, labels, zeros, "head.end");
}

static qp_status tag_add(qp_head *head, qp_params *params, const qp_model_config *c, const qp_encoder *encoder,
                         int embedding)
{
    int width = encoder->output_width;
    (void)embedding;
    head->has_words = c->word_layers > 0;
    if (head->has_words) {
        int64_t kind = qp_model_kind_is_recurrent(c->encoder) ? c->encoder : QP_KIND_LSTM;
        qp_recurrent_config words = qp_model_recurrent_config(c, kind, 2 * width, (int)c->word_layers, true);
        QP_TRY(qp_recurrent_init(&head->words, params, &words, "head.words"));
        width = head->words.width;
    }
    if (c->pooler != QP_POOLER_NONE) add_dense(head, params, c, width, width);
    add_output(head, params, c, width);
    if (c->crf) add_crf(head, params, (int)c->labels);
    return QP_OK;
}

static qp_tensor tag_features(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                              qp_model_maps *maps)
{
    (void)maps;
    qp_tensor x = token_rows(tape, encoded, batch, false);
    if (head->has_words) {
        const qp_tensor word[] = {x, token_rows(tape, encoded, batch, true)};
        qp_recurrent_pass pass = {
            .tape = tape, .params = head->params, .sequences = without_empty(tape, batch->target.sequences)};
        x = qp_dropout(tape, qp_join_columns(tape, 2, word), head->dropout);
        if (qp_tape_failed(tape)) return (qp_tensor){0};
        x = qp_recurrent_forward(&head->words, &pass, x);
    }
    return qp_dropout(tape, pool(head, tape, x), head->dropout);
}

static qp_status mlm_add(qp_head *head, qp_params *params, const qp_model_config *c, const qp_encoder *encoder,
                         int embedding)
{
    int width = qp_model_word_size(c);
    add_dense(head, params, c, width, encoder->output_width);
    head->norm = qp_norm_add(params, width, (qp_norm_kind)c->norm_type, c->norm_epsilon, "head.norm");
    if (c->tied_embeddings || c->tied_embeddings_all) head->output = embedding;
    add_output(head, params, c, width);
    return QP_OK;
}

static qp_tensor mlm_features(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                              qp_model_maps *maps)
{
    (void)maps;
    qp_tensor x = dense(head, tape, token_rows(tape, encoded, batch, false), head->activation);
    return qp_norm_forward(&head->norm, tape, head->params, x);
}

/* ---- the table ---- */

static const qp_head_kind pooled = {pooled_add, pooled_features}, tag = {tag_add, tag_features},
                          mlm = {mlm_add, mlm_features}, match = {match_add, pooled_features};

static const qp_head_kind *const kinds[] = {
    [QP_TASK_TRANSLATE] = NULL,  [QP_TASK_LM] = NULL,         [QP_TASK_CLASSIFY] = &pooled, [QP_TASK_TAG] = &tag,
    [QP_TASK_REGRESS] = &pooled, [QP_TASK_AUTOENCODE] = NULL, [QP_TASK_MLM] = &mlm,         [QP_TASK_MATCH] = &match,
};

qp_status qp_head_init(qp_head *head, qp_params *params, const qp_model_config *config, const qp_encoder *encoder,
                       int embedding)
{
    *head = (qp_head){.kind = kinds[config->task],
                      .params = params,
                      .dense = -1,
                      .dense_bias = -1,
                      .output = -1,
                      .output_bias = -1,
                      .transitions = -1,
                      .start = -1,
                      .end = -1,
                      .activation = config->activation,
                      .pooler = config->pooler,
                      .dropout = (qp_real)config->dropout};
    return head->kind ? head->kind->add(head, params, config, encoder, embedding) : QP_OK;
}

void qp_head_free(qp_head *head)
{
    if (head->has_words) qp_recurrent_free(&head->words);
    *head = (qp_head){0};
}

bool qp_head_wants_summary(const qp_head *head) { return head->pooling.from_states; }

qp_crf qp_head_crf(const qp_head *head, qp_tape *tape)
{
    return (qp_crf){qp_param(tape, head->params, head->transitions), qp_param(tape, head->params, head->start),
                    qp_param(tape, head->params, head->end)};
}

qp_tensor qp_head_features(const qp_head *head, qp_tape *tape, const qp_encoded *encoded, const qp_batch *batch,
                           qp_model_maps *maps)
{
    return head->kind->features(head, tape, encoded, batch, maps);
}

qp_tensor qp_head_scores(const qp_head *head, qp_tape *tape, qp_tensor x)
{
    if (head->output >= 0) /* else the encoder gives the scores */
        x = qp_linear(tape, x, qp_param(tape, head->params, head->output),
                      qp_param(tape, head->params, head->output_bias));
    return head->unit && !qp_tape_failed(tape) ? unit_rows(tape, x) : x;
}
