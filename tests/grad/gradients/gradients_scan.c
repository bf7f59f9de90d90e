#include "lib/grad/recurrent/op_causal_filter.h"
#include "lib/grad/recurrent/op_selective_scan.h"
#include "tests/grad/gradients/gradient_table.h"

/* Three sequences of 3, 1 and 2 rows; option: the state before them is given. */
static const int32_t start[] = {0, 3, 4, 6};
static const qp_sequences sequences = {.count = 3, .start = start};
enum { ROWS = 6, CHANNELS = 3, STATES = 2, SIZE = 3 };

static qp_tensor given_state(const gradient_case *c, int columns)
{
    static qp_real value[3 * CHANNELS * SIZE];
    for (int i = 0; i < 3 * columns; i++) value[i] = (qp_real)0.1 * (qp_real)(i % 7 - 3);
    return c->option ? qp_tensor_of(3, columns, value) : (qp_tensor){0};
}

static qp_scan inputs(gradient_case *c, bool gate)
{
    qp_scan w = {.s = sequences, .first = given_state(c, CHANNELS * STATES)};
    w.x = gradient_input(c, ROWS, CHANNELS);
    w.dt = gradient_input(c, ROWS, CHANNELS);
    w.b = gradient_input(c, ROWS, STATES);
    w.c = gradient_input(c, ROWS, STATES);
    if (gate) w.z = gradient_input(c, ROWS, CHANNELS);
    w.a_log = gradient_input(c, CHANNELS, STATES);
    w.skip = gradient_input(c, 1, CHANNELS);
    w.dt_bias = gradient_input(c, 1, CHANNELS);
    return w;
}

static void scan(gradient_case *c)
{
    qp_scan w = inputs(c, false);
    gradient_output(c, qp_selective_scan(c->tape, &w, NULL));
}

static void scan_gated(gradient_case *c)
{
    qp_scan w = inputs(c, true);
    qp_tensor last;
    gradient_output(c, qp_selective_scan(c->tape, &w, &last));
    gradient_output(c, last);
}

/* x and z, b and c are bands, as in a layer. */
static void scan_bands(gradient_case *c)
{
    qp_scan w = inputs(c, false);
    qp_tensor both = gradient_input(c, ROWS, 2 * CHANNELS), two = gradient_input(c, ROWS, 2 * STATES);
    w.x = qp_tensor_columns(both, 0, CHANNELS);
    w.z = qp_tensor_columns(both, CHANNELS, CHANNELS);
    w.b = qp_tensor_columns(two, 0, STATES);
    w.c = qp_tensor_columns(two, STATES, STATES);
    gradient_output(c, qp_selective_scan(c->tape, &w, NULL));
}

static void filter(gradient_case *c)
{
    qp_tensor x = gradient_input(c, ROWS, 2 * CHANNELS), weight = gradient_input(c, CHANNELS, SIZE);
    qp_tensor bias = gradient_input(c, 1, CHANNELS), last;
    gradient_output(c, qp_causal_filter(c->tape, qp_tensor_columns(x, 1, CHANNELS), sequences, weight, bias,
                                        given_state(c, CHANNELS * (SIZE - 1)), &last));
}

const gradient_row gradient_rows_scan[] = {
    {"qp_selective_scan", "plain", scan, 0},
    {"qp_selective_scan", "gate, last state", scan_gated, 0},
    {"qp_selective_scan", "gate, last state, from a state", scan_gated, 1},
    {"qp_selective_scan", "bands", scan_bands, 0},
    {"qp_causal_filter", "band", filter, 0},
    {"qp_causal_filter", "band, from a state", filter, 1},
    {0},
};
