#include <string.h>

#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* h_t = f(a_t) */
static void forward(qp_recurrent_run *run, int place, int count, qp_activation_kind f)
{
    size_t width = (size_t)run->hidden, n = (size_t)count * width;
    qp_real *gates = run->gates + (size_t)place * width;
    qp_activate(f, n, gates, 0, gates);
    memcpy(run->unprojected + (size_t)place * width, gates, n * sizeof *gates);
}

/* da = dh f'(a), made of h */
static void backward(qp_recurrent_run *run, int place, int count, const qp_real *dh, qp_activation_kind f)
{
    size_t width = (size_t)run->hidden, n = (size_t)count * width;
    const qp_real *h = run->unprojected + (size_t)place * width;
    qp_activate_back(f, n, NULL, h, 0, dh, 0, run->gates + (size_t)place * width);
}

static void tanh_forward(qp_recurrent_run *run, int t, int place, int count)
{
    (void)t;
    forward(run, place, count, QP_TANH);
}

static void relu_forward(qp_recurrent_run *run, int t, int place, int count)
{
    (void)t;
    forward(run, place, count, QP_RELU);
}

static void tanh_backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)t, (void)dh_before;
    backward(run, place, count, dh, QP_TANH);
}

static void relu_backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)t, (void)dh_before;
    backward(run, place, count, dh, QP_RELU);
}

#define RNN_SHAPE                                                                                                      \
    {                                                                                                                  \
        .gates = 1, .recurrent = 1, .two_biases = true, .forget = QP_CELL_NO_GATE                                      \
    }
const qp_cell qp_cell_rnn_tanh = {.shape = RNN_SHAPE, .forward = tanh_forward, .backward = tanh_backward};
const qp_cell qp_cell_rnn_relu = {.shape = RNN_SHAPE, .forward = relu_forward, .backward = relu_backward};
