#ifndef QP_PARAMS_H
#define QP_PARAMS_H

#include <stdint.h>

#include "lib/base/files/map.h"
#include "lib/base/status.h"
#include "lib/grad/tape.h"
#include "lib/nn/initializer.h"
#include "lib/tensor/gemm_stored.h"

/* params — the weights of a model: one flat block of named parameters that lives as long as the model.
 *
 * A module adds its parameters while the model is built and keeps their indices; qp_params_finish allocates the block.
 * Each parameter is drawn from its own random key (seed, name), so adding one does not change the others. */
typedef struct qp_params qp_params;

typedef struct {
    char name[120];
    int rows, columns;
    size_t offset; /* in the flat block, in reals; 16-real aligned */
    qp_init init;
    bool decay;   /* weight decay applies: to matrices, those of one row too, but not to biases and norms */
    qp_real keep; /* of a statistic (statistic.h), which is counted and not trained; 0: trained */
    bool frozen;  /* not trained */
    int adapter;  /* of an adapted weight: the index of A; that of B follows. 0: none */
    qp_real adapter_scale;
    bool product;   /* a matrix that multiplies rows (qp_linear, gates): may be stored in 8 bits */
    bool looked_up; /* a table whose rows are looked up (qp_embedding) */
} qp_parameter;

qp_params *qp_params_new(void);
void qp_params_free(qp_params *params);

/* qp_params_add — the index of the new parameter, or -1: the failure is reported by qp_params_status and
 * qp_params_finish. */
int qp_params_add(qp_params *params, int rows, int columns, qp_init init, const char *name_format, ...)
    __attribute__((format(printf, 5, 6)));

/* qp_params_multiply — parameter `index` multiplies rows; a vector, or -1, is left alone. Returns index. */
int qp_params_multiply(qp_params *params, int index);

/* qp_params_look_up — rows of parameter `index` are looked up. */
void qp_params_look_up(qp_params *params, int index);

/* qp_params_set_statistic — for statistic.h: parameter `index` is counted, not trained. */
void qp_params_set_statistic(qp_params *params, int index, qp_real keep);

/* qp_params_adapt — a low-rank adapter for weight `index`, which is frozen: qp_param gives W + scale * B A, with new
 *   parameters A [rank, columns], drawn within 1/sqrt(columns), and B [rows, rank], zero. Before qp_params_finish.
 * qp_params_freeze — do not train a parameter.    Source  Hu et al. 2022. */
void qp_params_adapt(qp_params *params, int index, int rank, qp_real scale);
void qp_params_freeze(qp_params *params, int index);

/* qp_params_status — the first failed qp_params_add, or QP_OK.
 * qp_params_finish — allocate the block, all zero.
 * qp_params_initialise — draw the first values of every parameter.
 * Errors  QP_EMEMORY, or the first failed qp_params_add. */
qp_status qp_params_status(const qp_params *params);
qp_status qp_params_finish(qp_params *params);
void qp_params_initialise(qp_params *params, uint64_t seed);

int qp_params_count(const qp_params *params);       /* parameters (tensors) */
size_t qp_params_size(const qp_params *params);     /* reals of the flat block, padding included */
size_t qp_params_elements(const qp_params *params); /* weights, without padding */
const qp_parameter *qp_params_at(const qp_params *params, int index);
int qp_params_find(const qp_params *params, const char *name); /* -1: none */

/* qp_params_check_finite — QP_EDATA, naming the file `place`, the first parameter and element that is NaN or infinite:
 * one such weight makes every result of the model NaN, or silently wrong where a maximum is taken. */
qp_status qp_params_check_finite(const qp_params *params, const char *place);
qp_real *qp_params_block(qp_params *params); /* the flat block */
qp_real *qp_params_value(qp_params *params, int index);

/* qp_param — parameter `index` as a tensor for the operations of this tape; index -1 gives an empty tensor
 * (no bias). */
qp_tensor qp_param(qp_tape *tape, const qp_params *params, int index);

/* qp_params_pack — make packed copies of every matrix, for inference, from the present values; call it again when
 *   they have changed. Of a matrix stored in fewer bits the stored rows are used. The copies belong
 *   to params.      Errors  QP_EMEMORY.
 * qp_params_unpack — free the copies. */
qp_status qp_params_pack(qp_params *params);
void qp_params_unpack(qp_params *params);

/* Matrices stored in fewer bits (gemm_stored.h), beside their values in the block, which are the numbers that the
 * stored ones stand for.
 *
 * qp_params_store — memory for matrix `index` in `type`, for the caller to fill: row [rows, columns], scale [rows] for
 *   int8. It belongs to params.      Errors  QP_EMEMORY.
 * qp_params_stored — the stored matrix, or NULL: fp32.
 * qp_params_restore — set the values of a stored matrix in the block.
 * qp_params_quantize — store every matrix that multiplies rows as int8, or every matrix in 16 bits, and round the
 *   values in the block likewise. What does not fit (qp_weight_fits) stays.
 *   Errors  QP_EMEMORY; QP_EDATA, naming the matrix: numbers that are not finite in the type. */
qp_status qp_params_store(qp_params *params, int index, qp_weight_type type, void **row, float **scale);
const qp_packed *qp_params_stored(const qp_params *params, int index);
void qp_params_restore(qp_params *params, int index);
qp_status qp_params_quantize(qp_params *params, qp_weight_type type);

/* qp_params_stored_free — all matrices are fp32 from now on, with their values in the block: before these change. */
void qp_params_stored_free(qp_params *params);

/* Weights in a mapped file, for inference: there is no block, and nothing may be written to them. A matrix in
 * fewer bits that only multiplies rows, or whose rows are looked up, has no values in fp32; the others have, in memory
 * of their own.
 *
 * qp_params_map — in place of qp_params_finish; the map gets one more owner. Then each parameter needs one of
 *   qp_params_map_reals   its reals in the file, aligned
 *   qp_params_map_stored  a matrix in fewer bits, aligned; scale as in qp_packed
 *   qp_params_map_own     memory for the caller to fill: what the file has in another type, or not aligned
 * qp_params_map_finish — the matrices are ready for products, as after qp_params_pack; packed late (weight_panels.h).
 * Errors  QP_EMEMORY. */
qp_status qp_params_map(qp_params *params, qp_map *map);
void qp_params_map_reals(qp_params *params, int index, const void *value);
qp_status qp_params_map_stored(qp_params *params, int index, qp_weight_type type, const void *row, const float *scale);
qp_status qp_params_map_own(qp_params *params, int index, qp_real **value);
qp_status qp_params_map_finish(qp_params *params);

/* qp_gradient — a block of gradients and its nodes, which qp_tape_bind connects to a tape.
 * begin  start a step: nothing is cleared, the first write to each parameter stores
 * finish clear the parameters that received no gradient, so that the whole block can be read
 * clear  the same for one parameter */
typedef struct {
    qp_real *block;
    qp_node *node;
} qp_gradient;
qp_status qp_gradient_init(qp_gradient *gradient, const qp_params *params);
void qp_gradient_free(qp_gradient *gradient);
void qp_gradient_begin(qp_gradient *gradient, const qp_params *params);
void qp_gradient_finish(qp_gradient *gradient, const qp_params *params);
void qp_gradient_clear(qp_gradient *gradient, int index);

#endif
