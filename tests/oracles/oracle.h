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

/* oracle — one reference case (a safetensors file of inputs, parameters, outputs and gradients): what the operations'
 * rows ask of it. An operation's function loads its inputs as leaves, computes on case->tape, and registers what came
 * out; the runner feeds the upstream gradients, walks the tape back and compares everything the file holds.
 *
 * A map says where a tensor's elements lie in the file's array: element e of the tensor is element map[e] of the file's
 * (row-major, without gaps). That is how padded arrays [B, T, F] become ragged rows and heads change places. NULL: in
 * the same order. Several tensors may share one array: values are laid down, gradients added up.
 * Whatever is wrong with a case ends it through oracle_stop; it counts as failed. */
enum { ORACLE_LEAVES = 4096, ORACLE_PARTS = 1024, ORACLE_PIECES = 3 };

typedef struct {
    char name[160];   /* of the computed array: "gin.x", "gparam.weight", "out.y" */
    qp_tensor tensor; /* outputs: what was computed; gradients: node */
    const int32_t *map;
} oracle_part;

typedef struct {
    const char *name; /* of the case */
    qp_safetensors *file;
    qp_tape *tape;
    qp_arena memory; /* everything of one case */
    oracle_part leaf[ORACLE_LEAVES], out[ORACLE_PARTS];
    int leaves, outs;
    bool *compared;         /* by index in the file */
    struct qp_model *model; /* of oracle_model_make, or NULL */
    qp_params *params;      /* its, or of oracle_params, or NULL */
    qp_gradient gradient;
    int failures;
    bool skipped;
    char skipped_what[128];
    jmp_buf stop;
} oracle;

/* oracle_stop — the case cannot be run: what is wrong with it, or with us.
 * oracle_skip — nothing of ours computes `what`. */
_Noreturn void oracle_stop(oracle *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void oracle_skip(oracle *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *oracle_memory(oracle *o, size_t bytes);

/* Configuration values. `none` is NULL as text; the numeric forms stop on anything that is not a number. */
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
int32_t *oracle_ints(oracle *o, const char *name); /* stops where one does not fit 32 bits */

/* Leaves: tensors with values from the file, whose gradients are compared with gin.NAME, gparam.NAME.
 * oracle_input   in.NAME as [rows, columns]              oracle_param  param.NAME; a vector is [1, n]; asked twice, the same
 * oracle_param_or_none — an empty tensor when absent
 * oracle_params  an empty set of parameters, freed with the case
 * oracle_bind    every parameter gets its values from PREFIX.NAME and its gradient is compared with gPREFIX.NAME; `split`
 *                says which arrays hold it: elements first .. first+count-1 of ours are at .. of array NAME.
 * oracle_compare_weights — the bound parameters as they are now with PREFIX.NAME; may be asked of several
 * prefixes, then leaves = 0: no gradients of them are compared. */
qp_tensor oracle_input(oracle *o, const char *name, int rows, int columns, const int32_t *map);
qp_tensor oracle_param(oracle *o, const char *name);
qp_tensor oracle_param_or_none(oracle *o, const char *name);
typedef struct {
    char name[160];
    size_t first, count, at;
} oracle_piece;
typedef int oracle_split(const qp_parameter *ours, oracle_piece *piece); /* [ORACLE_PIECES], zeros; returns how many */
qp_params *oracle_params(oracle *o);
void oracle_bind(oracle *o, const char *prefix, oracle_split *split);
void oracle_compare_weights(oracle *o, const char *prefix);

/* Results: compared with out.NAME, fed with gout.NAME if the file has it. */
void oracle_output(oracle *o, const char *name, qp_tensor y, const int32_t *map);

/* oracle_compare — values [count] with the file's array `name` (full name), at once.
 * oracle_expect — a condition of another kind about that array; printf-style what is wrong. */
void oracle_expect(oracle *o, const char *name, bool right, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void oracle_compare(oracle *o, const char *name, size_t count, const qp_real *value);

/* oracle_finish — backward, then compare every output and gradient; stops when the file holds a result that nothing
 * of ours was compared with. */
void oracle_finish(oracle *o);

/* Padded to ragged: from a mask [B, T] (1 = padding; NULL: none) the sequences, their rows b*T + t, and maps.
 * oracle_rows_map — rows of `columns` elements; oracle_heads_map — tensor [B*T, heads*width], file [B, heads, T, width]. */
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
    oracle_rows_models[], oracle_rows_decode[], oracle_rows_convolutions[], oracle_rows_crf[], oracle_rows_cells[];

#endif
