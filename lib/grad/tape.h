#ifndef QP_TAPE_H
#define QP_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/tensor/tensor.h"

/* tape — owns the memory of one step and remembers how to walk it backward.
 *
 * An operation computes at once. When gradients are wanted it leaves one entry: a backward function, its context, and
 * the tensor it made. qp_tape_backward runs the entries in reverse. The first operation that fails is remembered; the
 * later ones of that step do nothing and return empty tensors; the caller checks once.
 * A tape belongs to one thread at a time. */
typedef struct qp_tape qp_tape;

typedef enum {
    QP_INFER, /* no gradients, no dropout, packed weights where a weight has them */
    QP_TRAIN  /* gradients and dropout */
} qp_mode;

qp_tape *qp_tape_new(void); /* NULL: out of memory */
void qp_tape_free(qp_tape *tape);

/* qp_tape_begin — forget the last step, keep its memory.
 * key   of this step's random numbers; operation k of the step draws from qp_random_key(key, k)
 * qp_tape_bind — the parameters' gradient nodes of this step, node[i] for parameter i (see nn/params.h); NULL: none. */
void qp_tape_begin(qp_tape *tape, qp_mode mode, uint64_t key);
void qp_tape_bind(qp_tape *tape, qp_node *parameter_node);

/* qp_tape_backward — d(scale*loss)/dx for everything on the tape; loss [1,1]. Or the first failed op of the step.
 * qp_tape_backward_from — the same from any number of tensors whose gradients the caller has written through
 * qp_tape_grad (tests, oracles). */
qp_status qp_tape_backward(qp_tape *tape, qp_tensor loss, qp_real scale);
qp_status qp_tape_backward_from(qp_tape *tape);

qp_status qp_tape_status(const qp_tape *tape);    /* QP_OK or the first failure of this step */
const char *qp_tape_message(const qp_tape *tape); /* its line */
size_t qp_tape_peak_bytes(const qp_tape *tape);

/* ---- for operations ---- */

bool qp_tape_training(const qp_tape *tape);
qp_node *qp_tape_parameter_node(const qp_tape *tape, int index); /* NULL when nothing is bound */
uint64_t qp_tape_next_key(qp_tape *tape);                        /* random key of the next operation of this step */

/* qp_tape_tensor — a new [rows, columns] of uninitialised values; has a node in QP_TRAIN.
 * qp_tape_reuse — a new tensor, with a node of its own, over the memory of x, which nobody will read again; where x is
 *   a band or does not belong to this tape, fresh memory.
 * qp_tape_constant — the same, never with a node. qp_tape_memory — raw memory until the next begin.
 * On failure: an empty tensor (value NULL) or NULL, and the tape has failed. */
qp_tensor qp_tape_tensor(qp_tape *tape, int rows, int columns);
qp_tensor qp_tape_reuse(qp_tape *tape, qp_tensor x);
qp_tensor qp_tape_constant(qp_tape *tape, int rows, int columns);
void *qp_tape_memory(qp_tape *tape, size_t bytes);

/* qp_tape_mark / qp_tape_rewind — scratch of one operation: take after mark, give back with rewind. In a backward
 * function call qp_tape_grad before the mark: gradients live longer than scratch. */
size_t qp_tape_mark(const qp_tape *tape);
void qp_tape_rewind(qp_tape *tape, size_t mark);

/* qp_tape_record — leave an entry. `backward` is called only if `out` received a gradient; context is copied
 * (context_bytes). qp_tape_record_several — for operations with up to QP_TAPE_OUT_MAX outputs: called if any of them
 * did; backward asks out.node->filled of each. */
enum { QP_TAPE_OUT_MAX = 4 };
typedef void qp_backward(qp_tape *tape, void *context);
void qp_tape_record(qp_tape *tape, qp_tensor out, qp_backward *backward, const void *context, size_t context_bytes);
void qp_tape_record_several(qp_tape *tape, const qp_tensor *out, int count, qp_backward *backward, const void *context,
                            size_t context_bytes);

/* qp_tape_fail — the step has failed; returns an empty tensor to hand on. printf-style. */
qp_tensor qp_tape_fail(qp_tape *tape, qp_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool qp_tape_failed(const qp_tape *tape);

/* Gradients, inside a backward function:
 * qp_tape_upstream — dL/dy as made by the consumers; same layout as y.
 * qp_tape_grad     — where to write dL/dx (layout of x: row r at + r*x.stride), or NULL if no gradient is wanted.
 *                    *beta = 0: store (the memory is garbage), 1: add to what is there. The call promises that every
 *                    element of the view is written. For a band of columns of a wider matrix the whole is cleared
 *                    first and *beta is 1.
 * qp_tape_grad_bands — the same for several bands written by one operation: where the bands of one matrix cover all its
 *                    columns nothing is cleared. grad[i], beta[i] belong to band[i].
 * qp_tape_grad_zeroed — the same, cleared if it was garbage: for sparse writers that only add (embedding). */
const qp_real *qp_tape_upstream(qp_tensor y);
qp_real *qp_tape_grad(qp_tape *tape, qp_tensor x, qp_real *beta);
void qp_tape_grad_bands(qp_tape *tape, const qp_tensor *band, int count, qp_real **grad, qp_real *beta);
qp_real *qp_tape_grad_zeroed(qp_tape *tape, qp_tensor x);

#endif
