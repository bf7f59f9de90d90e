#include "lib/grad/loss/op_crf.h"
#include "lib/grad/loss/op_loss_class.h"
#include "lib/grad/loss/op_loss_element.h"
#include "lib/grad/loss/op_loss_nce.h"
#include "lib/grad/loss/op_loss_pair.h"
#include "lib/grad/op_gaussian.h"
#include "tests/grad/gradients/gradient_table.h"

/* Losses other than cross-entropy. Inputs are never near 0, where l1 has its corner. A row's option is its kind and its
 * reduction. */
#define ROW_OPTION(kind, reduction) ((int)(kind)*3 + (int)(reduction))

static const qp_real distance_target[] = {0, 2, -2, 0, 0, 2, 0, -2, 0, 0, 2, 0};
static const qp_real sign_target[] = {1, -1, 1, 1, -1, -1, 1, -1, -1, 1, 1, -1};
static const qp_real share_target[] = {
    0, 1, (qp_real)0.5, (qp_real)0.1, (qp_real)0.9, 0, 1, 1, (qp_real)0.3, (qp_real)0.2, 0, (qp_real)0.7};
static const int32_t class_target[] = {1, -1, 2, 0};

static qp_tensor x_of(gradient_case *c) { return gradient_input_in(c, 4, 3, -3, 3); }

static void element(gradient_case *c)
{
    qp_element_loss_kind kind = (qp_element_loss_kind)(c->option / 3);
    const qp_real *target = distance_target;
    if (kind == QP_LOSS_BCE || kind == QP_LOSS_KL) target = share_target;
    if (kind == QP_LOSS_HINGE) target = sign_target;
    gradient_output(c, qp_element_loss(c->tape, kind, x_of(c), target, (qp_real)0.7, (qp_reduction)(c->option % 3)));
}

static void element_band(gradient_case *c)
{
    qp_tensor x = qp_tensor_columns(gradient_input(c, 4, 5), 1, 3);
    gradient_output(c, qp_element_loss(c->tape, QP_LOSS_MSE, x, distance_target, 0, QP_NONE));
}

static void quantiles(gradient_case *c)
{
    static const double quantile[] = {0.1, 0.6};
    qp_tensor x = qp_tensor_columns(gradient_input_in(c, 4, 8, -3, 3), 1, 6);
    gradient_output(c, qp_quantile_loss(c->tape, x, distance_target, 2, quantile, (qp_reduction)c->option));
}

static void sample(gradient_case *c)
{
    qp_tensor mean = gradient_input(c, 4, 3), wide = gradient_input(c, 4, 5);
    gradient_output(c, qp_gaussian_sample(c->tape, mean, qp_tensor_columns(wide, 1, 3), distance_target));
}

static void classes(gradient_case *c)
{
    qp_class_loss_config config = {.kind = (qp_class_loss_kind)(c->option / 3),
                                   .reduction = (qp_reduction)(c->option % 3),
                                   .strength = (qp_real)0.7,
                                   .temperature = 2,
                                   .beside = share_target};
    bool guided = config.kind == QP_CLASS_GUIDED;
    gradient_output(c, qp_class_loss(c->tape, x_of(c), guided ? NULL : class_target, &config));
}

static void class_band(gradient_case *c)
{
    qp_class_loss_config config = {.kind = QP_CLASS_FOCAL, .reduction = QP_MEAN, .strength = 2};
    gradient_output(c, qp_class_loss(c->tape, qp_tensor_columns(gradient_input(c, 4, 5), 1, 3), class_target, &config));
}

static void pair(gradient_case *c)
{
    qp_pair_loss_kind kind = (qp_pair_loss_kind)(c->option / 3);
    const qp_real *target = kind == QP_PAIR_GAUSSIAN_NLL ? distance_target : sign_target;
    gradient_output(c, qp_pair_loss(c->tape, kind, gradient_input(c, 4, 3), gradient_input(c, 4, 3), target, 2,
                                    (qp_reduction)(c->option % 3)));
}

/* Both arguments are one tensor: the gradients add up. */
static void pair_with_itself(gradient_case *c)
{
    qp_tensor x = gradient_input(c, 4, 3);
    gradient_output(c, qp_pair_loss(c->tape, QP_PAIR_GAUSSIAN_KL, x, x, NULL, 0, QP_NONE));
}

static void triplet(gradient_case *c)
{
    qp_tensor anchor = gradient_input(c, 4, 3), positive = gradient_input(c, 4, 3), negative = gradient_input(c, 4, 3);
    gradient_output(c, qp_triplet_loss(c->tape, anchor, positive, negative, 1, false, (qp_reduction)(c->option % 3)));
}

static void squared_triplet(gradient_case *c)
{
    qp_tensor anchor = gradient_input(c, 4, 3), positive = gradient_input(c, 4, 3), negative = gradient_input(c, 4, 3);
    gradient_output(c, qp_triplet_loss(c->tape, anchor, positive, negative, 1, true, (qp_reduction)(c->option % 3)));
}

static void info_nce(gradient_case *c)
{
    gradient_output(c, qp_info_nce(c->tape, gradient_input(c, 4, 3), gradient_input(c, 4, 3), (qp_real)0.3));
}

/* ---- conditional random field: three sequences, the middle one without rows ---- */

static const int32_t field_start[] = {0, 4, 4, 6}, field_tags[] = {0, 2, 1, 1, 2, 0},
                     field_tags_partly[] = {0, -1, -1, 1, -1, -1};
static const qp_sequences field_sequences = {.count = 3, .start = field_start};

static void field_of(gradient_case *c, const int32_t *tag, bool boundaries, double factor)
{
    qp_tensor e = gradient_input_in(c, 6, 3, -2, 2);
    qp_crf crf = {.transitions = gradient_input_in(c, 3, 3, -factor, factor)};
    if (boundaries) {
        crf.start = gradient_input(c, 1, 3);
        crf.end = gradient_input(c, 1, 3);
    }
    gradient_output(c, qp_crf_loss(c->tape, e, field_sequences, tag, &crf, (qp_reduction)c->option));
}

static void crf(gradient_case *c) { field_of(c, field_tags, true, 2); }
static void crf_partly(gradient_case *c) { field_of(c, field_tags_partly, true, 2); }
static void crf_bare(gradient_case *c) { field_of(c, field_tags, false, 2); }

static void crf_band(gradient_case *c)
{
    qp_tensor e = qp_tensor_columns(gradient_input(c, 6, 5), 1, 3);
    qp_crf bare = {.transitions = qp_tensor_columns(gradient_input(c, 3, 4), 1, 3)};
    gradient_output(c, qp_crf_loss(c->tape, e, field_sequences, field_tags_partly, &bare, (qp_reduction)c->option));
}

#define THREE_REDUCTIONS(op, name, build, kind)                                                                        \
    {op, name ", sum", build, ROW_OPTION(kind, QP_SUM)}, {op, name ", mean", build, ROW_OPTION(kind, QP_MEAN)},        \
    {                                                                                                                  \
        op, name ", each", build, ROW_OPTION(kind, QP_NONE)                                                            \
    }

const gradient_row gradient_rows_losses[] = {
    THREE_REDUCTIONS("qp_element_loss", "bce", element, QP_LOSS_BCE),
    THREE_REDUCTIONS("qp_element_loss", "mse", element, QP_LOSS_MSE),
    THREE_REDUCTIONS("qp_element_loss", "l1", element, QP_LOSS_L1),
    THREE_REDUCTIONS("qp_element_loss", "huber", element, QP_LOSS_HUBER),
    THREE_REDUCTIONS("qp_element_loss", "smooth l1", element, QP_LOSS_SMOOTH_L1),
    THREE_REDUCTIONS("qp_element_loss", "log cosh", element, QP_LOSS_LOG_COSH),
    THREE_REDUCTIONS("qp_element_loss", "poisson", element, QP_LOSS_POISSON),
    THREE_REDUCTIONS("qp_element_loss", "quantile", element, QP_LOSS_QUANTILE),
    THREE_REDUCTIONS("qp_element_loss", "hinge", element, QP_LOSS_HINGE),
    THREE_REDUCTIONS("qp_element_loss", "kl", element, QP_LOSS_KL),
    THREE_REDUCTIONS("qp_element_loss", "kl of logarithms", element, QP_LOSS_KL_LOG),
    {"qp_quantile_loss", "band, sum", quantiles, QP_SUM},
    {"qp_quantile_loss", "band, mean", quantiles, QP_MEAN},
    {"qp_quantile_loss", "band, each", quantiles, QP_NONE},
    {"qp_gaussian_sample", "a band", sample, 0},
    {"qp_element_loss", "band", element_band, 0},
    THREE_REDUCTIONS("qp_class_loss", "hinge", classes, QP_CLASS_HINGE),
    THREE_REDUCTIONS("qp_class_loss", "focal", classes, QP_CLASS_FOCAL),
    THREE_REDUCTIONS("qp_class_loss", "poly-1", classes, QP_CLASS_POLY1),
    THREE_REDUCTIONS("qp_class_loss", "z", classes, QP_CLASS_Z),
    THREE_REDUCTIONS("qp_class_loss", "unlikelihood", classes, QP_CLASS_UNLIKELIHOOD),
    THREE_REDUCTIONS("qp_class_loss", "confidence", classes, QP_CLASS_CONFIDENCE),
    THREE_REDUCTIONS("qp_class_loss", "distillation", classes, QP_CLASS_DISTILLATION),
    THREE_REDUCTIONS("qp_class_loss", "guided alignment", classes, QP_CLASS_GUIDED),
    {"qp_class_loss", "band", class_band, 0},
    THREE_REDUCTIONS("qp_pair_loss", "cosine", pair, QP_PAIR_COSINE),
    THREE_REDUCTIONS("qp_pair_loss", "contrastive", pair, QP_PAIR_CONTRASTIVE),
    THREE_REDUCTIONS("qp_pair_loss", "ranking", pair, QP_PAIR_RANKING),
    THREE_REDUCTIONS("qp_pair_loss", "symmetric kl", pair, QP_PAIR_SYMMETRIC_KL),
    THREE_REDUCTIONS("qp_pair_loss", "gaussian kl", pair, QP_PAIR_GAUSSIAN_KL),
    THREE_REDUCTIONS("qp_pair_loss", "gaussian nll", pair, QP_PAIR_GAUSSIAN_NLL),
    {"qp_pair_loss", "both sides the same", pair_with_itself, 0},
    THREE_REDUCTIONS("qp_triplet_loss", "triplet", triplet, 0),
    THREE_REDUCTIONS("qp_triplet_loss", "squared", squared_triplet, 0),
    {"qp_info_nce", "mean", info_nce, 0},
    THREE_REDUCTIONS("qp_crf_loss", "boundaries", crf, 0),
    {"qp_crf_loss", "tags known in part, mean", crf_partly, QP_MEAN},
    {"qp_crf_loss", "no boundaries, each", crf_bare, QP_NONE},
    {"qp_crf_loss", "bands, sum", crf_band, QP_SUM},
    {0},
};
