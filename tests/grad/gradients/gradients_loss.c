#include "lib/grad/loss/op_loss.h"
#include "lib/grad/loss/op_output_loss.h"
#include "lib/grad/op_basic.h"
#include "tests/grad/gradients/gradient_table.h"

static const int32_t target[] = {2, 0, -1, 4, 2};
static const qp_real class_weight[] = {(qp_real)0.5, 2, 1, (qp_real)0.1, 3};

static void cross_entropy(gradient_case *c, qp_tensor logits, const qp_real *weight, double smoothing)
{
    qp_cross_entropy_config config = {
        .reduction = (qp_reduction)c->option, .smoothing = (qp_real)smoothing, .weight = weight};
    gradient_output(c, qp_cross_entropy(c->tape, logits, target, &config));
}

static void plain(gradient_case *c) { cross_entropy(c, gradient_input_in(c, 5, 5, -3, 3), NULL, 0); }
static void smoothed(gradient_case *c) { cross_entropy(c, gradient_input_in(c, 5, 5, -3, 3), NULL, 0.1); }
static void weighted(gradient_case *c) { cross_entropy(c, gradient_input_in(c, 5, 5, -3, 3), class_weight, 0.1); }
static void band(gradient_case *c) { cross_entropy(c, qp_tensor_columns(gradient_input(c, 5, 8), 2, 5), NULL, 0.1); }

/* Logits made on the tape: the gradient overwrites them. */
static void in_place(gradient_case *c)
{
    cross_entropy(c, qp_scale(c->tape, gradient_input_in(c, 5, 5, -3, 3), 2), NULL, 0.1);
}

/* The logits have another reader, whose gradient is written first. */
static void two_readers(gradient_case *c)
{
    qp_tensor logits = qp_scale(c->tape, gradient_input_in(c, 5, 5, -3, 3), 2);
    qp_cross_entropy_config config = {.reduction = QP_MEAN, .keep_logits = true};
    gradient_output(c, qp_cross_entropy(c->tape, logits, target, &config));
    gradient_output(c, qp_softmax(c->tape, logits, 1));
}

static void soft(gradient_case *c)
{
    static const qp_real distribution[] = {(qp_real)0.2, (qp_real)0.3, (qp_real)0.5, 0, 1, 0,
                                           (qp_real)0.1, (qp_real)0.1, (qp_real)0.6};
    gradient_output(
        c, qp_soft_cross_entropy(c->tape, gradient_input_in(c, 3, 3, -3, 3), distribution, (qp_reduction)c->option));
}

static void output_loss(gradient_case *c, qp_tensor x, bool biased, qp_output_loss_terms terms)
{
    qp_tensor weight = gradient_input(c, 5, 3), bias = biased ? gradient_input(c, 1, 5) : (qp_tensor){0};
    qp_tape_expect_scale(c->tape, (qp_real)gradient_upstream(0, 0));
    gradient_output(c, qp_output_loss(c->tape, x, weight, bias, target, &terms));
}

static void output_plain(gradient_case *c)
{
    output_loss(c, gradient_input(c, 5, 3), false, (qp_output_loss_terms){0});
}
static void output_biased(gradient_case *c)
{
    output_loss(c, gradient_input(c, 5, 3), true, (qp_output_loss_terms){0});
}

static void output_weighted(gradient_case *c)
{
    output_loss(c, gradient_input(c, 5, 3), true, (qp_output_loss_terms){(qp_real)0.1, class_weight});
}

/* x is a band made on the tape. */
static void output_band(gradient_case *c)
{
    qp_tensor x = qp_tensor_columns(qp_scale(c->tape, gradient_input(c, 5, 6), 2), 2, 3);
    output_loss(c, x, true, (qp_output_loss_terms){(qp_real)0.1, NULL});
}

const gradient_row gradient_rows_loss[] = {
    {"qp_cross_entropy", "sum", plain, QP_SUM},
    {"qp_cross_entropy", "mean", plain, QP_MEAN},
    {"qp_cross_entropy", "each row", plain, QP_NONE},
    {"qp_cross_entropy", "smoothing, mean", smoothed, QP_MEAN},
    {"qp_cross_entropy", "smoothing, each row", smoothed, QP_NONE},
    {"qp_cross_entropy", "class weights, smoothing, mean", weighted, QP_MEAN},
    {"qp_cross_entropy", "class weights, smoothing, sum", weighted, QP_SUM},
    {"qp_cross_entropy", "band", band, QP_MEAN},
    {"qp_cross_entropy", "in place", in_place, QP_MEAN},
    {"qp_cross_entropy", "in place, sum", in_place, QP_SUM},
    {"qp_cross_entropy", "own logits, each row", in_place, QP_NONE},
    {"qp_cross_entropy", "two readers", two_readers, 0},
    {"qp_soft_cross_entropy", "sum", soft, QP_SUM},
    {"qp_soft_cross_entropy", "mean", soft, QP_MEAN},
    {"qp_soft_cross_entropy", "each row", soft, QP_NONE},
    {"qp_output_loss", "plain", output_plain, 0},
    {"qp_output_loss", "bias", output_biased, 0},
    {"qp_output_loss", "bias, class weights, smoothing", output_weighted, 0},
    {"qp_output_loss", "band, smoothing", output_band, 0},
    {0},
};
