#include <string.h>

#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* h_t = f(a_t), f = tanh or relu                                                                 Source  Elman 1990 */

static void step_forward(qp_recurrent_run *run, const qp_recurrent_step *step, qp_activation_kind f)
{
    const size_t at = (size_t)step->place * (size_t)run->hidden, n = (size_t)step->count * (size_t)run->hidden;
    qp_real *gates = run->gates + at;
    qp_activate(f, n, gates, 0, gates);
    memcpy(run->unprojected + at, gates, n * sizeof *gates);
}

/* da = dh*f'(a), f' computed from h */
static void step_backward(qp_recurrent_run *run, const qp_recurrent_step *step, qp_activation_kind f)
{
    const size_t at = (size_t)step->place * (size_t)run->hidden, n = (size_t)step->count * (size_t)run->hidden;
    qp_activate_back(f, n, NULL, run->unprojected + at, 0, step->dh, 0, run->gates + at);
}

static void tanh_forward(qp_recurrent_run *run, const qp_recurrent_step *step) { step_forward(run, step, QP_TANH); }

static void tanh_backward(qp_recurrent_run *run, const qp_recurrent_step *step) { step_backward(run, step, QP_TANH); }

static void relu_forward(qp_recurrent_run *run, const qp_recurrent_step *step) { step_forward(run, step, QP_RELU); }

static void relu_backward(qp_recurrent_run *run, const qp_recurrent_step *step) { step_backward(run, step, QP_RELU); }

#define RNN_SHAPE                                                                                                      \
    {                                                                                                                  \
        .gates = 1, .recurrent = 1, .two_biases = true, .forget = QP_CELL_NO_GATE                                      \
    }
const qp_cell qp_cell_rnn_tanh = {.shape = RNN_SHAPE, .step_forward = tanh_forward, .step_backward = tanh_backward};
const qp_cell qp_cell_rnn_relu = {.shape = RNN_SHAPE, .step_forward = relu_forward, .step_backward = relu_backward};
