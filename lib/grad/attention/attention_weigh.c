#include "lib/grad/attention/attention_weigh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/rows.h"

typedef qp_attention_call call;
typedef qp_attention_span span;

bool qp_attention_plain(const call *a)
{
    const qp_attention_config *config = &a->config;
    return !config->causal && !config->slope && qp_view_empty(config->bias) && config->window == 0 &&
           config->softcap == 0;
}

/* score := cap*tanh(score/cap) */
static void apply_softcap(int keys, qp_real cap, qp_real *row)
{
    for (int j = 0; j < keys; j++) row[j] = cap * (qp_real)tanh((double)(row[j] / cap));
}

void qp_attention_softcap_back(size_t n, qp_real cap, const qp_real *score, qp_real *ds)
{
    for (size_t i = 0; i < n; i++) {
        qp_real t = (qp_real)tanh((double)(score[i] / cap));
        ds[i] *= 1 - t * t;
    }
}

/* Adds the bias of the caller and of ALiBi. */
static void add_biases(const call *a, const span *s, int head, int q, int keys, qp_real *row)
{
    const qp_attention_config *config = &a->config;
    int position = qp_attention_query_position(a, s, q);
    if (!qp_view_empty(config->bias)) {
        size_t number = qp_attention_weight_number(s, head, q) - (config->bias_shared ? s->first_weight : 0);
        const qp_real *bias = config->bias.value + number;
        for (int j = 0; j < keys; j++) row[j] += bias[j];
    }
    if (config->slope)
        for (int j = 0; j < keys; j++)
            row[j] -= config->slope[head] * (qp_real)abs(position - qp_attention_key_position(a, s, j));
}

/* Masks keys outside the window that are no sinks; returns whether any key is left. */
static bool cut_window(const call *a, const span *s, int position, int keys, qp_real *row)
{
    const qp_attention_config *config = &a->config;
    bool any = false;
    for (int j = 0; j < keys; j++) {
        int at = qp_attention_key_position(a, s, j);
        if (at >= config->sinks && abs(position - at) >= config->window) row[j] = -(qp_real)INFINITY;
        any = any || row[j] > -(qp_real)INFINITY;
    }
    return any;
}

void qp_attention_weigh_row(const call *a, const span *s, int head, int q, int keys, int width, qp_real *row)
{
    const qp_attention_config *config = &a->config;
    int position = qp_attention_query_position(a, s, q), readable = keys;
    if (config->softcap > 0) apply_softcap(keys, config->softcap, row);
    add_biases(a, s, head, q, keys, row);
    if (config->causal) {
        readable = qp_attention_readable(a, s, position, keys);
        for (int j = 0; config->key_position && j < readable; j++)
            if (qp_attention_key_position(a, s, j) > position) row[j] = -(qp_real)INFINITY;
    }
    if (config->window > 0 && !cut_window(a, s, position, readable, row)) readable = 0;
    if (readable > 0) qp_softmax_rows(qp_matrix_dense(row, 1, readable), 1, qp_matrix_dense(row, 1, readable));
    if (readable < width) memset(row + readable, 0, (size_t)(width - readable) * sizeof *row);
}
