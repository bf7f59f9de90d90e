#ifndef QP_STATE_H
#define QP_STATE_H

#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/base/status.h"
#include "lib/tensor/tensor.h"

/* state — the state of decoding between steps: the encoded sources, key-value caches and recurrent states
 * (carries). Rows are hypotheses.
 *
 * qp_state_reorder continues, copies and drops hypotheses. Carries have one row a hypothesis and are gathered. Keys and
 * values are never copied: each step appends one row per hypothesis to the cache of every layer, and every hypothesis
 * has a list of the rows it reads (its ancestry). Only these lists are reordered; one list serves all layers.
 * qp_model_start makes a state. */
typedef struct qp_state qp_state;

int qp_state_rows(const qp_state *state); /* live hypotheses */
int qp_state_time(const qp_state *state); /* tokens read so far */

/* qp_state_reorder — row i of the new state continues row from_row[i] of the old one; rows may repeat, be dropped, or
 * grow in number (beam search starts with one row a sentence and continues with k).   Errors  QP_EMEMORY. */
qp_status qp_state_reorder(qp_state *state, const int32_t *from_row, int rows);
void qp_state_free(qp_state *state);

/* ---- for modules ---- */

/* qp_state_new — a state of one row a source; NULL: out of memory.
 * source  rows of each source in the matrices below; lengths 0 if a model has no encoder */
typedef struct {
    int caches, cache_width; /* one cache a layer, of `cache_width` reals a row (keys beside values) */
    int sources;             /* matrices of the sources */
    int carries;             /* matrices of one row a hypothesis */
} qp_state_shape;
qp_state *qp_state_new(qp_state_shape shape, qp_sequences source);

/* qp_state_source_set — keep a copy of a matrix of the sources, value [rows, columns], under `slot`.
 * qp_state_source — that copy.
 * qp_state_source_sequences — the rows of it that each hypothesis reads.
 * Errors  QP_EMEMORY. */
qp_status qp_state_source_set(qp_state *state, int slot, qp_tensor value);
qp_tensor qp_state_source(const qp_state *state, int slot);
qp_sequences qp_state_source_sequences(const qp_state *state);

/* qp_state_carry_set — keep a copy of value [hypotheses, columns] under `slot`; the columns of a slot never change.
 * qp_state_carry — that copy, in the order of the last reorder.
 * Errors  QP_EMEMORY. */
qp_status qp_state_carry_set(qp_state *state, int slot, qp_tensor value);
qp_tensor qp_state_carry(const qp_state *state, int slot);

/* qp_state_step_begin — make room in the caches for `tokens` more rows per hypothesis: one while texts are searched,
 *   more while a prompt is read.   Errors  QP_EMEMORY.
 * qp_state_append — append the new keys and values of a layer [hypotheses * tokens, width] to its cache, all tokens of
 *   a hypothesis together; returns the whole cache.
 * qp_state_step_end — count the tokens. */
qp_status qp_state_step_begin(qp_state *state, int tokens);
qp_tensor qp_state_append(qp_state *state, int layer, qp_tensor keys_values);
void qp_state_step_end(qp_state *state);

/* qp_state_key_sequences, qp_state_key_row — the cache rows that each hypothesis reads, the new ones included.
 * qp_state_query_sequences — the queries of each hypothesis, one for each token of the step. */
qp_sequences qp_state_key_sequences(const qp_state *state);
const int32_t *qp_state_key_row(const qp_state *state);
qp_sequences qp_state_query_sequences(const qp_state *state);

#endif
