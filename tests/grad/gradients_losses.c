#include "lib/grad/op_crf.h"
#include "lib/grad/op_loss_element.h"
#include "lib/grad/op_loss_margin.h"
#include "tests/grad/gradient_table.h"

/* Losses other than cross-entropy. Inputs stay clear of 0, where l1 has its corner. */

static const qp_real distance_target[] = {0, 2, -2, 0, 0, 2, 0, -2, 0, 0, 2, 0};
static const qp_real sign_target[] = {1, -1, 1, 1, -1, -1, 1, -1, -1, 1, 1, -1};
static const qp_real share_target[] = {
    0, 1, (qp_real)0.5, (qp_real)0.1, (qp_real)0.9, 0, 1, 1, (qp_real)0.3, (qp_real)0.2, 0, (qp_real)0.7};
static const int32_t class_target[] = {1, -1, 2, 0};

static qp_tensor x_of(gradient_case *c) { return gradient_input_in(c, 4, 3, -3, 3); }

static void bce(gradient_case *c)
{
    gradient_output(c, qp_bce_with_logits(c->tape, x_of(c), share_target, (qp_reduction)c->option));
}

static void mse(gradient_case *c)
{
    gradient_output(c, qp_mse(c->tape, x_of(c), distance_target, (qp_reduction)c->option));
}

static void mse_band(gradient_case *c)
{
    qp_tensor x = qp_tensor_columns(gradient_input(c, 4, 5), 1, 3);
    gradient_output(c, qp_mse(c->tape, x, distance_target, (qp_reduction)c->option));
}

static void l1(gradient_case *c)
{
    gradient_output(c, qp_l1(c->tape, x_of(c), distance_target, (qp_reduction)c->option));
}

static void huber(gradient_case *c)
{
    gradient_output(c, qp_huber(c->tape, x_of(c), distance_target, (qp_real)0.7, (qp_reduction)c->option));
}

static void hinge(gradient_case *c)
{
    gradient_output(c, qp_hinge(c->tape, x_of(c), sign_target, 1, (qp_reduction)c->option));
}

static void kl(gradient_case *c)
{
    gradient_output(c, qp_kl_divergence(c->tape, x_of(c), share_target, false, (qp_reduction)c->option));
}

static void kl_log(gradient_case *c)
{
    gradient_output(c, qp_kl_divergence(c->tape, x_of(c), distance_target, true, (qp_reduction)c->option));
}

static void class_hinge(gradient_case *c)
{
    gradient_output(c, qp_class_hinge(c->tape, x_of(c), class_target, 1, (qp_reduction)c->option));
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

#define THREE_REDUCTIONS(op, build)                                                                                    \
    {op, "sum", build, QP_SUM}, {op, "mean", build, QP_MEAN}, { op, "each", build, QP_NONE }

const gradient_row gradient_rows_losses[] = {
    THREE_REDUCTIONS("qp_bce_with_logits", bce),
    THREE_REDUCTIONS("qp_mse", mse),
    {"qp_mse", "band, each", mse_band, QP_NONE},
    THREE_REDUCTIONS("qp_l1", l1),
    THREE_REDUCTIONS("qp_huber", huber),
    THREE_REDUCTIONS("qp_hinge", hinge),
    THREE_REDUCTIONS("qp_kl_divergence", kl),
    {"qp_kl_divergence", "log target, mean", kl_log, QP_MEAN},
    THREE_REDUCTIONS("qp_class_hinge", class_hinge),
    THREE_REDUCTIONS("qp_crf_loss", crf),
    {"qp_crf_loss", "tags known in part, mean", crf_partly, QP_MEAN},
    {"qp_crf_loss", "no boundaries, each", crf_bare, QP_NONE},
    {"qp_crf_loss", "bands, sum", crf_band, QP_SUM},
    {0},
};
