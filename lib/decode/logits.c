#include "lib/decode/logits.h"

#include <math.h>
#include <string.h>

#include "lib/tensor/rows.h"

qp_status qp_logits_normalise(int columns, qp_real *row)
{
    qp_matrix scores = qp_matrix_dense(row, 1, columns);
    qp_log_softmax_rows(scores, 1, scores);
    /* one NaN makes the sum, and with it the whole row, NaN */
    if (columns > 0 && isnan(row[0]))
        return qp_fail(QP_EDATA, "model: its scores are not numbers (NaN); use an earlier checkpoint or train with a "
                                 "lower --lr");
    return QP_OK;
}

void qp_logits_forbid(int columns, qp_real *row, int32_t id)
{
    if (id >= 0 && id < columns) row[id] = -(qp_real)INFINITY;
}

void qp_logits_forbid_special(int columns, qp_real *row, const qp_special_ids *special)
{
    if (special->pad != special->end) qp_logits_forbid(columns, row, special->pad);
    if (special->begin != special->end) qp_logits_forbid(columns, row, special->begin);
}

void qp_logits_forbid_repeats(int columns, qp_real *row, const int32_t *history, int count, int n)
{
    if (n <= 0 || count < n) return;
    const int32_t *suffix = history + count - (n - 1);
    size_t suffix_bytes = (size_t)(n - 1) * sizeof *history;
    for (int i = 0; i + n <= count; i++)
        if (memcmp(history + i, suffix, suffix_bytes) == 0) qp_logits_forbid(columns, row, history[i + n - 1]);
}

int qp_logits_top(int columns, const qp_real *row, int k, int32_t *id, qp_real *log_probability)
{
    if (k > columns) k = columns;
    if (k <= 0) return 0;
    qp_top_rows(qp_matrix_dense(row, 1, columns), k, id);
    int found = 0;
    while (found < k && row[id[found]] > -(qp_real)INFINITY) {
        log_probability[found] = row[id[found]];
        found++;
    }
    return found;
}
