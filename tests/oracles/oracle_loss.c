#include "lib/grad/op_basic.h"
#include "lib/grad/op_loss.h"
#include "lib/grad/op_loss_element.h"
#include "tests/oracles/oracle.h"

/* batchmean is the sum, to be divided by the first axis. */
static qp_reduction reduction_of(oracle *o)
{
    if (oracle_is(o, "reduction", "mean")) return QP_MEAN;
    if (oracle_is(o, "reduction", "sum") || oracle_is(o, "reduction", "batchmean")) return QP_SUM;
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

static qp_tensor cross_entropy(oracle *o, qp_reduction reduction)
{
    int rows, classes;
    oracle_matrix(o, "in.logits", &rows, &classes);
    qp_tensor logits = oracle_input(o, "logits", rows, classes, NULL);
    if (oracle_is(o, "kind", "soft_cross_entropy"))
        return qp_soft_cross_entropy(o->tape, logits, oracle_reals(o, "in.target"), reduction);
    qp_cross_entropy_config config = {.reduction = reduction,
                                      .smoothing = (qp_real)oracle_number(o, "label_smoothing")};
    if (oracle_find(o, "in.weight")) config.weight = oracle_reals(o, "in.weight");
    return qp_cross_entropy(o->tape, logits, targets(o, rows), &config);
}

static qp_tensor element(oracle *o, qp_reduction reduction)
{
    static const char *const known[] = {"bce_with_logits", "l1", "mse", "kl_div", "huber", "hinge"};
    int rows, columns, kind = 0, kinds = sizeof known / sizeof *known;
    while (kind < kinds && !oracle_is(o, "kind", known[kind])) kind++;
    if (kind == kinds) oracle_skip(o, "loss %s", oracle_text(o, "kind"));
    oracle_matrix(o, "in.x", &rows, &columns);
    qp_tensor x = oracle_input(o, "x", rows, columns, NULL);
    const qp_real *target = oracle_reals(o, "in.target");
    if (oracle_array(o, "in.target")->count != oracle_array(o, "in.x")->count)
        oracle_stop(o, "in.target does not fit in.x");
    if (oracle_is(o, "kind", "bce_with_logits")) return qp_bce_with_logits(o->tape, x, target, reduction);
    if (oracle_is(o, "kind", "l1")) return qp_l1(o->tape, x, target, reduction);
    if (oracle_is(o, "kind", "mse")) return qp_mse(o->tape, x, target, reduction);
    if (oracle_is(o, "kind", "huber"))
        return qp_huber(o->tape, x, target, (qp_real)oracle_number(o, "delta"), reduction);
    if (oracle_is(o, "kind", "hinge")) return qp_hinge(o->tape, x, target, 1, reduction);
    return qp_kl_divergence(o->tape, x, target, oracle_flag_or(o, "log_target", false), reduction);
}

static void loss(oracle *o)
{
    bool classes = oracle_is(o, "kind", "cross_entropy") || oracle_is(o, "kind", "soft_cross_entropy");
    qp_reduction reduction = reduction_of(o);
    qp_tensor y = classes ? cross_entropy(o, reduction) : element(o, reduction);
    if (oracle_is(o, "reduction", "batchmean"))
        y = qp_scale(o->tape, y, 1 / (qp_real)oracle_size(o, classes ? "in.logits" : "in.x", 0));
    oracle_output(o, "loss", y, NULL);
}

const oracle_row oracle_rows_loss[] = {{"loss", loss}, {0}};
