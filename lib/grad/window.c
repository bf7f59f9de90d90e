#include "lib/grad/window.h"

#include "lib/grad/views.h"

static int at_least_one(int n) { return n == 0 ? 1 : n; }

static int64_t frames_in(const qp_window *w, int length)
{
    int64_t span = (int64_t)at_least_one(w->dilation) * (w->size - 1) + 1;
    int64_t room = (int64_t)length + w->pad_left + w->pad_right - span;
    return room < 0 ? 0 : room / at_least_one(w->stride) + 1;
}

static bool fits(const qp_window *w, int rows, qp_sequences s)
{
    return w->size >= 1 && w->stride >= 0 && w->dilation >= 0 && w->pad_left >= 0 && w->pad_right >= 0 &&
           qp_view_holds(rows, s);
}

qp_frames qp_window_frames(qp_tape *tape, const qp_window *window, int rows, qp_sequences s)
{
    qp_frames f = {0};
    if (qp_tape_failed(tape)) return f;
    int64_t count = 0;
    if (fits(window, rows, s))
        for (int i = 0; i < s.count; i++) count += frames_in(window, qp_sequence_length(s, i));
    else
        count = -1;
    if (count < 0 || count * window->size > INT32_MAX) {
        qp_tape_fail(tape, QP_ESHAPE, "window of %d taps, stride %d, dilation %d, padding %d and %d over %d rows",
                     window->size, window->stride, window->dilation, window->pad_left, window->pad_right, rows);
        return f;
    }
    int32_t *start = qp_tape_memory(tape, ((size_t)s.count + 1) * sizeof *start);
    f.source = qp_tape_memory(tape, (size_t)count * (size_t)window->size * sizeof *f.source);
    if (!start || !f.source) return (qp_frames){0};
    int32_t *next = f.source;
    for (int i = 0; i < s.count; i++) {
        int length = qp_sequence_length(s, i), frames = (int)frames_in(window, length);
        start[i] = f.count;
        f.count += frames;
        for (int t = 0; t < frames; t++)
            for (int j = 0; j < window->size; j++) {
                int64_t at = (int64_t)t * at_least_one(window->stride) + (int64_t)j * at_least_one(window->dilation) -
                             window->pad_left;
                *next++ = at < 0 || at >= length ? -1 : s.start[i] + (int32_t)at;
            }
    }
    start[s.count] = f.count;
    f.sequences = (qp_sequences){.count = s.count, .start = start};
    return f;
}
