#ifndef QP_STATE_H
#define QP_STATE_H

#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/base/status.h"
#include "lib/tensor/tensor.h"

/* state — what one decode remembers between steps: the sources as encoded, key-value caches, recurrent carries. Rows
 * are hypotheses.
 *
 * Its one verb is reorder: hypotheses continue, are copied, or leave the batch. Carries are one row a hypothesis and
 * are gathered. Keys and values are never copied: each
 * step appends one row per live hypothesis to the cache of every layer, and every hypothesis has the list of the rows
 * it reads (its ancestry). Only these lists move, and one list serves all layers. Made by qp_model_start. */
typedef struct qp_state qp_state;

int qp_state_rows(const qp_state *state); /* live hypotheses */
int qp_state_time(const qp_state *state); /* tokens read so far */

/* qp_state_reorder — row i of the new state continues row from_row[i] of the old one; rows may repeat, be dropped, or
 * grow in number (beam search starts with one row a sentence and goes on with k).   Errors  QP_EMEMORY. */
qp_status qp_state_reorder(qp_state *state, const int32_t *from_row, int rows);
void qp_state_free(qp_state *state);

/* ---- for modules ---- */

/* qp_state_new — one row a source.                                                          NULL: out of memory
 * source  rows of each source; count 0 lengths where a model has no encoder */
typedef struct {
    int caches, cache_width; /* one cache a layer, of `cache_width` reals a row (keys beside values) */
    int sources;             /* matrices kept of the sources */
    int carries;             /* matrices of one row a hypothesis */
} qp_state_shape;
qp_state *qp_state_new(qp_state_shape shape, qp_sequences source);

/* qp_state_source_set — keep a copy of a matrix made of the sources [rows, columns] under `slot`; qp_state_source
 *   gives it back.
 * qp_state_source_sequences — which rows of it each hypothesis reads. */
qp_status qp_state_source_set(qp_state *state, int slot, qp_tensor value);
qp_tensor qp_state_source(const qp_state *state, int slot);
qp_sequences qp_state_source_sequences(const qp_state *state);

/* qp_state_carry_set — keep a copy of value [hypotheses, columns] under `slot`, always of the same columns; _carry
 *   gives
 * it back, as reorder has left it. */
qp_status qp_state_carry_set(qp_state *state, int slot, qp_tensor value);
qp_tensor qp_state_carry(const qp_state *state, int slot);

/* One step: begin makes room for one more row per hypothesis; append writes layer's new keys and values
 * [rows, width] behind the others and returns the whole cache; end counts the token.
 * qp_state_key_sequences / _key_row — the rows of the cache each hypothesis reads, the new one included. */
qp_status qp_state_step_begin(qp_state *state);
qp_tensor qp_state_append(qp_state *state, int layer, qp_tensor keys_values);
void qp_state_step_end(qp_state *state);
qp_sequences qp_state_key_sequences(const qp_state *state);
const int32_t *qp_state_key_row(const qp_state *state);
qp_sequences qp_state_query_sequences(const qp_state *state); /* one query a hypothesis */

#endif
