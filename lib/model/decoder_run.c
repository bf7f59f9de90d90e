#include "lib/model/decoder_run.h"

#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_linear.h"
#include "lib/tensor/pointwise.h"

static qp_tensor parameter(const qp_decoder_run *run, int index) { return qp_param(run->tape, run->params, index); }

static qp_tensor attend(qp_decoder_run *run, qp_tensor query, qp_sequences s, qp_attention_map *map)
{
    const qp_attend_source source = {run->keys, run->encoder_output, run->source_sequences, &run->coverage};
    return qp_recurrent_attention_forward(&run->d->attention, run->tape, run->params, query, s, &source, map);
}

/* Each sequence's summary at each of its rows. */
static qp_tensor summary_rows(const qp_decoder_run *run, qp_sequences s, int rows)
{
    int32_t *from = qp_tape_memory(run->tape, ((size_t)rows + 1) * sizeof *from);
    if (!from) return (qp_tensor){0};
    for (int i = 0; i < s.count; i++)
        for (int j = 0; j < qp_sequence_length(s, i); j++) from[s.start[i] + j] = i;
    return qp_gather(run->tape, run->summary, rows, from);
}

qp_tensor qp_decoder_run_advance(qp_decoder_run *run, qp_tensor x, qp_sequences s, qp_attention_map *map)
{
    const qp_recurrent_decoder *d = run->d;
    qp_tensor part[3] = {x}, context = {0};
    int parts = 1, top = d->layers.slots - 1;
    if (qp_tape_failed(run->tape)) return (qp_tensor){0};
    if (d->looks_first) part[parts++] = context = attend(run, run->state[top].hidden, s, map);
    if (d->feeds_context) part[parts++] = context = summary_rows(run, s, x.rows);
    if (d->feeds_output) part[parts++] = run->fed;
    x = qp_join_columns(run->tape, parts, part);
    qp_recurrent_pass pass = {.tape = run->tape,
                              .params = run->params,
                              .sequences = s,
                              .first = run->state,
                              .last = run->state,
                              .noise = run->noise};
    qp_tensor y = qp_recurrent_forward(&d->layers, &pass, x);
    if (d->attention.kind != QP_ATTEND_NONE && !d->looks_first) context = attend(run, y, s, map);
    if (d->combine >= 0) {
        const qp_tensor both[] = {y, context};
        y = qp_linear(run->tape, qp_join_columns(run->tape, context.value ? 2 : 1, both), parameter(run, d->combine),
                      parameter(run, d->combine_bias));
        y = qp_activation(run->tape, y, QP_TANH, 0);
    }
    run->fed = y;
    return y;
}

static qp_tensor zeros(qp_tape *tape, int rows, int columns)
{
    qp_tensor made = qp_tape_constant(tape, rows, columns);
    if (made.value) memset(made.value, 0, (size_t)rows * (size_t)columns * sizeof *made.value);
    return made;
}

/* One product makes the states of all layers. */
static void bridge(qp_decoder_run *run, qp_tensor summary)
{
    const qp_recurrent_decoder *d = run->d;
    int hidden = d->layers.config.hidden;
    qp_tensor all = qp_linear(run->tape, summary, parameter(run, d->bridge), parameter(run, d->bridge_bias));
    all = qp_activation(run->tape, all, QP_TANH, 0);
    for (int i = 0; i < d->layers.slots && all.value; i++) {
        run->state[i] = (qp_carry){.hidden = qp_tensor_columns(all, i * d->states * hidden, hidden)};
        if (d->states == 2) run->state[i].cell = qp_tensor_columns(all, (2 * i + 1) * hidden, hidden);
    }
}

bool qp_decoder_run_begin(qp_decoder_run *run, const qp_encoded *source, int sequences)
{
    const qp_recurrent_decoder *d = run->d;
    run->state = qp_tape_memory(run->tape, (size_t)d->layers.slots * sizeof *run->state);
    if (qp_tape_failed(run->tape)) return false;
    if (d->feeds_output) run->fed = zeros(run->tape, sequences, d->width);
    if (!source) {
        qp_recurrent_start(&d->layers, run->tape, run->params, sequences, run->state);
        return !qp_tape_failed(run->tape);
    }
    run->source_sequences = source->sequences;
    if (d->feeds_context) run->summary = source->summary;
    if (d->attention.kind != QP_ATTEND_NONE) {
        run->encoder_output = source->output;
        run->keys = qp_recurrent_attention_keys(&d->attention, run->tape, run->params, source->output);
    }
    if (d->takes_states) {
        memcpy(run->state, source->final, (size_t)d->layers.slots * sizeof *run->state);
        return !qp_tape_failed(run->tape);
    }
    bridge(run, source->summary);
    return !qp_tape_failed(run->tape);
}
