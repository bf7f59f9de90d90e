#include "lib/grad/op_convolution.h"
#include "lib/grad/op_pool.h"
#include "tests/grad/gradients/gradient_table.h"

/* Convolution and pooling over three sequences of 5, 1 and 3 rows. */

static const int32_t start[] = {0, 5, 6, 9};
static const qp_sequences sequences = {.count = 3, .start = start};
static const qp_tensor none = {0};

static void convolve(gradient_case *c, int in, int out, int groups, qp_window window, bool biased)
{
    qp_tensor x = gradient_input(c, 9, in), weight = gradient_input(c, out, in / groups * window.size);
    qp_tensor bias = biased ? gradient_input(c, 1, out) : none;
    gradient_output(c, qp_convolution(c->tape, x, sequences, weight, bias, &window, groups, NULL));
}

static void plain(gradient_case *c)
{
    convolve(c, 3, 4, 1, (qp_window){.size = 3, .pad_left = 1, .pad_right = 1}, true);
}

static void causal(gradient_case *c)
{
    convolve(c, 2, 3, 1, (qp_window){.size = 3, .dilation = 2, .pad_left = 4}, true);
}

static void strided(gradient_case *c) { convolve(c, 2, 3, 1, (qp_window){.size = 2, .stride = 2}, false); }

static void grouped(gradient_case *c) { convolve(c, 4, 6, 2, (qp_window){.size = 2, .pad_right = 1}, true); }

static void depthwise(gradient_case *c)
{
    convolve(c, 3, 6, 3, (qp_window){.size = 3, .pad_left = 1, .pad_right = 1}, false);
}

static void band(gradient_case *c)
{
    qp_window window = {.size = 2, .pad_left = 1};
    qp_tensor x = qp_tensor_columns(gradient_input(c, 9, 5), 2, 2), weight = gradient_input(c, 3, 4);
    gradient_output(c, qp_convolution(c->tape, x, sequences, weight, none, &window, 1, NULL));
}

static void pool(gradient_case *c)
{
    qp_window window = {.size = 3, .stride = 2, .pad_left = 1, .pad_right = 1};
    gradient_output(
        c, qp_pool(c->tape, gradient_input(c, 9, 4), sequences, (qp_pool_kind)c->option, &window, false, NULL));
}

static void pool_counting(gradient_case *c)
{
    qp_window window = {.size = 4, .pad_left = 2, .pad_right = 1, .dilation = 2};
    qp_tensor x = qp_tensor_columns(gradient_input(c, 9, 4), 1, 2);
    gradient_output(c, qp_pool(c->tape, x, sequences, (qp_pool_kind)c->option, &window, true, NULL));
}

static void pool_sequence(gradient_case *c)
{
    gradient_output(c, qp_pool_sequence(c->tape, gradient_input(c, 9, 4), sequences, (qp_pool_kind)c->option));
}

const gradient_row gradient_rows_windows[] = {
    {"qp_convolution", "padded at both ends", plain, 0},
    {"qp_convolution", "causal, dilated", causal, 0},
    {"qp_convolution", "strided, a sequence without a frame", strided, 0},
    {"qp_convolution", "groups", grouped, 0},
    {"qp_convolution", "depthwise, two columns each", depthwise, 0},
    {"qp_convolution", "band", band, 0},
    {"qp_pool", "max", pool, QP_POOL_MAX},
    {"qp_pool", "mean", pool, QP_POOL_MEAN},
    {"qp_pool", "max, band, dilated", pool_counting, QP_POOL_MAX},
    {"qp_pool", "mean, padding counts, band, dilated", pool_counting, QP_POOL_MEAN},
    {"qp_pool_sequence", "max", pool_sequence, QP_POOL_MAX},
    {"qp_pool_sequence", "mean", pool_sequence, QP_POOL_MEAN},
    {0},
};
