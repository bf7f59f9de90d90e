#ifndef QP_TAPE_H
#define QP_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/tensor/tensor.h"

/* tape — owns the memory of one step and records its operations for the backward pass.
 *
 * An operation computes at once. In QP_TRAIN it also records one entry: a backward function, its context, and the
 * tensor it made. qp_tape_backward runs the entries in reverse. The tape remembers the first operation that fails;
 * later ones of that step do nothing and return empty tensors, so the caller checks once.
 * A tape is used by one thread at a time. */
typedef struct qp_tape qp_tape;

typedef enum {
    QP_INFER, /* no gradients, no dropout; packed weights where a weight has them */
    QP_TRAIN  /* gradients and dropout */
} qp_mode;

qp_tape *qp_tape_new(void); /* NULL: out of memory */
void qp_tape_free(qp_tape *tape);

/* qp_tape_begin — starts a step: drops the last one, keeps its memory.
 * key  of this step's random numbers; operation k of the step draws from qp_random_key(key, k)
 * qp_tape_bind — the gradient nodes of the parameters in this step, node[i] for parameter i (lib/nn/params.h); NULL:
 *   none. */
void qp_tape_begin(qp_tape *tape, qp_mode mode, uint64_t key);
void qp_tape_bind(qp_tape *tape, qp_node *parameter_node);

/* qp_tape_expect_scale — after qp_tape_begin: the scale that qp_tape_backward will get, for operations that compute
 *   gradients in their forward pass (op_output_loss.h). qp_tape_expected_scale: 0 until then. */
void qp_tape_expect_scale(qp_tape *tape, qp_real scale);
qp_real qp_tape_expected_scale(const qp_tape *tape);

/* qp_tape_use_bf16 — after qp_tape_begin: in this step products with weights round their operands to bfloat16
 *   (qp_weight_product in op_linear.h). */
void qp_tape_use_bf16(qp_tape *tape);
bool qp_tape_uses_bf16(const qp_tape *tape);

/* qp_tape_watch — `done` is called in the backward pass of this step as soon as the gradient of a parameter is
 *   complete, once for each that the forward pass used: the last layers come first. Before the forward pass, after
 *   qp_tape_bind.
 *   use  memory [parameters], which lives as long as the step. */
typedef struct {
    const void *before; /* the last operation before its first use */
    int parameter;
} qp_tape_use;
typedef struct {
    void *self;
    void (*done)(void *self, int parameter);
    qp_tape_use *use;
} qp_tape_watcher;
void qp_tape_watch(qp_tape *tape, const qp_tape_watcher *watcher);

/* qp_tape_profile — from the next step on, `spent` is called with the seconds of each operation: in the forward pass
 *   those since the operation before it, in the backward pass its own. `operation` is its backward function. NULL: no
 *   longer. */
typedef void qp_backward(qp_tape *tape, void *context);
typedef struct {
    void *self;
    void (*spent)(void *self, qp_backward *operation, bool backward, double seconds);
} qp_tape_profiler;
void qp_tape_profile(qp_tape *tape, const qp_tape_profiler *profiler);

/* qp_tape_pause — until qp_tape_resume, operations run as in QP_INFER and without bound parameters: the forward pass of
 *   another model within a step (a teacher's). The random numbers of the step are those of a step without the pause. */
typedef struct {
    qp_mode mode;
    qp_node *parameter_node;
    uint64_t operations;
} qp_tape_paused;
qp_tape_paused qp_tape_pause(qp_tape *tape);
void qp_tape_resume(qp_tape *tape, qp_tape_paused paused);

/* qp_tape_backward — computes d(scale*loss)/dx for everything on the tape; loss [1, 1]. Returns the error of the first
 *   operation of the step that failed.
 * qp_tape_backward_from — the same from any number of tensors, whose gradients the caller has written through
 *   qp_tape_grad (tests, oracles). */
qp_status qp_tape_backward(qp_tape *tape, qp_tensor loss, qp_real scale);
qp_status qp_tape_backward_from(qp_tape *tape);

/* qp_tape_status, qp_tape_message — QP_OK and "", or the first failure of this step; qp_tape_peak_bytes — the most
 * memory that any step of this tape has used. */
qp_status qp_tape_status(const qp_tape *tape);
const char *qp_tape_message(const qp_tape *tape);
size_t qp_tape_peak_bytes(const qp_tape *tape);

/* ---- for operations ---- */

bool qp_tape_training(const qp_tape *tape);
qp_node *qp_tape_parameter_node(qp_tape *tape, int index); /* NULL when nothing is bound */
uint64_t qp_tape_next_key(qp_tape *tape);                        /* random key of the next operation of this step */

/* qp_tape_tensor    a new [rows, columns], uninitialised; has a node in QP_TRAIN
 * qp_tape_reuse     a new tensor, with its own node, over the memory of x, which must not be read again; fresh memory
 *                   if x is a band or does not belong to this tape
 * qp_tape_constant  a new [rows, columns], uninitialised, without a node
 * qp_tape_memory    raw memory, 64-byte aligned
 * Memory  until the next qp_tape_begin.
 * Errors  QP_ESHAPE (a negative size), QP_EMEMORY: an empty tensor (value NULL) or NULL, and the tape has failed. */
qp_tensor qp_tape_tensor(qp_tape *tape, int rows, int columns);
qp_tensor qp_tape_reuse(qp_tape *tape, qp_tensor x);
qp_tensor qp_tape_constant(qp_tape *tape, int rows, int columns);
void *qp_tape_memory(qp_tape *tape, size_t bytes);

/* qp_tape_mark, qp_tape_rewind — scratch memory of one operation: allocate after the mark, release with rewind. A
 * backward function calls qp_tape_grad before the mark, because gradients outlive scratch memory.
 * qp_tape_keep — of all that was allocated after the mark, only x is read from here on, and in QP_INFER it moves down
 * to the mark: layer after layer uses the same memory, which stays in the cache. In QP_TRAIN, and for a band of
 * columns, it returns x unchanged. */
size_t qp_tape_mark(const qp_tape *tape);
void qp_tape_rewind(qp_tape *tape, size_t mark);
qp_tensor qp_tape_keep(qp_tape *tape, size_t mark, qp_tensor x);

/* qp_tape_record — records an operation; does nothing in QP_INFER. `backward` is called only if `out` received a
 *   gradient; `context` [context_bytes] is copied.
 * qp_tape_record_several — for up to QP_TAPE_OUT_MAX outputs: `backward` is called if any of them received a
 *   gradient, and checks out.node->filled of each. */
enum { QP_TAPE_OUT_MAX = 4 };
void qp_tape_record(qp_tape *tape, qp_tensor out, qp_backward *backward, const void *context, size_t context_bytes);
void qp_tape_record_several(qp_tape *tape, const qp_tensor *out, int count, qp_backward *backward, const void *context,
                            size_t context_bytes);

/* qp_tape_fail — the step has failed, for the reason that `format` (printf) gives; returns an empty tensor. */
qp_tensor qp_tape_fail(qp_tape *tape, qp_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool qp_tape_failed(const qp_tape *tape);

/* Gradients, inside a backward function:
 * qp_tape_upstream     dL/dy, in the layout of y
 * qp_tape_grad         where to write dL/dx, in the layout of x (row r at + r*x.stride); NULL: no gradient is wanted.
 *                      *beta 0: store, the memory is uninitialised; 1: add. The caller must write every element of x.
 *                      For a band of columns the whole matrix is cleared first, and *beta is 1.
 * qp_tape_grad_bands   the same for `count` bands written by one operation: grad[i], beta[i] belong to band[i]. Where
 *                      the bands of a matrix cover all its columns nothing is cleared.
 * qp_tape_grad_zeroed  where to add dL/dx, cleared before its first use: for operations that write few elements
 *                      (embedding) */
const qp_real *qp_tape_upstream(qp_tensor y);
qp_real *qp_tape_grad(qp_tape *tape, qp_tensor x, qp_real *beta);
void qp_tape_grad_bands(qp_tape *tape, const qp_tensor *band, int count, qp_real **grad, qp_real *beta);
qp_real *qp_tape_grad_zeroed(qp_tape *tape, qp_tensor x);

#endif
