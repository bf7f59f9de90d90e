#ifndef QP_PARAMS_H
#define QP_PARAMS_H

#include <stdint.h>

#include "lib/base/status.h"
#include "lib/grad/tape.h"
#include "lib/nn/initializer.h"

/* params — the weights of a model: one flat block, dotted names, living as long as the model.
 *
 * A module adds its parameters while the model is built and keeps their indices; qp_params_finish allocates the block.
 * Each parameter's first values come from a random key of its own (seed, name): adding one does not change the
 * others. */
typedef struct qp_params qp_params;

typedef struct {
    char name[120];
    int rows, columns;
    size_t offset; /* in the flat block, in reals; 16-real aligned */
    qp_init init;
    bool decay; /* weight decay applies (matrices, of one row too); false for biases and norms */
} qp_parameter;

qp_params *qp_params_new(void);
void qp_params_free(qp_params *params);

/* qp_params_add — returns the new parameter's index, or -1 (remembered; reported by finish). */
int qp_params_add(qp_params *params, int rows, int columns, qp_init init, const char *name_format, ...)
    __attribute__((format(printf, 5, 6)));

/* qp_params_finish — allocate the block, all zero.  qp_params_initialise — draw every parameter's first values.
 * Errors  QP_EMEMORY, or the first failed qp_params_add. */
qp_status qp_params_finish(qp_params *params);
void qp_params_initialise(qp_params *params, uint64_t seed);

int qp_params_count(const qp_params *params);       /* parameters (tensors) */
size_t qp_params_size(const qp_params *params);     /* reals of the flat block, padding included */
size_t qp_params_elements(const qp_params *params); /* true number of weights */
const qp_parameter *qp_params_at(const qp_params *params, int index);
int qp_params_find(const qp_params *params, const char *name); /* -1: none */
qp_real *qp_params_block(qp_params *params);                   /* the flat block */
qp_real *qp_params_value(qp_params *params, int index);

/* qp_param — parameter `index` as a tensor for the operations of this tape; index -1 gives an empty tensor (no
 *   bias). */
qp_tensor qp_param(qp_tape *tape, const qp_params *params, int index);

/* qp_params_pack — make packed copies of every matrix for decoding, from the values as they are now; call again after
 * they changed. qp_params_unpack — drop them. Packed copies belong to params. */
qp_status qp_params_pack(qp_params *params);
void qp_params_unpack(qp_params *params);

/* qp_gradient — one gradient block and its nodes, to bind to a tape: qp_tape_bind(tape, qp_gradient_nodes(g)).
 * begin forgets the last step (nothing is cleared: the first writer of each parameter stores);
 * finish clears the parameters that received nothing, so that the whole block can be read. */
typedef struct {
    qp_real *block;
    qp_node *node;
} qp_gradient;
qp_status qp_gradient_init(qp_gradient *gradient, const qp_params *params);
void qp_gradient_free(qp_gradient *gradient);
void qp_gradient_begin(qp_gradient *gradient, const qp_params *params);
void qp_gradient_finish(qp_gradient *gradient, const qp_params *params);

#endif
