#include "lib/grad/recurrent/op_recurrent.h"
#include "lib/grad/step_weights.h"
#include "tests/grad/gradients/gradient_table.h"

/* Every cell of QP_CELLS, built from its shape: a new cell needs no line here. */
static const int32_t start[] = {0, 2, 5, 6};
static const qp_sequences ragged = {.count = 3, .start = start};
enum { SEQUENCES = 3, ROWS = 6, IN = 2, HIDDEN = 3 };

static qp_recurrent_weights weights_of(gradient_case *c, int in)
{
    const qp_cell_shape *shape = qp_cell_shape_of((qp_cell_kind)c->option);
    qp_recurrent_weights w = {.cell = (qp_cell_kind)c->option, .hidden = HIDDEN, .epsilon = (qp_real)1e-5};
    w.input = gradient_input(c, shape->gates * HIDDEN, in * (shape->window > 1 ? shape->window : 1));
    if (shape->recurrent) w.recurrent = gradient_input(c, shape->recurrent * HIDDEN, HIDDEN);
    if (shape->gated) w.gated = gradient_input(c, shape->gated * HIDDEN, HIDDEN);
    w.bias = gradient_input(c, 1, shape->gates * HIDDEN);
    for (int e = 0; e < QP_CELL_EXTRAS && shape->extra[e].name; e++)
        w.extra[e] = gradient_input(c, shape->extra[e].rows, shape->extra[e].blocks * HIDDEN);
    return w;
}

static void pass(gradient_case *c, bool reverse, qp_recurrent_masks masks)
{
    bool has_cell = qp_cell_shape_of((qp_cell_kind)c->option)->has_cell;
    qp_tensor x = gradient_input(c, ROWS, IN);
    qp_recurrent_weights w = weights_of(c, IN);
    w.masks = masks;
    qp_carry first = {.hidden = gradient_input(c, SEQUENCES, HIDDEN)}, last;
    if (has_cell) first.cell = gradient_input(c, SEQUENCES, HIDDEN);
    gradient_output(c, qp_recurrent(c->tape, x, ragged, &w, reverse, &first, &last));
    gradient_output(c, last.hidden);
    if (has_cell) gradient_output(c, last.cell);
}

static void forward(gradient_case *c) { pass(c, false, (qp_recurrent_masks){0}); }
static void reverse(gradient_case *c) { pass(c, true, (qp_recurrent_masks){0}); }

/* Dropout on the state and zoneout together, with masks of 0, 1 and between. */
static void masked(gradient_case *c)
{
    static const qp_real recurrent[SEQUENCES * HIDDEN] = {2, 0, 2, 0, 2, 2, 2, 2, 0};
    static const qp_real hidden[ROWS * HIDDEN] = {0, 1, 0.25, 0, 0, 1, 1, 0, 0, 0.5, 0, 0, 1, 1, 0, 0, 0, 0};
    static const qp_real cell[ROWS * HIDDEN] = {1, 0, 0, 0.75, 1, 0, 0, 0, 1, 0, 0, 0.5, 0, 1, 0, 1, 0, 0};
    pass(c, true, (qp_recurrent_masks){.recurrent = recurrent, .keep_hidden = hidden, .keep_cell = cell});
}

/* Three steps with the same weights, as a decoder takes them. */
static void steps(gradient_case *c)
{
    static const int32_t one_each[] = {0, 1, 2};
    qp_sequences s = {.count = 2, .start = one_each};
    qp_tensor x = gradient_input(c, 2, HIDDEN);
    qp_recurrent_weights w = weights_of(c, HIDDEN);
    qp_carry state = {.hidden = gradient_input(c, 2, HIDDEN)};
    qp_tape_stepping(c->tape, true);
    for (int t = 0; t < 3; t++) x = qp_recurrent(c->tape, x, s, &w, false, &state, &state);
    qp_tape_stepping(c->tape, false);
    gradient_output(c, x);
    gradient_output(c, state.hidden);
}

#define ROWS_OF(NAME, symbol, text)                                                                                    \
    {"qp_recurrent", text ", by its shape", forward, QP_CELL_##NAME},                                                  \
        {"qp_recurrent", text ", reverse, by its shape", reverse, QP_CELL_##NAME},                                     \
        {"qp_recurrent", text ", masks", masked, QP_CELL_##NAME},                                                      \
        {"qp_recurrent", text ", step by step, by its shape", steps, QP_CELL_##NAME},
const gradient_row gradient_rows_cells[] = {QP_CELLS(ROWS_OF){0}};
