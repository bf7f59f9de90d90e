#include <criterion/criterion.h>
#include <string.h>

#include "lib/grad/op_pool.h"
#include "tests/grad/op_check.h"

enum { ROWS = 12, COLUMNS = 5, MOST = 40 };

/* 7, 0, 1 and 4 rows */
static const int32_t start[] = {0, 7, 7, 8, 12};
static const qp_sequences sequences = {.count = 4, .start = start};
static qp_tensor shared_x;

static const qp_window windows[] = {{.size = 2, .stride = 2},
                                    {.size = 3, .pad_left = 1, .pad_right = 1},
                                    {.size = 3, .stride = 2, .dilation = 2, .pad_left = 2, .pad_right = 1}};
enum { WINDOWS = sizeof windows / sizeof *windows };

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, COLUMNS, 1);
}

static double frame(qp_pool_kind kind, const qp_window *w, bool count_padding, int s, int t, int column)
{
    int dilation = w->dilation ? w->dilation : 1, stride = w->stride ? w->stride : 1, real = 0;
    double sum = 0, best = 0;
    for (int j = 0; j < w->size; j++) {
        int at = t * stride + j * dilation - w->pad_left;
        if (at < 0 || at >= qp_sequence_length(sequences, s)) continue;
        double x = (double)qp_tensor_row(shared_x, start[s] + at)[column];
        best = real == 0 || x > best ? x : best;
        sum += x;
        real++;
    }
    if (kind == QP_POOL_MAX) return best;
    return real == 0 ? 0 : sum / (count_padding ? w->size : real);
}

Test(test_op_pool, all_are_plain_loops)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    for (int w = 0; w < WINDOWS; w++)
        for (int kind = 0; kind < 3; kind++) {
            qp_pool_kind which = kind == 0 ? QP_POOL_MAX : QP_POOL_MEAN;
            qp_sequences frames;
            qp_tape_begin(tape, QP_TRAIN, 1);
            qp_tensor y = qp_pool(tape, shared_x, sequences, which, &windows[w], kind == 2, &frames);
            double expected[MOST * COLUMNS];
            for (int s = 0; s < sequences.count; s++)
                for (int t = 0; t < qp_sequence_length(frames, s); t++)
                    for (int c = 0; c < COLUMNS; c++)
                        expected[(frames.start[s] + t) * COLUMNS + c] = frame(which, &windows[w], kind == 2, s, t, c);
            op_near("pool", (size_t)y.rows * COLUMNS, y.value, expected, 1e-6);
        }
    qp_tape_free(tape);
}

Test(test_op_pool, the_first_sequence_has_the_frames_of_the_equation)
{
    prepare();
    static const int expected[WINDOWS] = {3, 7, 3};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    for (int w = 0; w < WINDOWS; w++) {
        qp_sequences frames;
        qp_pool(tape, shared_x, sequences, QP_POOL_MAX, &windows[w], false, &frames);
        cr_expect_eq(frames.start[1], expected[w], "window %d: %d", w, frames.start[1]);
    }
    qp_tape_free(tape);
}

Test(test_op_pool, whole_sequences_have_one_row_each)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    for (int kind = 0; kind < 2; kind++) {
        qp_tensor y = qp_pool_sequence(tape, shared_x, sequences, (qp_pool_kind)kind);
        cr_assert_eq(y.rows, sequences.count);
        double expected[MOST * COLUMNS] = {0};
        for (int s = 0; s < sequences.count; s++) {
            const qp_window whole = {.size = qp_sequence_length(sequences, s)};
            for (int c = 0; c < COLUMNS && whole.size > 0; c++)
                expected[s * COLUMNS + c] = frame((qp_pool_kind)kind, &whole, false, s, 0, c);
        }
        op_near("whole", (size_t)y.rows * COLUMNS, y.value, expected, 1e-6);
    }
    qp_tape_free(tape);
}

Test(test_op_pool, a_sequence_does_not_know_its_neighbours)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    for (int kind = 0; kind < 2; kind++) {
        qp_sequences frames;
        qp_tensor y = qp_pool(tape, shared_x, sequences, (qp_pool_kind)kind, &windows[1], false, &frames);
        for (int s = 0; s < sequences.count; s++) {
            const qp_sequences one = {.count = 1, .start = start + s};
            qp_tensor alone = qp_pool(tape, shared_x, one, (qp_pool_kind)kind, &windows[1], false, NULL);
            cr_expect_arr_eq(y.value + frames.start[s] * COLUMNS, alone.value,
                             (size_t)alone.rows * COLUMNS * sizeof(qp_real));
        }
    }
    qp_tape_free(tape);
}

/* Of equal elements the first counts as the largest. */
Test(test_op_pool, equal_elements_share_nothing)
{
    static qp_real value[] = {1, 2, 2, 0};
    static const int32_t ends[] = {0, 4};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor x = op_leaf(tape, qp_tensor_of(4, 1, value));
    op_backward(tape, qp_pool_sequence(tape, x, (qp_sequences){.count = 1, .start = ends}, QP_POOL_MAX));
    static const double expected[] = {0, 0.1, 0, 0};
    op_near("gradient", 4, x.node->grad, expected, 1e-7);
    qp_tape_free(tape);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x);
    qp_tensor y = qp_pool(tape, x, sequences, QP_POOL_MEAN, &windows[1], false, NULL);
    qp_tensor z = qp_pool(tape, y, sequences, QP_POOL_MAX, &windows[1], false, NULL);
    memcpy(result, z.value, ROWS * COLUMNS * sizeof *result);
    op_backward(tape, z);
    memcpy(result + ROWS * COLUMNS, x.node->grad, ROWS * COLUMNS * sizeof *result);
}

Test(test_op_pool, any_number_of_threads_gives_the_same_bits)
{
    prepare();
    op_same_in_threads(result_and_gradients, 2 * ROWS * COLUMNS);
}

Test(test_op_pool, wrong_shapes_are_refused)
{
    prepare();
    const qp_window empty = {.size = 0}, backward = {.size = 2, .pad_left = -1};
    const int32_t beyond[] = {0, ROWS + 1};
    const qp_sequences outside = {.count = 1, .start = beyond};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_pool(tape, shared_x, sequences, QP_POOL_MAX, &empty, false, NULL), "a window without taps");
    op_refused(tape, qp_pool(tape, shared_x, sequences, QP_POOL_MAX, &backward, false, NULL), "negative padding");
    op_refused(tape, qp_pool(tape, shared_x, outside, QP_POOL_MEAN, &windows[0], false, NULL), "a sequence outside x");
    op_refused(tape, qp_pool_sequence(tape, shared_x, outside, QP_POOL_MEAN), "a whole sequence outside x");
    qp_tape_free(tape);
}
