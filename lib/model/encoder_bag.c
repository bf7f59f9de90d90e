#include "lib/model/encoder_bag.h"

#include <math.h>
#include <stdlib.h>

#include "lib/grad/op_bag.h"
#include "lib/grad/op_sequence.h"
#include "lib/model/pooling.h"

static const char WEIGHT_NAME[] = "encoder.feature_weight";

typedef struct {
    int table, weight, bias;
} bag;

static qp_status init(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding)
{
    bag *e = encoder->self = calloc(1, sizeof *e);
    if (!e) return qp_fail(QP_EMEMORY, "out of memory for an encoder");
    int width = qp_model_encoder_width(config);
    *e = (bag){.table = embedding,
               .weight = qp_params_add(params, 1, (int)config->src_vocab_size, qp_init_constant(1), WEIGHT_NAME),
               .bias = qp_params_add(params, 1, width, qp_init_constant(0), "encoder.bias")};
    encoder->output_width = encoder->summary_width = width;
    encoder->gives_scores = config->hidden_size == 0;
    return QP_OK;
}

static void free_self(qp_encoder *encoder) { free(encoder->self); }

static void forward(const qp_encoder *encoder, qp_tape *tape, const qp_encoder_input *input, bool summary,
                    qp_model_maps *maps, qp_encoded *encoded)
{
    const bag *e = encoder->self;
    const qp_real *weight = qp_param(tape, encoder->params, e->weight).value;
    (void)maps;
    encoded->output = qp_bag(tape, qp_param(tape, encoder->params, e->table), qp_param(tape, encoder->params, e->bias),
                             (qp_ids){.sequences = input->sequences, .id = input->id}, weight);
    encoded->sequences = qp_rows_one_each(tape, input->sequences.count);
    if (summary) encoded->summary = encoded->output;
}

const qp_encoder_kind qp_encoder_bag = {.init = init, .free = free_self, .forward = forward};

/* ---- weights of the features ---- */

qp_status qp_bag_counts_init(qp_bag_counts *counts, int features, int labels)
{
    *counts = (qp_bag_counts){.features = features, .labels = labels};
    counts->texts = calloc((size_t)features * (size_t)labels, sizeof *counts->texts);
    return counts->texts ? QP_OK
                         : qp_fail(QP_EMEMORY, "no memory to count %d features; use a smaller --vocab-size", features);
}

void qp_bag_counts_free(qp_bag_counts *counts)
{
    free(counts->texts);
    *counts = (qp_bag_counts){0};
}

void qp_bag_counts_add(qp_bag_counts *counts, int32_t label, const int32_t *id, int count)
{
    if (label < 0 || label >= counts->labels) return;
    for (int i = 0; i < count; i++)
        if (id[i] >= 0 && id[i] < counts->features) counts->texts[(ptrdiff_t)id[i] * counts->labels + label]++;
}

/* |p_c| of every label c, from 1 + the counts. */
static double *label_sums(const qp_bag_counts *c)
{
    double *sum = calloc((size_t)c->labels, sizeof *sum);
    for (ptrdiff_t f = 0; sum && f < c->features; f++)
        for (int label = 0; label < c->labels; label++) sum[label] += 1 + c->texts[f * c->labels + label];
    return sum;
}

qp_status qp_bag_counts_apply(const qp_bag_counts *c, const qp_model *model)
{
    qp_params *params = qp_model_params(model);
    int index = qp_params_find(params, WEIGHT_NAME);
    if (index < 0) return QP_OK;
    double *sum = label_sums(c), total = 0, all = 1 + (double)c->answers;
    if (!sum) return qp_fail(QP_EMEMORY, "out of memory for the weights of features");
    for (int label = 0; label < c->labels; label++) total += sum[label];
    double others = total -
                    (double)(c->labels - 1) * c->features; /* |q_c| + sum[c], which adds 1 to each feature once */
    qp_real *weight = qp_params_value(params, index);
    for (ptrdiff_t f = 0; f < c->features; f++) {
        double texts = 0, largest = 0;
        for (int label = 0; label < c->labels; label++) texts += c->texts[f * c->labels + label];
        for (int label = 0; label < c->labels; label++) {
            double p = 1 + c->texts[f * c->labels + label], q = 2 + texts - p;
            double ratio = fabs(log(p / sum[label]) - log(q / (others - sum[label] + c->features)));
            if (ratio > largest) largest = ratio;
        }
        double kind = c->even_words && f % 2 == 0 ? 2 : 1;
        weight[f] = (qp_real)(texts > 0 ? kind * (1 + log(all / (1 + texts))) * sqrt(largest) : 0);
    }
    free(sum);
    return QP_OK;
}
