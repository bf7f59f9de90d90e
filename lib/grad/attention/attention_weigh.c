#include "lib/grad/attention/attention_weigh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

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

static int key_position(const qp_attention_row *of, int j)
{
    return qp_attention_key_position(of->call, of->span, of->block->k0 + j);
}

/* Adds the bias of the caller, of T5 and of ALiBi. */
static void add_biases(const qp_attention_row *of, int position, qp_real *row)
{
    const qp_attention_config *config = &of->call->config;
    const int keys = of->block->keys, head = of->block->head;
    if (!qp_view_empty(config->bias)) {
        size_t number = qp_attention_weight_number(of->span, head, of->q) + (size_t)of->block->k0 -
                        (config->bias_shared ? of->span->first_weight : 0);
        const qp_real *bias = config->bias.value + number;
        for (int j = 0; j < keys; j++) row[j] += bias[j];
    }
    if (!qp_view_empty(config->relative)) {
        const qp_real *score = config->relative.value + head;
        for (int j = 0; j < keys; j++)
            row[j] += score[(ptrdiff_t)qp_attention_bucket(of->call, key_position(of, j) - position) *
                            config->relative.stride];
    }
    if (config->slope)
        for (int j = 0; j < keys; j++) row[j] -= config->slope[head] * (qp_real)abs(position - key_position(of, j));
}

/* Keys of the block up to the last one that a query at `position` may read under a causal mask; those before it that
 * it may not read are masked. */
static int cut_future(const qp_attention_row *of, int position, qp_real *row)
{
    const qp_attention_config *config = &of->call->config;
    const int k0 = of->block->k0;
    int readable = qp_attention_readable(of->call, of->span, position, k0 + of->block->keys) - k0;
    for (int j = 0; config->key_position && j < readable; j++)
        if (key_position(of, j) > position) row[j] = -(qp_real)INFINITY;
    return readable < 0 ? 0 : readable;
}

/* Masks keys outside the window that are no sinks; returns whether any key is left. */
static bool cut_window(const qp_attention_row *of, int position, int keys, qp_real *row)
{
    const qp_attention_config *config = &of->call->config;
    bool any = false;
    for (int j = 0; j < keys; j++) {
        int at = key_position(of, j);
        if (at >= config->sinks && abs(position - at) >= config->window) row[j] = -(qp_real)INFINITY;
        any = any || row[j] > -(qp_real)INFINITY;
    }
    return any;
}

/* Softcap, biases and masks; returns how many keys, from the first of the block, the softmax is over. */
static int finish_scores(const qp_attention_row *of, qp_real *row)
{
    const qp_attention_config *config = &of->call->config;
    int readable = of->block->keys;
    if (config->softcap > 0) apply_softcap(readable, config->softcap, row);
    if (!config->causal && !config->slope && config->window == 0 && qp_view_empty(config->bias) &&
        qp_view_empty(config->relative))
        return readable;
    int position = qp_attention_query_position(of->call, of->span, of->q);
    add_biases(of, position, row);
    if (config->causal) readable = cut_future(of, position, row);
    if (config->window > 0 && !cut_window(of, position, readable, row)) readable = 0;
    return readable;
}

static void clear_rest(const qp_attention_row *of, int readable, qp_real *row)
{
    if (readable < of->width) memset(row + readable, 0, (size_t)(of->width - readable) * sizeof *row);
}

void qp_attention_weigh_row(const qp_attention_row *of, qp_softmax_row *softmax, qp_real *row)
{
    int readable = finish_scores(of, row);
    if (readable > 0) {
        qp_softmax_part(readable, row, softmax, row);
        qp_scale_add((size_t)readable, 1 / softmax->sum, row, 0, row);
    }
    clear_rest(of, readable, row);
}

qp_real qp_attention_weigh_part(const qp_attention_row *of, qp_softmax_row *softmax, qp_real *row)
{
    int readable = finish_scores(of, row);
    qp_real factor = readable > 0 ? qp_softmax_part(readable, row, softmax, row) : 1;
    clear_rest(of, readable, row);
    return factor;
}

void qp_attention_weigh_again(const qp_attention_row *of, qp_softmax_row softmax, qp_real *row)
{
    int readable = finish_scores(of, row);
    if (readable > 0) qp_softmax_again(readable, row, softmax, row);
    clear_rest(of, readable, row);
}
