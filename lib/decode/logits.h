#ifndef QP_LOGITS_H
#define QP_LOGITS_H

#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/base/real.h"
#include "lib/base/status.h"

/* logits — from one row of scores to the candidates of one hypothesis. Rules act after the softmax: they set the
 * log-probability of a token to -inf without renormalising, so that sums remain log-probabilities of the model. */

/* qp_logits_normalise — row = log softmax(row), in place; row [columns].
 * Errors  QP_EDATA when a score is not a number (a damaged model, a training that diverged). */
qp_status qp_logits_normalise(int columns, qp_real *row);

/* qp_logits_forbid — forbid `id`. An id outside the vocabulary is ignored. */
void qp_logits_forbid(int columns, qp_real *row, int32_t id);

/* qp_logits_forbid_special — forbid pad and begin, unless they are the end too. */
void qp_logits_forbid_special(int columns, qp_real *row, const qp_special_ids *special);

/* qp_logits_forbid_repeats — forbid every token that would complete an n-gram of length n that `history` already
 * has. history [count], oldest first; n <= 0: nothing is forbidden.
 * Time    count comparisons.      Source  Paulus et al. 2018 */
void qp_logits_forbid_repeats(int columns, qp_real *row, const int32_t *history, int count, int n);

/* qp_logits_penalise — make every id of `history` less probable, once: x = x/penalty if x > 0, else x*penalty; ids
 * outside the row are ignored.
 * Time    count^2 comparisons.    Source  Keskar et al. 2019 */
void qp_logits_penalise(int columns, qp_real *row, const int32_t *history, int count, double penalty);

/* Sequences of tokens that no text may contain. */
enum { QP_FORBIDDEN_MOST = 256 };
typedef struct {
    int32_t id[QP_FORBIDDEN_MOST];
    int start[QP_FORBIDDEN_MOST + 1]; /* sequence i is id[start[i]] .. id[start[i+1]-1] */
    int count;
} qp_forbidden;

/* qp_forbidden_parse — "7, 3 5": token 7, and token 5 after token 3; "": none. option: its name, for the message.
 *   Errors  QP_EUSAGE: not ids of a vocabulary of `columns`, more than QP_FORBIDDEN_MOST.
 * qp_logits_forbid_listed — forbid every token that would complete one of them. */
qp_status qp_forbidden_parse(const char *option, const char *text, int columns, qp_forbidden *forbidden);
void qp_logits_forbid_listed(int columns, qp_real *row, const int32_t *history, int count,
                             const qp_forbidden *forbidden);

/* qp_logits_top — the k most probable ids, best first, ties to the lower id; without forbidden ones.
 * id, log_probability [k]; returns how many there are (at most k, at most columns). */
int qp_logits_top(int columns, const qp_real *row, int k, int32_t *id, qp_real *log_probability);

#endif
