#ifndef QP_WINDOW_H
#define QP_WINDOW_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* window — what convolution and pooling have in common: a frame of `size` taps that moves over each sequence of a ragged
 * batch. Sequences do not see each other; every one has its own padding at both ends.
 *   frames of a sequence of n rows: floor((n + pad_left + pad_right - dilation*(size-1) - 1) / stride) + 1, or 0
 *   tap j of frame t reads row t*stride + j*dilation - pad_left of the sequence, or padding */
typedef struct {
    int size;             /* taps */
    int stride, dilation; /* 0 counts as 1 */
    int pad_left, pad_right;
} qp_window;

/* qp_window_frames — the frames of every sequence (memory of the tape): frame f of the batch reads rows
 * source[f*size + j] of x, -1 for padding. `sequences` are the frames, sequence after sequence.
 * Errors  QP_ESHAPE: a window without taps, negative strides, sequences outside `rows`; the tape has failed. */
typedef struct {
    int count;
    int32_t *source;
    qp_sequences sequences;
} qp_frames;
qp_frames qp_window_frames(qp_tape *tape, const qp_window *window, int rows, qp_sequences s);

#endif
