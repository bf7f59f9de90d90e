#include <criterion/criterion.h>
#include <string.h>

#include "lib/grad/op_convolution.h"
#include "tests/grad/op_check.h"

enum { ROWS = 14, IN = 6, OUT = 4, TAPS = 3, MOST = 40 };

/* 7, 0, 1 and 6 rows */
static const int32_t start[] = {0, 7, 7, 8, 14};
static const qp_sequences sequences = {.count = 4, .start = start};
static const qp_tensor none = {0};
static qp_tensor shared_x, shared_weight, shared_bias;
static qp_window window;
static int groups;

static void prepare(qp_window w, int g)
{
    op_numbers_reset();
    window = w;
    groups = g;
    shared_x = op_matrix(ROWS, IN, 1);
    shared_weight = op_matrix(OUT, IN / g * TAPS, 2);
    shared_bias = op_matrix(1, OUT, 3);
}

/* By the equation in op_convolution.h; returns the number of frames. */
static int plain(double *y)
{
    int frames = 0, stride = window.stride ? window.stride : 1, dilation = window.dilation ? window.dilation : 1;
    for (int s = 0; s < sequences.count; s++) {
        int length = qp_sequence_length(sequences, s);
        for (int t = 0; t * stride + dilation * (TAPS - 1) < length + window.pad_left + window.pad_right; t++, frames++)
            for (int o = 0; o < OUT; o++) {
                double sum = (double)shared_bias.value[o];
                int group = o / (OUT / groups);
                for (int i = 0; i < IN / groups; i++)
                    for (int j = 0; j < TAPS; j++) {
                        int at = t * stride + j * dilation - window.pad_left;
                        if (at < 0 || at >= length) continue;
                        sum += (double)qp_tensor_row(shared_weight, o)[i * TAPS + j] *
                               (double)qp_tensor_row(shared_x, start[s] + at)[group * (IN / groups) + i];
                    }
                y[frames * OUT + o] = sum;
            }
    }
    return frames;
}

static const qp_window windows[] = {{.size = TAPS},
                                    {.size = TAPS, .pad_left = 1, .pad_right = 1},
                                    {.size = TAPS, .dilation = 2, .pad_left = 4},
                                    {.size = TAPS, .stride = 2, .dilation = 2, .pad_left = 3, .pad_right = 3},
                                    {.size = TAPS, .stride = 3, .pad_right = 2}};

Test(test_op_convolution, it_is_a_plain_loop)
{
    static const int parts[] = {1, 2};
    qp_tape *tape = qp_tape_new();
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++)
        for (int p = 0; p < 2; p++) {
            prepare(windows[w], parts[p]);
            qp_tape_begin(tape, QP_TRAIN, 1);
            double expected[MOST * OUT];
            int frames = plain(expected);
            qp_sequences made;
            qp_tensor y = qp_convolution(tape, shared_x, sequences, shared_weight, shared_bias, &window, groups, &made);
            cr_assert_eq(y.rows, frames, "window %zu: %d frames, not %d", w, y.rows, frames);
            cr_expect_eq(made.start[made.count], frames);
            op_near("convolution", (size_t)frames * OUT, y.value, expected, 1e-5);
        }
    qp_tape_free(tape);
}

Test(test_op_convolution, a_sequence_does_not_know_its_neighbours)
{
    prepare(windows[3], 2);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_sequences frames;
    qp_tensor y = qp_convolution(tape, shared_x, sequences, shared_weight, shared_bias, &window, groups, &frames);
    for (int s = 0; s < sequences.count; s++) {
        const qp_sequences one = {.count = 1, .start = start + s};
        qp_tensor alone = qp_convolution(tape, shared_x, one, shared_weight, shared_bias, &window, groups, NULL);
        cr_assert_eq(alone.rows, qp_sequence_length(frames, s));
        double expected[MOST * OUT];
        for (int i = 0; i < alone.rows * OUT; i++) expected[i] = (double)alone.value[i];
        op_near("alone", (size_t)alone.rows * OUT, y.value + frames.start[s] * OUT, expected, 1e-6);
    }
    qp_tape_free(tape);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), weight = op_leaf(tape, shared_weight), bias = op_leaf(tape, shared_bias);
    qp_tensor y = qp_convolution(tape, x, sequences, weight, bias, &window, groups, NULL);
    size_t values = (size_t)y.rows * OUT, weights = (size_t)weight.rows * (size_t)weight.columns;
    memcpy(result, y.value, values * sizeof *result);
    op_backward(tape, y);
    memcpy(result + values, x.node->grad, ROWS * IN * sizeof *result);
    memcpy(result + values + ROWS * IN, weight.node->grad, weights * sizeof *result);
    memcpy(result + values + ROWS * IN + weights, bias.node->grad, OUT * sizeof *result);
}

Test(test_op_convolution, any_number_of_threads_gives_the_same_bits)
{
    prepare(windows[1], 1);
    op_same_in_threads(result_and_gradients, ROWS * OUT + ROWS * IN + OUT * IN * TAPS + OUT);
}

static qp_tensor refused(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_window w, int g)
{
    return qp_convolution(tape, x, sequences, weight, bias, &w, g, NULL);
}

Test(test_op_convolution, wrong_shapes_are_refused)
{
    prepare(windows[0], 1);
    qp_tensor x = shared_x, w = shared_weight;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, refused(tape, x, w, none, (qp_window){.size = 2}, 1), "a window of other size");
    op_refused(tape, refused(tape, x, w, none, (qp_window){.size = 0}, 1), "a window without taps");
    op_refused(tape, refused(tape, x, w, none, windows[0], 4), "groups that do not divide");
    op_refused(tape, refused(tape, x, w, none, windows[0], 0), "no groups");
    op_refused(tape, refused(tape, x, w, op_matrix(1, OUT + 1, 1), windows[0], 1), "a longer bias");
    op_refused(tape, refused(tape, x, w, none, (qp_window){.size = TAPS, .stride = -1}, 1), "a negative stride");
    op_refused(tape, refused(tape, x, w, none, (qp_window){.size = TAPS, .pad_left = INT32_MAX}, 1), "endless padding");
    op_refused(tape, refused(tape, op_matrix(ROWS - 1, IN, 1), w, none, windows[0], 1), "sequences outside x");
    qp_tape_free(tape);
}
