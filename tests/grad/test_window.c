#include "lib/grad/window.h"

#include <criterion/criterion.h>

#include "tests/grad/op_check.h"

/* The definition in a loop: frame t begins wherever all its taps fit into the padded sequence. */
static void expect_frames(const qp_window *w, int rows, qp_sequences s)
{
    const int stride = w->stride ? w->stride : 1, dilation = w->dilation ? w->dilation : 1;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_frames f = qp_window_frames(tape, w, rows, s);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    cr_assert_eq(f.sequences.count, s.count);
    int frame = 0;
    for (int i = 0; i < s.count; i++) {
        const int length = qp_sequence_length(s, i);
        cr_expect_eq(f.sequences.start[i], frame);
        for (int first = -w->pad_left; first + dilation * (w->size - 1) < length + w->pad_right;
             first += stride, frame++)
            for (int j = 0; j < w->size && frame < f.count; j++) {
                const int row = first + j * dilation;
                cr_expect_eq(f.source[frame * w->size + j], row >= 0 && row < length ? s.start[i] + row : -1,
                             "%d taps, stride %d, dilation %d: frame %d, tap %d", w->size, stride, dilation, frame, j);
            }
    }
    cr_expect(frame == f.count && qp_sequence_rows(f.sequences) == frame, "%d taps, stride %d, dilation %d: %d of %d",
              w->size, stride, dilation, f.count, frame);
    qp_tape_free(tape);
}

Test(window, frames_by_definition)
{
    static const int32_t start[] = {0, 5, 6, 6, 13}, apart[] = {7, 0, 2}, lengths[] = {4, 3, 1};
    const qp_sequences one_by_one = {.count = 4, .start = start}, scattered = {3, apart, lengths};
    for (int size = 1; size <= 4; size++)
        for (int stride = 0; stride <= 3; stride++)
            for (int dilation = 0; dilation <= 3; dilation++)
                for (int pad = 0; pad < 9; pad++) {
                    const qp_window w = {size, stride, dilation, pad % 3, pad / 3};
                    expect_frames(&w, 13, one_by_one);
                    expect_frames(&w, 13, scattered);
                }
}

Test(window, what_is_refused)
{
    static const int32_t start[] = {0, 5, 13};
    const qp_sequences s = {.count = 2, .start = start};
    static const struct {
        qp_window window;
        int rows;
    } row[] = {{{0, 1, 1, 0, 0}, 13},  {{-1, 1, 1, 0, 0}, 13},           {{2, -1, 1, 0, 0}, 13},
               {{2, 1, -1, 0, 0}, 13}, {{2, 1, 1, -1, 0}, 13},           {{2, 1, 1, 0, -1}, 13},
               {{2, 1, 1, 0, 0}, 12},  {{1 << 28, 1, 1, 1 << 28, 0}, 13}};
    qp_tape *tape = qp_tape_new();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_tape_begin(tape, QP_INFER, 0);
        qp_frames f = qp_window_frames(tape, &row[i].window, row[i].rows, s);
        cr_expect(f.count == 0 && !f.source, "row %zu", i);
        cr_expect_eq(qp_tape_status(tape), QP_ESHAPE, "row %zu", i);
    }
    qp_tape_free(tape);
}
