#include "lib/decode/logits.h"

#include <math.h>
#include <stdlib.h>
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

void qp_logits_penalise(int columns, qp_real *row, const int32_t *history, int count, double penalty)
{
    for (int i = 0; penalty != 1 && i < count; i++) {
        bool seen = history[i] < 0 || history[i] >= columns;
        for (int j = 0; j < i && !seen; j++) seen = history[j] == history[i];
        qp_real *x = row + history[i];
        if (!seen) *x = (qp_real)(*x > 0 ? (double)*x / penalty : (double)*x * penalty);
    }
}

qp_status qp_forbidden_parse(const char *option, const char *text, int columns, qp_forbidden *f)
{
    int ids = 0;
    *f = (qp_forbidden){.count = 0};
    for (const char *at = text; *at;) {
        char *end;
        long id = strtol(at, &end, 10);
        if (end == at || id < 0 || id >= columns || ids == QP_FORBIDDEN_MOST)
            return qp_fail(QP_EUSAGE, "%s '%.60s': not sequences of at most %d ids below %d; such as '7, 3 5'", option,
                           text, QP_FORBIDDEN_MOST, columns);
        f->id[ids++] = (int32_t)id;
        at = end + strspn(end, " ");
        if (*at && *at != ',') continue;
        f->start[++f->count] = ids;
        if (*at) at++;
    }
    return QP_OK;
}

void qp_logits_forbid_listed(int columns, qp_real *row, const int32_t *history, int count, const qp_forbidden *f)
{
    for (int i = 0; i < f->count; i++) {
        const int32_t *id = f->id + f->start[i];
        int before = f->start[i + 1] - f->start[i] - 1;
        if (before <= count && (!before || memcmp(history + count - before, id, (size_t)before * sizeof *id) == 0))
            qp_logits_forbid(columns, row, id[before]);
    }
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
