#include "lib/grad/loss/op_crf.h"
#include "lib/grad/op_basic.h"
#include "tests/oracles/oracle.h"

/* Linear-chain conditional random fields: loss, gradients, marginals and best paths of padded emissions [B, T, K]. */

typedef struct {
    int batch, time, labels;
    oracle_ragged rows;
    qp_tensor emissions;
    int32_t *tag;
    qp_crf crf;
} field_case;

static field_case read_case(oracle *o)
{
    field_case c = {.batch = oracle_size(o, "in.emissions", 0),
                    .time = oracle_size(o, "in.emissions", 1),
                    .labels = oracle_size(o, "in.emissions", 2)};
    c.rows = oracle_ragged_lengths(o, c.time, "in.lengths");
    if (c.rows.batch != c.batch || oracle_array(o, "in.tags")->count != (size_t)c.batch * (size_t)c.time)
        oracle_stop(o, "in.lengths or in.tags do not fit in.emissions");
    c.emissions = oracle_input(o, "emissions", c.rows.rows, c.labels, oracle_rows_map(o, &c.rows, c.labels));
    const int32_t *padded = oracle_ints(o, "in.tags");
    c.tag = oracle_memory(o, ((size_t)c.rows.rows + 1) * sizeof *c.tag);
    for (int r = 0; r < c.rows.rows; r++) c.tag[r] = padded[c.rows.row[r]];
    c.crf = (qp_crf){oracle_param(o, "transitions"), oracle_param_or_none(o, "start"), oracle_param_or_none(o, "end")};
    return c;
}

static void compare_loss(oracle *o, const field_case *c)
{
    bool mean = oracle_is(o, "reduction", "mean");
    qp_tensor loss = qp_crf_loss(o->tape, c->emissions, c->rows.sequences, c->tag, &c->crf, mean ? QP_MEAN : QP_SUM);
    if (oracle_is(o, "reduction", "token_mean"))
        loss = qp_scale(o->tape, loss, 1 / (qp_real)c->rows.rows);
    else if (!mean && !oracle_is(o, "reduction", "sum"))
        oracle_skip(o, "crf %s", oracle_text(o, "reduction"));
    oracle_output(o, "loss", loss, NULL);
}

static void compare_paths(oracle *o, const field_case *c)
{
    size_t table = (size_t)c->time * (size_t)c->labels, all = (size_t)c->batch * table;
    double *memory = oracle_memory(o, (qp_crf_lattice_doubles(c->labels) + 2 * table) * sizeof *memory),
           *alpha = memory + qp_crf_lattice_doubles(c->labels), *beta = alpha + table;
    qp_real *total = oracle_memory(o, 3 * (size_t)c->batch * sizeof *total), *score = total + c->batch,
            *best = score + c->batch, *marginal = oracle_memory(o, all * sizeof *marginal);
    int32_t *label = oracle_memory(o, (size_t)c->time * sizeof *label);
    const int32_t *expected = oracle_ints(o, "out.viterbi");
    int wrong = 0;
    qp_crf_lattice lattice;
    qp_crf_lattice_init(&lattice, &c->crf, memory);
    for (size_t i = 0; i < all; i++) marginal[i] = 0;
    for (int b = 0; b < c->batch; b++) {
        int first = c->rows.start[b], rows = c->rows.start[b + 1] - first;
        qp_tensor e = c->emissions;
        e.value = qp_tensor_row(e, first);
        e.rows = rows;
        best[b] = (qp_real)qp_crf_viterbi(&c->crf, e, alpha, label);
        for (int t = 0; t < c->time; t++) wrong += expected[b * c->time + t] != (t < rows ? label[t] : -1);
        score[b] = (qp_real)qp_crf_forward(&lattice, e, c->tag + first, alpha);
        double sum = qp_crf_forward(&lattice, e, NULL, alpha);
        total[b] = (qp_real)sum;
        qp_crf_backward(&lattice, e, NULL, beta);
        for (int t = 0; t < rows; t++)
            for (int j = 0; j < c->labels; j++)
                marginal[((size_t)b * (size_t)c->time + (size_t)t) * (size_t)c->labels + (size_t)j] =
                    (qp_real)qp_crf_marginal(c->labels, &(qp_crf_tables){alpha, beta, sum}, t, j);
    }
    oracle_expect(o, "out.viterbi", wrong == 0, "%d labels differ", wrong);
    oracle_compare(o, "out.viterbi_score", (size_t)c->batch, best);
    oracle_compare(o, "out.score", (size_t)c->batch, score);
    oracle_compare(o, "out.log_partition", (size_t)c->batch, total);
    oracle_compare(o, "out.marginals", all, marginal);
}

static void crf(oracle *o)
{
    field_case c = read_case(o);
    compare_loss(o, &c);
    compare_paths(o, &c);
}

const oracle_row oracle_rows_crf[] = {{"crf", crf}, {0}};
