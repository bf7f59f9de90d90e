#include <math.h>
#include <string.h>

#include "lib/grad/loss/op_crf.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/loss/op_loss_element.h"
#include "lib/grad/loss/op_loss_pair.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/penalty.h"
#include "lib/model/augment.h"
#include "lib/model/model_internal.h"
#include "lib/model/model_loss.h"

int32_t qp_model_first_token(const qp_model *model)
{
    if (model->config.lm_window) return model->target_special.end;
    return model->config.start_id >= 0 ? (int32_t)model->config.start_id : model->target_special.begin;
}

/* The decoder reads its first token, then the target without its last token. */
static const int32_t *shift_right(qp_tape *tape, qp_ids target, int32_t first_token)
{
    int32_t *input = qp_tape_memory(tape, (size_t)qp_sequence_rows(target.sequences) * sizeof *input);
    if (!input) return NULL;
    for (int i = 0; i < target.sequences.count; i++) {
        int first = target.sequences.start[i], length = qp_sequence_length(target.sequences, i);
        for (int j = 0; j < length; j++) input[first + j] = j == 0 ? first_token : target.id[first + j - 1];
    }
    return input;
}

/* Put the class token before every source: its id, or only room for its row. */
static bool put_class_token(qp_tape *tape, int32_t class_token, qp_encoder_input *input)
{
    qp_sequences s = input->sequences;
    size_t rows = (size_t)qp_sequence_rows(s), count = (size_t)s.count;
    int32_t *start = qp_tape_memory(tape, (count + 1) * sizeof *start);
    int32_t *id = input->id ? qp_tape_memory(tape, (rows + count + 1) * sizeof *id) : NULL;
    int32_t *segment = input->segment ? qp_tape_memory(tape, (rows + count + 1) * sizeof *segment) : NULL;
    if (qp_tape_failed(tape)) return false;
    for (int i = 0; i < s.count; i++) {
        start[i] = s.start[i] + i;
        if (!id) continue; /* the embedding puts the vector before rows of numbers */
        id[start[i]] = class_token;
        memcpy(id + start[i] + 1, input->id + s.start[i], (size_t)qp_sequence_length(s, i) * sizeof *id);
        if (!segment) continue;
        segment[start[i]] = 0;
        memcpy(segment + start[i] + 1, input->segment + s.start[i], (size_t)qp_sequence_length(s, i) * sizeof *segment);
    }
    start[s.count] = qp_sequence_rows(s) + s.count;
    *input = (qp_encoder_input){
        .sequences = {.count = s.count, .start = start}, .id = id, .value = input->value, .segment = segment};
    return true;
}

bool qp_model_encode(const qp_model *model, qp_tape *tape, qp_encoder_input input, const qp_batch *batch,
                     qp_model_maps *maps, qp_encoded *encoded)
{
    if (model->has_class_token && !put_class_token(tape, model->source_special.begin, &input)) return false;
    bool summary = model->has_bottleneck ? model->bottleneck.pooling.from_states
                   : model->has_decoder  ? model->decoder.wants_summary
                                         : qp_head_wants_summary(&model->head);
    *encoded = qp_encoder_forward(&model->encoder, tape, &input, summary, maps);
    encoded->begin = model->has_class_token;
    if (model->has_bottleneck && !qp_tape_failed(tape))
        *encoded = qp_bottleneck_forward(&model->bottleneck, tape, encoded, batch ? batch->noise : NULL,
                                         batch ? batch->noise_columns : 0, maps);
    return !qp_tape_failed(tape);
}

/* The target texts after the sources: one encoder reads both (match). */
static bool put_targets(qp_tape *tape, qp_ids target, qp_encoder_input *input)
{
    int sources = input->sequences.count, rows = qp_sequence_rows(input->sequences);
    size_t more = (size_t)qp_sequence_rows(target.sequences), count = (size_t)(sources + target.sequences.count);
    int32_t *start = qp_tape_memory(tape, (count + 1) * sizeof *start);
    int32_t *id = qp_tape_memory(tape, ((size_t)rows + more + 1) * sizeof *id);
    if (qp_tape_failed(tape)) return false;
    memcpy(start, input->sequences.start, (size_t)sources * sizeof *start);
    for (int i = 0; i <= target.sequences.count; i++) start[sources + i] = rows + target.sequences.start[i];
    memcpy(id, input->id, (size_t)rows * sizeof *id);
    memcpy(id + rows, target.id, more * sizeof *id);
    *input = (qp_encoder_input){.sequences = {.count = (int)count, .start = start}, .id = id};
    return true;
}

static bool check_batch(const qp_model *model, qp_tape *tape, const qp_batch *batch)
{
    const qp_model_config *c = &model->config;
    int sources = batch->source.sequences.count, targets = batch->target.sequences.count;
    bool needs_targets = qp_model_task_has_decoder(c->task) || !qp_model_task_pools(c->task);
    if (model->has_encoder && sources != targets && (needs_targets || targets > 0))
        qp_tape_fail(tape, QP_ESHAPE, "a batch of %d sources and %d targets", sources, targets);
    if (qp_model_reads_numbers(c) && (!batch->source_value || batch->features != c->features))
        qp_tape_fail(tape, QP_ESHAPE, "a batch of rows of %d numbers for a model of %lld", batch->features,
                     (long long)c->features);
    return !qp_tape_failed(tape);
}

/* What the output layer reads; n-grams: the decoder's own probabilities. */
static qp_tensor output_features(const qp_model *model, qp_tape *tape, qp_tensor x, qp_model_maps *maps)
{
    const qp_model_config *c = &model->config;
    if (model->output < 0) return x;
    if (c->scale_output) x = qp_scale(tape, x, (qp_real)(1 / sqrt((double)c->emb_size)));
    if (model->map >= 0) x = qp_linear(tape, x, qp_param(tape, model->params, model->map), (qp_tensor){0});
    if (model->map >= 0) qp_model_maps_state(maps, QP_MAP_DECODER, (int)c->dec_layers, x);
    return x;
}

/* The scores of these features, or of those of the head. */
static qp_tensor scores_from(const qp_model *model, qp_tape *tape, qp_tensor x)
{
    qp_real cap = (qp_real)model->config.output_softcap;
    if (!model->has_decoder) return qp_head_scores(&model->head, tape, x);
    if (model->output < 0) return x;
    x = qp_linear(tape, x, qp_param(tape, model->params, model->output),
                  qp_param(tape, model->params, model->output_bias));
    return cap > 0 ? qp_scale(tape, qp_activation(tape, qp_scale(tape, x, 1 / cap), QP_TANH, 0), cap) : x;
}

qp_tensor qp_model_output(const qp_model *model, qp_tape *tape, qp_tensor x, qp_model_maps *maps)
{
    return scores_from(model, tape, output_features(model, tape, x, maps));
}

/* Words are left out and moved where no answer belongs to a single one. */
static void add_word_noise(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_encoder_input *input)
{
    const qp_model_config *c = &model->config;
    if (!input->id || batch->source_row || batch->segment) return;
    qp_ids text = qp_word_noise(tape, &model->source_special, (qp_ids){input->sequences, input->id}, c->word_drop,
                                (int)c->word_swap);
    input->sequences = text.sequences;
    input->id = text.id;
}

/* What the output layer reads of a batch, and its encoded sources. */
static qp_tensor features_of(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_model_maps *maps,
                           qp_encoded *encoded)
{
    *encoded = (qp_encoded){0};
    if (maps) maps->count = maps->states = 0;
    if (!check_batch(model, tape, batch)) return (qp_tensor){0};
    const qp_encoded *source = NULL;
    if (model->has_encoder) {
        qp_encoder_input input = {batch->source.sequences, batch->source.id, batch->source_value, batch->segment};
        bool pairs = model->config.task == QP_TASK_MATCH && batch->target.id;
        if (pairs && !put_targets(tape, batch->target, &input)) return (qp_tensor){0};
        add_word_noise(model, tape, batch, &input);
        if (input.id)
            input.id = qp_word_dropout(tape, &model->source_special, input.id, qp_sequence_rows(input.sequences),
                                       model->config.word_dropout_src);
        if (!qp_model_encode(model, tape, input, batch, maps, encoded)) return (qp_tensor){0};
        source = encoded;
    }
    if (!model->has_decoder) return qp_head_features(&model->head, tape, source, batch, maps);
    qp_ids input = {.sequences = batch->target.sequences,
                    .id = batch->input ? batch->input : shift_right(tape, batch->target, qp_model_first_token(model))};
    input.id = qp_word_dropout(tape, &model->target_special, input.id, qp_sequence_rows(input.sequences),
                               model->config.word_dropout_tgt);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    qp_tensor x = qp_decoder_forward(&model->decoder, tape, source, input, &batch->carry, maps);
    return output_features(model, tape, x, maps);
}

qp_tensor qp_model_logits(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_model_maps *maps)
{
    qp_encoded encoded;
    return scores_from(model, tape, features_of(model, tape, batch, maps, &encoded));
}

qp_tensor qp_model_states(const qp_model *model, qp_tape *tape, qp_ids text, qp_sequences *sequences)
{
    qp_encoded encoded = {0};
    *sequences = text.sequences;
    if (model->config.decoder == QP_KIND_NGRAM || qp_model_reads_numbers(&model->config))
        return qp_tape_fail(tape, QP_EUSAGE, "n-grams and readers of numbers have no vectors of texts");
    if (model->has_encoder) {
        if (!qp_model_encode(model, tape, (qp_encoder_input){.sequences = text.sequences, .id = text.id}, NULL, NULL,
                             &encoded))
            return (qp_tensor){0};
        *sequences = encoded.sequences;
        return encoded.output;
    }
    text.id = shift_right(tape, text, qp_model_first_token(model));
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    return qp_decoder_forward(&model->decoder, tape, NULL, text, NULL, NULL);
}

/* The teacher's scores of a batch [target rows, classes of the model]; NULL: the tape has failed. */
static const qp_real *teacher_scores(const qp_model *model, qp_tape *tape, const qp_batch *batch)
{
    int rows = qp_sequence_rows(batch->target.sequences), classes = qp_model_outputs(&model->config);
    qp_tensor kept = qp_tape_constant(tape, rows, classes);
    qp_batch same = *batch;
    same.carry = (qp_batch_carry){0};
    size_t mark = qp_tape_mark(tape);
    qp_tape_paused paused = qp_tape_pause(tape);
    qp_tensor scores = qp_model_logits(model->distillation.teacher, tape, &same, NULL);
    qp_tape_resume(tape, paused);
    if (!qp_tape_failed(tape) && (scores.rows != rows || scores.columns < classes))
        qp_tape_fail(tape, QP_ESHAPE, "a teacher's scores of %d x %d for %d x %d", scores.rows, scores.columns, rows,
                     classes);
    if (qp_tape_failed(tape)) return NULL;
    size_t bytes = (size_t)classes * sizeof *kept.value;
    for (int r = 0; r < rows; r++) memcpy(qp_tensor_row(kept, r), qp_tensor_row(scores, r), bytes);
    qp_tape_rewind(tape, mark);
    return kept.value;
}

/* The loss of the answers: without a matrix of scores where nothing but the cross-entropy reads them. */
static qp_tensor answers_loss(const qp_model *model, qp_tape *tape, qp_tensor features, const qp_batch *batch,
                              const qp_loss_terms *terms)
{
    const int weight = model->has_decoder ? model->output : model->head.output;
    const int bias = model->has_decoder ? model->output_bias : model->head.output_bias;
    if (weight < 0 || !qp_loss_is_plain(&model->config, tape, batch, terms))
        return qp_scores_loss(&model->config, tape, scores_from(model, tape, features), batch, terms);
    const qp_tensor layer[] = {features, qp_param(tape, model->params, weight), qp_param(tape, model->params, bias)};
    return qp_output_layer_loss(&model->config, tape, layer, batch, terms);
}

qp_model_parts qp_model_loss_parts(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real smoothing)
{
    qp_encoded encoded;
    bool taught = model->distillation.teacher && qp_tape_training(tape);
    const qp_real *teacher = taught ? teacher_scores(model, tape, batch) : NULL;
    qp_tensor features = features_of(model, tape, batch, NULL, &encoded);
    qp_crf crf = model->config.crf ? qp_head_crf(&model->head, tape) : (qp_crf){0};
    qp_loss_terms terms = {.crf = &crf,
                           .sets = &model->sets,
                           .smoothing = smoothing,
                           .class_weight = model->class_weight,
                           .teacher = teacher,
                           .teacher_weight = model->distillation.weight,
                           .temperature = model->distillation.temperature};
    qp_model_parts parts = {.words = answers_loss(model, tape, features, batch, &terms)};
    if (model->config.variational && !qp_tape_failed(tape))
        parts.divergence = qp_pair_loss(tape, QP_PAIR_GAUSSIAN_KL, encoded.mean, encoded.log_variance, NULL, 0, QP_SUM);
    return parts;
}

qp_tensor qp_model_loss(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real smoothing)
{
    qp_model_parts parts = qp_model_loss_parts(model, tape, batch, smoothing);
    qp_tensor loss = parts.words, penalty = qp_penalty_take(tape);
    if (parts.divergence.value)
        loss = qp_add(tape, loss, qp_scale(tape, parts.divergence, (qp_real)model->config.kl_weight));
    if (!penalty.value || qp_tape_failed(tape)) return loss;
    return qp_add(tape, loss, qp_scale(tape, penalty, (qp_real)qp_sequence_rows(batch->target.sequences)));
}
