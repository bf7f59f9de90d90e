#ifndef QP_STATE_H
#define QP_STATE_H

#include <stdint.h>

#include "lib/base/status.h"

/* state — what one decode remembers between steps: key-value caches (later: recurrent carries). Rows are hypotheses.
 * Its one verb is reorder: hypotheses continue, are copied, or leave the batch. Key-value rows are never copied: every
 * hypothesis has a list of the rows it reads, and only that list moves. Made by qp_model_start. */
typedef struct qp_state qp_state;

int       qp_state_rows(const qp_state *state);       /* live hypotheses */
int       qp_state_time(const qp_state *state);       /* tokens read so far */

/* qp_state_reorder — row i of the new state continues row from_row[i] of the old one; rows may repeat, be dropped, or
 * grow in number (beam search starts with one row a sentence and goes on with k). */
qp_status qp_state_reorder(qp_state *state, const int32_t *from_row, int rows);
void      qp_state_free(qp_state *state);

#endif
