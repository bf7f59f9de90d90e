#ifndef QP_WINDOW_H
#define QP_WINDOW_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* window — the window of convolution and pooling: `size` taps that move over each sequence of a ragged batch. Every
 * sequence is padded at both ends, so no window reads two sequences.
 *   frames of a sequence of n rows: floor((n + pad_left + pad_right - dilation*(size-1) - 1) / stride) + 1, at least 0
 *   tap j of frame t reads row t*stride + j*dilation - pad_left of the sequence, or padding outside it */
typedef struct {
    int size;             /* taps */
    int stride, dilation; /* 0 counts as 1 */
    int pad_left, pad_right;
} qp_window;

/* qp_window_frames — all frames of the batch, sequence after sequence, in the tape's memory.
 * rows    of the matrix that the sequences s are in
 * Errors  QP_ESHAPE (a window without taps, negative numbers, sequences outside `rows`), QP_EMEMORY: no frames, and the
 *         tape has failed. */
typedef struct {
    int count;
    int32_t *source;        /* [count, size]: the row each tap reads, -1 for padding */
    qp_sequences sequences; /* the frames of each sequence */
} qp_frames;
qp_frames qp_window_frames(qp_tape *tape, const qp_window *window, int rows, qp_sequences s);

#endif
