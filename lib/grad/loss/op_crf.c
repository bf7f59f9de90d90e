#include "lib/grad/loss/op_crf.h"

#include <string.h>

#include "lib/grad/views.h"

typedef struct {
    qp_tensor emissions, y;
    qp_sequences sequences;
    const int32_t *tag;
    qp_crf crf;
    qp_reduction reduction;
} crf_context;

/* ---- shapes ---- */

static bool weights_fit(qp_tape *tape, const qp_crf *crf, int labels)
{
    qp_tensor w = crf->transitions;
    if (qp_view_empty(w) || w.rows != labels || w.columns != labels)
        qp_tape_fail(tape, QP_ESHAPE, "crf: transitions [%d, %d] for %d labels", w.rows, w.columns, labels);
    else if ((crf->start.value && !qp_view_is_row(crf->start, labels)) ||
             (crf->end.value && !qp_view_is_row(crf->end, labels)))
        qp_tape_fail(tape, QP_ESHAPE, "crf: start or end scores not of shape [1, %d]", labels);
    return !qp_tape_failed(tape);
}

static bool tags_fit(qp_tape *tape, qp_tensor emissions, qp_sequences s, const int32_t *tag)
{
    int rows = qp_sequence_rows(s);
    if (s.length || rows != emissions.rows || (rows > 0 && !tag))
        qp_tape_fail(tape, QP_ESHAPE, "crf: %d rows of emissions for sequences of %d rows and their tags",
                     emissions.rows, rows);
    for (int r = 0; r < rows && !qp_tape_failed(tape); r++)
        if (tag[r] < -1 || tag[r] >= emissions.columns)
            qp_tape_fail(tape, QP_ESHAPE, "crf: tag %d of %d labels", tag[r], emissions.columns);
    return !qp_tape_failed(tape);
}

static qp_tensor rows_of(qp_tensor x, qp_sequences s, int i)
{
    x.value = qp_tensor_row(x, s.start[i]);
    x.rows = qp_sequence_length(s, i);
    return x;
}

static size_t longest(qp_sequences s)
{
    int most = 0;
    for (int i = 0; i < s.count; i++)
        if (qp_sequence_length(s, i) > most) most = qp_sequence_length(s, i);
    return (size_t)most;
}

/* ---- forward ---- */

static double loss_of(const crf_context *c, const qp_crf_lattice *lattice, int i, double *alpha)
{
    qp_tensor e = rows_of(c->emissions, c->sequences, i);
    if (e.rows == 0) return 0;
    double all = qp_crf_forward(lattice, e, NULL, alpha);
    return all - qp_crf_forward(lattice, e, c->tag + c->sequences.start[i], alpha);
}

/* ---- backward ---- */

typedef struct {
    qp_crf_lattice lattice;
    double *alpha, *beta, *pair, *start, *end;
    qp_real *de; /* in the layout of the emissions; NULL: not wanted */
} counts;

/* Adds factor * the expected counts of sequence i, given the tags, or, NULL, over all y: P(y_t = j) to the emissions,
 * start and end, P(y_{t-1} = i, y_t = j) to the transitions. */
static void add_expected(const crf_context *c, counts *n, int i, const int32_t *tag, double factor)
{
    qp_tensor e = rows_of(c->emissions, c->sequences, i);
    int labels = e.columns, last = e.rows - 1;
    const qp_crf_tables tables = {n->alpha, n->beta, qp_crf_forward(&n->lattice, e, tag, n->alpha)};
    qp_crf_backward(&n->lattice, e, tag, n->beta);
    qp_crf_pair_counts(&n->lattice, e, tag, &tables, factor, n->pair);
    for (int t = 0; t <= last; t++)
        for (int j = 0; j < labels; j++) {
            if (tag && tag[t] >= 0 && tag[t] != j) continue;
            double p = factor * qp_crf_marginal(labels, &tables, t, j);
            if (n->de) n->de[(ptrdiff_t)(c->sequences.start[i] + t) * e.stride + j] += (qp_real)p;
            if (t == 0) n->start[j] += p;
            if (t == last) n->end[j] += p;
        }
}

/* Where the gradient of a weight is written. */
typedef struct {
    qp_tensor weight;
    qp_real *grad, beta;
} target;

static target target_of(qp_tape *tape, qp_tensor weight)
{
    target made = {.weight = weight};
    if (!qp_view_empty(weight)) made.grad = qp_tape_grad(tape, weight, &made.beta);
    return made;
}

static void add_gradient(target to, const double *sum)
{
    for (int r = 0; to.grad && r < to.weight.rows; r++)
        for (int k = 0; k < to.weight.columns; k++) {
            qp_real *at = to.grad + (ptrdiff_t)r * to.weight.stride + k;
            *at = (qp_real)sum[(ptrdiff_t)r * to.weight.columns + k] + (to.beta != 0 ? *at : 0);
        }
}

/* d loss/d e[t, j] = P(y_t = j) - P(y_t = j | tag), and the same difference of expected counts for transitions, start
 * and end. */
static void crf_back(qp_tape *tape, void *context)
{
    const crf_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    size_t labels = (size_t)c->emissions.columns, rows = longest(c->sequences), square = labels * labels;
    counts n = {.de = qp_tape_grad_zeroed(tape, c->emissions)};
    target transitions = target_of(tape, c->crf.transitions), start = target_of(tape, c->crf.start),
           end = target_of(tape, c->crf.end);
    size_t mark = qp_tape_mark(tape), lattice = qp_crf_lattice_doubles((int)labels);
    double *memory = qp_tape_memory(tape, (lattice + 2 * rows * labels + square + 2 * labels) * sizeof *memory);
    if (memory) {
        n.alpha = memory + lattice;
        n.beta = n.alpha + rows * labels;
        n.pair = n.beta + rows * labels;
        n.start = n.pair + square;
        n.end = n.start + labels;
        memset(n.pair, 0, (square + 2 * labels) * sizeof *n.pair);
        qp_crf_lattice_init(&n.lattice, &c->crf, memory);
        for (int i = 0; i < c->sequences.count; i++) {
            double factor = (double)dy[c->reduction == QP_NONE ? (ptrdiff_t)i * c->y.stride : 0];
            if (c->reduction == QP_MEAN) factor /= c->sequences.count;
            if (qp_sequence_length(c->sequences, i) == 0 || factor == 0) continue;
            add_expected(c, &n, i, NULL, factor);
            add_expected(c, &n, i, c->tag + c->sequences.start[i], -factor);
        }
        add_gradient(transitions, n.pair);
        add_gradient(start, n.start);
        add_gradient(end, n.end);
    }
    qp_tape_rewind(tape, mark);
}

qp_tensor qp_crf_loss(qp_tape *tape, qp_tensor emissions, qp_sequences sequences, const int32_t *tag, const qp_crf *crf,
                      qp_reduction reduction)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (emissions.columns < 1) return qp_tape_fail(tape, QP_ESHAPE, "crf: emissions without labels");
    if (!weights_fit(tape, crf, emissions.columns) || !tags_fit(tape, emissions, sequences, tag)) return (qp_tensor){0};
    bool whole = reduction != QP_NONE;
    qp_tensor y = qp_tape_tensor(tape, whole ? 1 : sequences.count, 1);
    if (!y.value) return y;
    crf_context c = {emissions, y, sequences, tag, *crf, reduction};
    size_t mark = qp_tape_mark(tape), lattice_doubles = qp_crf_lattice_doubles(emissions.columns);
    size_t table = longest(sequences) * (size_t)emissions.columns;
    double sum = 0, *memory = qp_tape_memory(tape, (lattice_doubles + table) * sizeof *memory);
    if (!memory) return (qp_tensor){0};
    qp_crf_lattice lattice;
    qp_crf_lattice_init(&lattice, crf, memory);
    for (int i = 0; i < sequences.count; i++) {
        double loss = loss_of(&c, &lattice, i, memory + lattice_doubles);
        if (!whole) qp_tensor_row(y, i)[0] = (qp_real)loss;
        sum += loss;
    }
    if (reduction == QP_MEAN && sequences.count > 0) sum /= sequences.count;
    if (whole) y.value[0] = (qp_real)sum;
    qp_tape_rewind(tape, mark);
    qp_tape_record(tape, y, crf_back, &c, sizeof c);
    return y;
}
