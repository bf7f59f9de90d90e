#include "lib/grad/op_loss.h"
#include "tests/oracles/oracle.h"

static qp_reduction reduction_of(oracle *o)
{
    if (oracle_is(o, "reduction", "mean")) return QP_MEAN;
    if (oracle_is(o, "reduction", "sum")) return QP_SUM;
    if (oracle_is(o, "reduction", "none")) return QP_NONE;
    oracle_skip(o, "loss %s %s", oracle_text(o, "kind"), oracle_text(o, "reduction"));
}

/* Tokens that are not counted have a target below 0. */
static int32_t *targets(oracle *o, int rows)
{
    int32_t *target = oracle_ints(o, "in.target");
    if (oracle_array(o, "in.target")->count != (size_t)rows) oracle_stop(o, "in.target does not fit in.logits");
    if (!oracle_text_or(o, "ignore_index", NULL)) return target;
    int ignored = oracle_int(o, "ignore_index");
    for (int r = 0; r < rows; r++)
        if (target[r] == ignored) target[r] = -1;
    return target;
}

static void loss(oracle *o)
{
    int rows, classes;
    bool hard = oracle_is(o, "kind", "cross_entropy");
    if (!hard && !oracle_is(o, "kind", "soft_cross_entropy")) oracle_skip(o, "loss %s", oracle_text(o, "kind"));
    oracle_matrix(o, "in.logits", &rows, &classes);
    qp_tensor logits = oracle_input(o, "logits", rows, classes, NULL), y;
    qp_reduction reduction = reduction_of(o);
    if (hard) {
        qp_cross_entropy_config config = {.reduction = reduction,
                                          .smoothing = (qp_real)oracle_number(o, "label_smoothing")};
        if (oracle_find(o, "in.weight")) config.weight = oracle_reals(o, "in.weight");
        y = qp_cross_entropy(o->tape, logits, targets(o, rows), &config);
    } else {
        y = qp_soft_cross_entropy(o->tape, logits, oracle_reals(o, "in.target"), reduction);
    }
    oracle_output(o, "loss", y, NULL);
}

const oracle_row oracle_rows_loss[] = {{"loss", loss}, {0}};
