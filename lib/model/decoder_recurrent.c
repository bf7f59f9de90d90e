#include <stdlib.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_join.h"
#include "lib/grad/penalty.h"
#include "lib/grad/recurrent/recurrence.h"
#include "lib/grad/step_weights.h"
#include "lib/model/config/layer_config.h"
#include "lib/model/decoder.h"
#include "lib/model/decoder_run.h"

/* decoder_recurrent — rnn, lstm, gru and every other cell; decoder_run.h has the equations. Where neither attention
 * nor feeding needs u_{t-1} or s_{t-1} at time t, the whole target is one pass of the layers; else it is read step by
 * step. */

/* ---- parameters ---- */

static int add_weight(qp_params *params, int rows, int columns, const qp_model_config *c, const char *name)
{
    return qp_params_multiply(params, qp_params_add(params, rows, columns, qp_model_weight_init(c, 0), "%s", name));
}

static int add_bias(qp_params *params, int columns, const char *name)
{
    return qp_params_add(params, 1, columns, qp_init_constant(0), "%s", name);
}

/* The encoder has the same layers, whose final states this decoder continues. */
static bool same_layers(const qp_model_config *c)
{
    return c->encoder == c->decoder && !c->bidirectional && c->enc_layers == c->dec_layers;
}

static void add_source(qp_recurrent_decoder *d, qp_params *params, const qp_model_config *c, const qp_encoder *encoder)
{
    int hidden = qp_model_hidden_size(c), initial = (int)c->dec_layers * d->states * hidden;
    d->has_source = true;
    d->feeds_output = c->input_feeding != 0;
    d->feeds_context = c->context_feeding != 0;
    d->looks_first = c->attention == QP_ATTEND_BAHDANAU || c->attention == QP_ATTEND_COVERAGE;
    d->coverage_weight = (qp_real)c->coverage_weight;
    d->takes_states = encoder->has_states && same_layers(c);
    qp_attend_sizes sizes = {.query = hidden,
                             .key = encoder->output_width,
                             .weight = qp_model_weight_init(c, 0),
                             .attention = c->attention_size ? (int)c->attention_size : hidden};
    d->attention = qp_recurrent_attention_add(params, (qp_attend_kind)c->attention, sizes, "attention");
    if (d->takes_states) return;
    d->bridge = add_weight(params, initial, encoder->summary_width, c, "bridge.weight");
    if (c->bias) d->bridge_bias = add_bias(params, initial, "bridge.bias");
}

static int context_width(const qp_recurrent_decoder *d, const qp_encoder *encoder)
{
    if (!d->has_source) return 0;
    if (d->attention.kind != QP_ATTEND_NONE) return encoder->output_width;
    return d->feeds_context ? encoder->summary_width : 0;
}

static qp_status init(qp_decoder *decoder, qp_params *params, const qp_model_config *c, int embedding,
                      const qp_encoder *encoder)
{
    qp_recurrent_decoder *d = decoder->self = calloc(1, sizeof *d);
    if (!d) return qp_fail(QP_EMEMORY, "out of memory for a decoder");
    bool tied = qp_model_ties_output(c);
    int emb = (int)c->emb_size, hidden = qp_model_hidden_size(c);
    *d = (qp_recurrent_decoder){.bridge = -1,
                                .bridge_bias = -1,
                                .combine = -1,
                                .combine_bias = -1,
                                .states = qp_cell_shape_of(qp_model_cell(c->decoder))->has_cell ? 2 : 1,
                                .dropout = (qp_real)c->dropout};
    if (encoder->kind) add_source(d, params, c, encoder);
    int context = context_width(d, encoder);
    d->width = tied ? emb : hidden;
    qp_embedding_config embed = qp_model_embedding_config(c);
    QP_TRY(qp_embedding_init(&d->embedding, params, &embed, embedding, ""));
    int in = emb + (d->looks_first || d->feeds_context ? context : 0) + (d->feeds_output ? d->width : 0);
    qp_recurrent_config layers = qp_model_recurrent_config(c, c->decoder, in, (int)c->dec_layers, false);
    layers.learned_state = layers.learned_state && !d->has_source;
    QP_TRY(qp_recurrent_init(&d->layers, params, &layers, "decoder"));
    if (context > 0 || d->width != hidden) {
        d->combine = add_weight(params, d->width, hidden + context, c, "combine.weight");
        if (c->bias) d->combine_bias = add_bias(params, d->width, "combine.bias");
    }
    decoder->width = d->width;
    decoder->wants_summary = d->has_source;
    decoder->has_attention = d->attention.kind != QP_ATTEND_NONE;
    decoder->carry_width = qp_model_carry_width(c);
    return QP_OK;
}

static void free_layers(qp_decoder *decoder)
{
    qp_recurrent_decoder *d = decoder->self;
    qp_embedding_free(&d->embedding);
    qp_recurrent_free(&d->layers);
    free(d);
}

/* ---- whole targets, step by step ---- */

/* The targets sorted by length, longest first, so that the ones still running are always the first rows. */
typedef struct {
    qp_recurrence order;
    int32_t *one; /* [sequences + 1] 0, 1, 2 ...: one row a sequence */
    int32_t *source_start, *source_length;
    qp_tensor *u;          /* [steps] */
    qp_attention_map *map; /* [steps], or NULL */
} walk;

static bool plan(qp_decoder_run *r, const qp_encoded *source, qp_sequences target, int rows, bool maps, walk *w)
{
    *w = (walk){0};
    if (!qp_recurrence_plan(r->tape, target, rows, false, &w->order)) return false;
    size_t sequences = (size_t)target.count, steps = (size_t)w->order.steps;
    w->one = qp_tape_memory(r->tape, (sequences + 1) * sizeof *w->one);
    w->source_start = qp_tape_memory(r->tape, (sequences + 1) * sizeof *w->source_start);
    w->source_length = qp_tape_memory(r->tape, (sequences + 1) * sizeof *w->source_length);
    w->u = qp_tape_memory(r->tape, (steps + 1) * sizeof *w->u);
    if (maps) w->map = qp_tape_memory(r->tape, (steps + 1) * sizeof *w->map);
    if (qp_tape_failed(r->tape)) return false;
    for (int i = 0; i < target.count; i++) {
        int sequence = w->order.rank[i];
        w->one[i] = i;
        w->source_start[i] = source->sequences.start[sequence];
        w->source_length[i] = qp_sequence_length(source->sequences, sequence);
    }
    w->one[target.count] = target.count;
    return true;
}

/* Keep only the rows `row` [count] of the state and of the fed output. */
static void keep_rows(qp_decoder_run *r, int count, const int32_t *row)
{
    for (int i = 0; i < r->d->layers.slots; i++) r->state[i] = qp_carry_gather(r->tape, r->state[i], count, row);
    if (r->d->feeds_output) r->fed = qp_gather(r->tape, r->fed, count, row);
}

static bool covers(const qp_recurrent_decoder *d) { return d->attention.kind == QP_ATTEND_COVERAGE; }

/* The coverage of the first `count` sources; those that follow have no more targets. */
static void keep_coverage(qp_decoder_run *r, const walk *w, int count)
{
    int rows = 0;
    for (int i = 0; i < count; i++) rows += w->source_length[i];
    if (r->coverage.seen.value) r->coverage.seen.rows = rows;
}

/* The rows of all steps (time-major) in the order of the target. */
static qp_tensor in_target_order(qp_decoder_run *r, const walk *w)
{
    int32_t *place = qp_tape_memory(r->tape, ((size_t)w->order.rows + 1) * sizeof *place);
    if (qp_tape_failed(r->tape)) return (qp_tensor){0};
    for (int i = 0; i < w->order.rows; i++) place[w->order.row[i]] = i;
    return qp_gather(r->tape, qp_join_rows(r->tape, w->order.steps, w->u), w->order.rows, place);
}

/* Join the maps of the steps, one row a sequence each, into one map of the whole pass: [Tq, Tk] a sequence. */
static void join_maps(qp_decoder_run *r, const walk *w, qp_sequences target, qp_attention_map *map)
{
    const qp_recurrence *order = &w->order;
    ptrdiff_t total = 0;
    ptrdiff_t *begin_of = qp_tape_memory(r->tape, ((size_t)target.count + 1) * sizeof *begin_of);
    if (!begin_of) return;
    for (int i = 0; i < target.count; i++) begin_of[i] = 0;
    for (int i = 0; i < target.count; i++) begin_of[order->rank[i]] = w->source_length[i];
    for (int i = 0; i < target.count; i++) {
        ptrdiff_t count = begin_of[i] * qp_sequence_length(target, i);
        begin_of[i] = total;
        total += count;
    }
    *map = (qp_attention_map){.heads = 1, .weights = qp_tape_constant(r->tape, (int)total, 1)};
    if (qp_tape_failed(r->tape)) return;
    for (int t = 0; t < order->steps; t++) {
        const qp_real *from = w->map[t].weights.value;
        for (int i = 0; i < order->first[t + 1] - order->first[t]; i++) {
            size_t keys = (size_t)w->source_length[i];
            memcpy(map->weights.value + begin_of[order->rank[i]] + (ptrdiff_t)t * w->source_length[i], from,
                   keys * sizeof *from);
            from += keys;
        }
    }
}

static qp_tensor walk_targets(qp_decoder_run *r, const qp_encoded *source, qp_tensor x, qp_sequences target,
                              qp_attention_map *map)
{
    walk w;
    if (!plan(r, source, target, x.rows, map != NULL, &w)) return (qp_tensor){0};
    qp_recurrent_noise noise = {.key = qp_tape_next_key(r->tape), .group = w.one};
    r->noise = &noise;
    keep_rows(r, target.count, w.order.rank);
    qp_tape_stepping(r->tape, true);
    for (int t = 0; t < w.order.steps; t++) {
        int first = w.order.first[t], count = w.order.first[t + 1] - first;
        if (t > 0 && count < first - w.order.first[t - 1]) {
            keep_rows(r, count, w.one);
            keep_coverage(r, &w, count);
        }
        r->source_sequences = (qp_sequences){.count = count, .start = w.source_start, .length = w.source_length};
        qp_tensor now = qp_gather(r->tape, x, count, w.order.row + first);
        w.u[t] = qp_decoder_run_advance(r, now, (qp_sequences){.count = count, .start = w.one},
                                        w.map ? &w.map[t] : NULL);
        if (qp_tape_failed(r->tape)) return (qp_tensor){0};
        if (covers(r->d) && qp_tape_training(r->tape))
            qp_penalty_add(r->tape, r->coverage.overlap, r->d->coverage_weight / (qp_real)x.rows);
    }
    qp_tape_stepping(r->tape, false);
    r->noise = NULL;
    if (map) join_maps(r, &w, target, map);
    return in_target_order(r, &w);
}

/* ---- state carried between batches ---- */

/* The parts of a state in the order of a carry's columns: each layer's hidden state, then its cell. */
static qp_tensor *part_of(const qp_decoder_run *r, int part)
{
    qp_carry *state = &r->state[part / r->d->states];
    return part % r->d->states ? &state->cell : &state->hidden;
}

/* The state becomes a carry's values, as constants: no gradient flows into the batch before. */
static void take_carry(const qp_decoder_run *r, const qp_batch_carry *carry, int sequences)
{
    int hidden = r->d->layers.config.hidden;
    for (int p = 0; p < r->d->layers.slots * r->d->states; p++) {
        qp_tensor made = *part_of(r, p) = qp_tape_constant(r->tape, sequences, hidden);
        for (int i = 0; made.value && i < sequences; i++)
            memcpy(qp_tensor_row(made, i), carry->row + (ptrdiff_t)i * carry->width + (ptrdiff_t)p * hidden,
                   (size_t)hidden * sizeof(qp_real));
    }
}

static void give_carry(const qp_decoder_run *r, const qp_batch_carry *carry, int sequences)
{
    int hidden = r->d->layers.config.hidden;
    if (qp_tape_failed(r->tape)) return;
    for (int p = 0; p < r->d->layers.slots * r->d->states; p++)
        for (int i = 0; i < sequences; i++)
            memcpy(carry->row + (ptrdiff_t)i * carry->width + (ptrdiff_t)p * hidden, qp_tensor_row(*part_of(r, p), i),
                   (size_t)hidden * sizeof(qp_real));
}

static qp_tensor forward(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_ids input,
                         const qp_batch_carry *carry, qp_model_maps *maps)
{
    const qp_recurrent_decoder *d = decoder->self;
    qp_decoder_run r = {.d = d, .tape = tape, .params = decoder->params};
    int count = input.sequences.count, rows = qp_sequence_rows(input.sequences);
    qp_tensor x = qp_embedding_forward(&d->embedding, tape, decoder->params, input.sequences, rows, input.id, 0);
    if (carry && carry->width != decoder->carry_width)
        return qp_tape_fail(tape, QP_ESHAPE, "a state of %d numbers for a decoder of %d", carry->width,
                            decoder->carry_width);
    if (!qp_decoder_run_begin(&r, source, count)) return (qp_tensor){0};
    if (carry && !carry->empty) take_carry(&r, carry, count);
    qp_attention_map *map = d->attention.kind != QP_ATTEND_NONE ? qp_model_maps_add(maps, QP_MAP_CROSS, 0) : NULL;
    bool by_step = d->looks_first || d->feeds_output;
    qp_tensor u = by_step ? walk_targets(&r, source, x, input.sequences, map)
                          : qp_decoder_run_advance(&r, x, input.sequences, map);
    if (carry) give_carry(&r, carry, count);
    return qp_dropout(tape, u, d->dropout);
}

/* ---- one token at a time ---- */

/* The carries of a qp_state: each layer's hidden state and cell, then u, then the summary or the coverage (there is
 * one of them at most). */
static int carries_of(const qp_recurrent_decoder *d)
{
    return d->layers.slots * d->states + d->feeds_output + d->feeds_context + covers(d);
}

/* Coverage is a carry [hypotheses, rows of the longest source]; in the run it is a column, source after source. */
static void load_coverage(qp_decoder_run *r, const qp_state *state)
{
    qp_tensor kept = qp_state_carry(state, carries_of(r->d) - 1);
    qp_sequences s = r->source_sequences;
    int rows = 0;
    for (int i = 0; i < s.count; i++) rows += qp_sequence_length(s, i);
    qp_tensor seen = r->coverage.seen = qp_tape_constant(r->tape, rows, 1);
    rows = 0;
    for (int i = 0; seen.value && i < s.count; rows += qp_sequence_length(s, i++))
        memcpy(seen.value + rows, qp_tensor_row(kept, i), (size_t)qp_sequence_length(s, i) * sizeof *seen.value);
}

static qp_status save_coverage(const qp_decoder_run *r, qp_sequences s, int columns, qp_state *state)
{
    qp_tensor kept = qp_tape_constant(r->tape, s.count, columns);
    const qp_real *from = r->coverage.seen.value;
    if (!kept.value) return qp_tape_status(r->tape);
    memset(kept.value, 0, (size_t)s.count * (size_t)columns * sizeof *kept.value);
    for (int i = 0; from && i < s.count; from += qp_sequence_length(s, i++))
        memcpy(qp_tensor_row(kept, i), from, (size_t)qp_sequence_length(s, i) * sizeof *from);
    return qp_state_carry_set(state, carries_of(r->d) - 1, kept);
}

static qp_state_shape shape(const qp_decoder *decoder)
{
    const qp_recurrent_decoder *d = decoder->self;
    return (qp_state_shape){.sources = d->attention.kind == QP_ATTEND_NONE ? 0 : 2, .carries = carries_of(d)};
}

static qp_status save_carries(const qp_decoder_run *r, qp_state *state)
{
    const qp_recurrent_decoder *d = r->d;
    int slot = 0;
    for (int i = 0; i < d->layers.slots; i++) {
        QP_TRY(qp_state_carry_set(state, slot++, r->state[i].hidden));
        if (d->states == 2) QP_TRY(qp_state_carry_set(state, slot++, r->state[i].cell));
    }
    if (d->feeds_output) QP_TRY(qp_state_carry_set(state, slot, r->fed));
    return QP_OK;
}

static qp_status start(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_state *state)
{
    const qp_recurrent_decoder *d = decoder->self;
    qp_decoder_run r = {.d = d, .tape = tape, .params = decoder->params};
    if (!qp_decoder_run_begin(&r, source, qp_state_rows(state))) return qp_tape_status(tape);
    if (d->attention.kind != QP_ATTEND_NONE) {
        QP_TRY(qp_state_source_set(state, 0, r.keys));
        QP_TRY(qp_state_source_set(state, 1, r.encoder_output));
    }
    if (d->feeds_context) QP_TRY(qp_state_carry_set(state, carries_of(d) - 1, r.summary));
    qp_sequences s = qp_state_source_sequences(state);
    if (covers(d)) QP_TRY(save_coverage(&r, s, qp_sequence_longest(s) + 1, state));
    return save_carries(&r, state);
}

static qp_tensor step(const qp_decoder *decoder, qp_tape *tape, const int32_t *last_id, qp_state *state,
                      qp_attention_map *attention)
{
    const qp_recurrent_decoder *d = decoder->self;
    qp_sequences each = qp_state_query_sequences(state);
    qp_decoder_run r = {
        .d = d, .tape = tape, .params = decoder->params, .source_sequences = qp_state_source_sequences(state)};
    r.state = qp_tape_memory(tape, (size_t)d->layers.slots * sizeof *r.state);
    if (!r.state) return (qp_tensor){0};
    int slot = 0;
    for (int i = 0; i < d->layers.slots; i++) {
        r.state[i] = (qp_carry){.hidden = qp_state_carry(state, slot++)};
        if (d->states == 2) r.state[i].cell = qp_state_carry(state, slot++);
    }
    if (d->feeds_output) r.fed = qp_state_carry(state, slot++);
    if (d->feeds_context) r.summary = qp_state_carry(state, slot);
    if (d->attention.kind != QP_ATTEND_NONE) {
        r.keys = qp_state_source(state, 0);
        r.encoder_output = qp_state_source(state, 1);
    }
    if (covers(d)) load_coverage(&r, state);
    qp_tensor x = qp_embedding_forward(&d->embedding, tape, decoder->params, each, qp_state_rows(state), last_id, 0);
    qp_tensor u = qp_decoder_run_advance(&r, x, each, attention);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    qp_status status = save_carries(&r, state);
    if (status == QP_OK && covers(d))
        status = save_coverage(&r, r.source_sequences, qp_state_carry(state, carries_of(d) - 1).columns, state);
    return status == QP_OK ? u : qp_tape_fail(tape, status, "%s", qp_error_message());
}

const qp_decoder_kind qp_decoder_recurrent = {
    .init = init, .free = free_layers, .forward = forward, .shape = shape, .start = start, .step = step};
