#ifndef QP_ORACLE_H
#define QP_ORACLE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/batch.h"
#include "lib/grad/tape.h"
#include "lib/nn/params.h"
#include "lib/store/safetensors.h"
#include "lib/tensor/pointwise.h"

/* oracle — one reference case: a safetensors file of inputs, parameters, outputs and gradients. The function of an
 * operation loads its inputs as leaves, computes on case->tape and registers its outputs; the runner feeds the upstream
 * gradients, runs the backward pass and compares every array of the file.
 *
 * A map converts layouts: element e of the tensor is element map[e] of the file's array (row-major, without gaps). Maps
 * turn padded arrays [B, T, F] into ragged rows and move heads. NULL: the same order. Several tensors may share one
 * array: their values are copied into it, their gradients summed.
 * Any error ends the case through oracle_stop; the case counts as failed. */
enum { ORACLE_LEAVES = 4096, ORACLE_PARTS = 1024, ORACLE_PIECES = 3 };

typedef struct {
    char name[160];   /* name of the computed array: "gin.x", "gparam.weight", "out.y" */
    qp_tensor tensor; /* outputs: the computed tensor; gradients: its node */
    const int32_t *map;
} oracle_part;

typedef struct {
    const char *name; /* name of the case */
    qp_safetensors *file;
    qp_tape *tape;
    qp_arena memory; /* memory that lives as long as the case */
    oracle_part leaf[ORACLE_LEAVES], out[ORACLE_PARTS];
    int leaves, outs;
    bool *compared;         /* by index in the file */
    struct qp_model *model; /* of oracle_model_make, or NULL */
    qp_params *params;      /* of the model or of oracle_params, or NULL */
    qp_gradient gradient;
    int failures;
    bool skipped;
    char skipped_what[128];
    jmp_buf stop;
} oracle;

/* oracle_stop — end the case as failed, with the reason.
 * oracle_skip — end the case as skipped: the library cannot compute `what`. */
_Noreturn void oracle_stop(oracle *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void oracle_skip(oracle *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *oracle_memory(oracle *o, size_t bytes);

/* Configuration values. The text `none` reads as NULL; the numeric forms stop on anything but a number. */
const char *oracle_text(oracle *o, const char *key); /* must exist */
const char *oracle_text_or(oracle *o, const char *key, const char *fallback);
double oracle_number(oracle *o, const char *key);
double oracle_number_or(oracle *o, const char *key, double fallback);
int oracle_int(oracle *o, const char *key);
bool oracle_flag(oracle *o, const char *key); /* 0 or 1 */
bool oracle_flag_or(oracle *o, const char *key, bool fallback);
bool oracle_is(oracle *o, const char *key, const char *text);
qp_activation_kind oracle_activation(oracle *o, const char *key);

/* Arrays by their full name. */
const qp_stored *oracle_find(oracle *o, const char *name);                /* NULL: absent */
const qp_stored *oracle_array(oracle *o, const char *name);               /* must exist */
int oracle_size(oracle *o, const char *name, int axis);                   /* axis -1: the last; must exist */
void oracle_matrix(oracle *o, const char *name, int *rows, int *columns); /* all leading axes are rows */
qp_real *oracle_reals(oracle *o, const char *name);
int32_t *oracle_ints(oracle *o, const char *name); /* stops if a value does not fit into 32 bits */

/* Leaves: tensors with values from the file; their gradients are compared with gin.NAME or gparam.NAME.
 * oracle_input   in.NAME as [rows, columns]
 * oracle_param   param.NAME; a vector is [1, n]; a second call returns the same tensor
 * oracle_param_or_none — an empty tensor if the array is absent
 * oracle_params  an empty set of parameters, freed with the case
 * oracle_bind    load every parameter from PREFIX.NAME and compare its gradient with gPREFIX.NAME; `split` lists the
 *                arrays that hold it: elements first .. first+count-1 of the parameter are at .. of array NAME
 * oracle_compare_weights — compare the current values of the bound parameters with PREFIX.NAME; after calls with
 *                other prefixes set leaves = 0, and no gradients are compared. */
qp_tensor oracle_input(oracle *o, const char *name, int rows, int columns, const int32_t *map);
qp_tensor oracle_param(oracle *o, const char *name);
qp_tensor oracle_param_or_none(oracle *o, const char *name);
typedef struct {
    char name[160];
    size_t first, count, at;
} oracle_piece;
typedef int oracle_split(const qp_parameter *ours, oracle_piece *piece); /* [ORACLE_PIECES], zeros; returns a count */
qp_params *oracle_params(oracle *o);
void oracle_bind(oracle *o, const char *prefix, oracle_split *split);
void oracle_compare_weights(oracle *o, const char *prefix);

/* Outputs: compared with out.NAME; gout.NAME, if present, is their upstream gradient. */
void oracle_output(oracle *o, const char *name, qp_tensor y, const int32_t *map);

/* oracle_compare — compare values [count] with the file's array `name` (full name) now.
 * oracle_expect — any other condition on that array; the printf-style message says what is wrong. */
void oracle_expect(oracle *o, const char *name, bool right, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void oracle_compare(oracle *o, const char *name, size_t count, const qp_real *value);

/* oracle_finish — run backward and compare every output and gradient; stops if a result of the file was not
 * compared. */
void oracle_finish(oracle *o);

/* Padded to ragged: the sequences of a mask [B, T] (1 = padding; NULL: none), their rows b*T + t, and maps.
 * oracle_rows_map   rows of `columns` elements
 * oracle_heads_map  tensor [B*T, heads*width], file [B, heads, T, width] */
typedef struct {
    int batch, time, rows;
    int32_t *start; /* [batch+1] */
    int32_t *row;   /* [rows] b*T + t */
    qp_sequences sequences;
} oracle_ragged;
oracle_ragged oracle_ragged_of(oracle *o, int batch, int time, const int32_t *mask);
oracle_ragged oracle_ragged_mask(oracle *o, int batch, int time, const char *mask_name); /* array may be absent */
oracle_ragged oracle_ragged_lengths(oracle *o, int time, const char *lengths_name);
int32_t *oracle_rows_map(oracle *o, const oracle_ragged *ragged, int columns);
int32_t *oracle_heads_map(oracle *o, int batch, int heads, int time, int width);

typedef void oracle_run(oracle *o);
typedef struct {
    const char *op;
    oracle_run *run;
} oracle_row;
extern const oracle_row oracle_rows_ops[], oracle_rows_layers[], oracle_rows_loss[], oracle_rows_attention[],
    oracle_rows_transformer[], oracle_rows_learning[], oracle_rows_recurrent[], oracle_rows_training[],
    oracle_rows_models[], oracle_rows_decode[], oracle_rows_convolutions[], oracle_rows_crf[], oracle_rows_cells[],
    oracle_rows_blocks[];

#endif
