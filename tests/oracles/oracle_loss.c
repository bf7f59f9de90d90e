#include <stdio.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/loss/op_loss_class.h"
#include "lib/grad/loss/op_loss_element.h"
#include "lib/grad/loss/op_loss_nce.h"
#include "lib/grad/loss/op_loss_pair.h"
#include "tests/oracles/oracle.h"

/* batchmean: the sum, divided by the first axis by the caller. */
static qp_reduction reduction_of(oracle *o)
{
    if (oracle_is(o, "reduction", "mean")) return QP_MEAN;
    if (oracle_is(o, "reduction", "sum") || oracle_is(o, "reduction", "batchmean")) return QP_SUM;
    if (oracle_is(o, "reduction", "none")) return QP_NONE;
    oracle_skip(o, "loss %s %s", oracle_text(o, "kind"), oracle_text(o, "reduction"));
}

static qp_real number(oracle *o, const char *key, double fallback)
{
    return (qp_real)(key ? oracle_number(o, key) : fallback);
}

static qp_tensor matrix(oracle *o, const char *name)
{
    char full[64];
    int rows, columns;
    snprintf(full, sizeof full, "in.%s", name);
    oracle_matrix(o, full, &rows, &columns);
    return oracle_input(o, name, rows, columns, NULL);
}

/* Ignored tokens have a target below 0. */
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
    qp_tensor logits = matrix(o, "logits");
    if (oracle_is(o, "kind", "soft_cross_entropy"))
        return qp_soft_cross_entropy(o->tape, logits, oracle_reals(o, "in.target"), reduction);
    qp_cross_entropy_config config = {.reduction = reduction,
                                      .smoothing = (qp_real)oracle_number(o, "label_smoothing")};
    if (oracle_find(o, "in.weight")) config.weight = oracle_reals(o, "in.weight");
    return qp_cross_entropy(o->tape, logits, targets(o, logits.rows), &config);
}

/* ---- kinds of the other losses; `constant` is the key of their constant ---- */

static const struct {
    const char *name;
    qp_element_loss_kind kind;
    const char *constant;
} element_kinds[] = {{"bce_with_logits", QP_LOSS_BCE, NULL},
                     {"l1", QP_LOSS_L1, NULL},
                     {"mse", QP_LOSS_MSE, NULL},
                     {"kl_div", QP_LOSS_KL, NULL},
                     {"huber", QP_LOSS_HUBER, "delta"},
                     {"hinge", QP_LOSS_HINGE, NULL},
                     {"smooth_l1", QP_LOSS_SMOOTH_L1, "beta"},
                     {"log_cosh", QP_LOSS_LOG_COSH, NULL},
                     {"poisson", QP_LOSS_POISSON, NULL},
                     {"quantile", QP_LOSS_QUANTILE, "q"}};

static const struct {
    const char *name;
    qp_class_loss_kind kind;
    const char *strength;
    double fallback;
    const char *logits, *beside;
} class_kinds[] = {{"multi_margin", QP_CLASS_HINGE, "margin", 0, "logits", NULL},
                   {"focal", QP_CLASS_FOCAL, "gamma", 0, "logits", "in.alpha"},
                   {"poly1", QP_CLASS_POLY1, "epsilon", 0, "logits", NULL},
                   {"z_loss", QP_CLASS_Z, "weight", 0, "logits", NULL},
                   {"unlikelihood", QP_CLASS_UNLIKELIHOOD, NULL, 1, "logits", "in.negative"},
                   {"confidence_penalty", QP_CLASS_CONFIDENCE, "weight", 0, "logits", NULL},
                   {"distillation", QP_CLASS_DISTILLATION, "alpha", 0, "logits", "in.teacher"},
                   {"guided_alignment", QP_CLASS_GUIDED, NULL, 1e-8, "scores", "in.alignment"}};

static const struct {
    const char *name;
    qp_pair_loss_kind kind;
    const char *a, *b, *constant;
} pair_kinds[] = {{"cosine_embedding", QP_PAIR_COSINE, "x1", "x2", "margin"},
                  {"contrastive", QP_PAIR_CONTRASTIVE, "x1", "x2", "margin"},
                  {"margin_ranking", QP_PAIR_RANKING, "x1", "x2", "margin"},
                  {"gaussian_kl", QP_PAIR_GAUSSIAN_KL, "mu", "log_var", NULL},
                  {"gaussian_nll", QP_PAIR_GAUSSIAN_NLL, "mu", "log_var", NULL}};

static qp_tensor element(oracle *o, int i, qp_reduction reduction)
{
    qp_element_loss_kind kind = element_kinds[i].kind;
    qp_tensor x = matrix(o, "x");
    if (oracle_array(o, "in.target")->count != oracle_array(o, "in.x")->count)
        oracle_stop(o, "in.target does not fit in.x");
    if (kind == QP_LOSS_KL && oracle_flag_or(o, "log_target", false)) kind = QP_LOSS_KL_LOG;
    return qp_element_loss(o->tape, kind, x, oracle_reals(o, "in.target"), number(o, element_kinds[i].constant, 1),
                           reduction);
}

/* Masks are stored as integers. */
static const qp_real *beside(oracle *o, const char *name)
{
    const qp_stored *stored = oracle_array(o, name);
    if (stored->dtype == QP_DTYPE_F32) return oracle_reals(o, name);
    const int32_t *whole = oracle_ints(o, name);
    qp_real *value = oracle_memory(o, stored->count * sizeof *value);
    for (size_t i = 0; i < stored->count; i++) value[i] = (qp_real)whole[i];
    return value;
}

static qp_tensor of_classes(oracle *o, int i, qp_reduction reduction)
{
    qp_tensor logits = matrix(o, class_kinds[i].logits);
    qp_class_loss_config config = {.kind = class_kinds[i].kind,
                                   .reduction = reduction,
                                   .strength = number(o, class_kinds[i].strength, class_kinds[i].fallback),
                                   .temperature = (qp_real)oracle_number_or(o, "temperature", 1)};
    if (class_kinds[i].beside && oracle_find(o, class_kinds[i].beside))
        config.beside = beside(o, class_kinds[i].beside);
    bool guided = config.kind == QP_CLASS_GUIDED;
    return qp_class_loss(o->tape, logits, guided ? NULL : targets(o, logits.rows), &config);
}

/* Rows are the same, except that reduction none gives one value per element. */
static qp_tensor pair(oracle *o, int i, qp_reduction reduction)
{
    qp_tensor x[2] = {matrix(o, pair_kinds[i].a), matrix(o, pair_kinds[i].b)};
    if (pair_kinds[i].kind == QP_PAIR_RANKING || pair_kinds[i].kind == QP_PAIR_GAUSSIAN_NLL)
        for (int k = 0; k < 2; k++) {
            x[k].rows *= x[k].columns;
            x[k].columns = x[k].stride = 1;
        }
    return qp_pair_loss(o->tape, pair_kinds[i].kind, x[0], x[1],
                        oracle_find(o, "in.target") ? beside(o, "in.target") : NULL,
                        number(o, pair_kinds[i].constant, 0), reduction);
}

/* mean of both NLLs + weight * symmetric KL */
static qp_tensor r_drop(oracle *o, qp_reduction reduction)
{
    qp_tensor x1 = matrix(o, "x1"), x2 = matrix(o, "x2");
    qp_cross_entropy_config config = {.reduction = reduction, .keep_logits = true};
    const int32_t *target = targets(o, x1.rows);
    qp_tensor both = qp_add(o->tape, qp_cross_entropy(o->tape, x1, target, &config),
                            qp_cross_entropy(o->tape, x2, target, &config));
    qp_tensor apart = qp_pair_loss(o->tape, QP_PAIR_SYMMETRIC_KL, x1, x2, NULL, 0, reduction);
    return qp_add(o->tape, qp_scale(o->tape, both, (qp_real)0.5), qp_scale(o->tape, apart, number(o, "weight", 0)));
}

#define FIND(table)                                                                                                    \
    for (int i = 0; i < (int)(sizeof table / sizeof *table); i++)                                                      \
        if (oracle_is(o, "kind", table[i].name))

static qp_tensor other(oracle *o, qp_reduction reduction)
{
    FIND(element_kinds) return element(o, i, reduction);
    FIND(class_kinds) return of_classes(o, i, reduction);
    FIND(pair_kinds) return pair(o, i, reduction);
    if (oracle_is(o, "kind", "triplet"))
        return qp_triplet_loss(o->tape, matrix(o, "anchor"), matrix(o, "positive"), matrix(o, "negative"),
                               number(o, "margin", 0), false, reduction);
    if (oracle_is(o, "kind", "r_drop")) return r_drop(o, reduction);
    if (oracle_is(o, "kind", "info_nce") && reduction == QP_MEAN)
        return qp_info_nce(o->tape, matrix(o, "x1"), matrix(o, "x2"), number(o, "temperature", 0));
    oracle_skip(o, "loss %s %s", oracle_text(o, "kind"), oracle_text(o, "reduction"));
}

static void loss(oracle *o)
{
    bool classes = oracle_is(o, "kind", "cross_entropy") || oracle_is(o, "kind", "soft_cross_entropy");
    qp_reduction reduction = reduction_of(o);
    qp_tensor y = classes ? cross_entropy(o, reduction) : other(o, reduction);
    if (oracle_is(o, "reduction", "batchmean"))
        y = qp_scale(o->tape, y, 1 / (qp_real)oracle_size(o, classes ? "in.logits" : "in.x", 0));
    oracle_output(o, "loss", y, NULL);
}

const oracle_row oracle_rows_loss[] = {{"loss", loss}, {0}};
