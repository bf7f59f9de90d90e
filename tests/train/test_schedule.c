#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/train/schedule.h"

static qp_schedule_config make(int kind, double lr, int64_t warmup, int64_t total)
{
    qp_schedule_config c;
    qp_config_defaults(&qp_schedule_fields, &c);
    c.lr_schedule = kind;
    c.lr = lr;
    c.lr_warmup = warmup;
    c.lr_total = total;
    return c;
}

static void expect(const qp_schedule_config *c, int64_t i, double rate)
{
    double got = qp_schedule_rate(c, NULL, i);
    cr_assert(fabs(got - rate) <= 1e-12 * fmax(1, fabs(rate)), "update %d: %.12g, expected %.12g", (int)i, got, rate);
}

Test(schedule, constant_step_exponential)
{
    qp_schedule_config c = make(QP_SCHEDULE_CONSTANT, 0.1, 0, 0);
    expect(&c, 0, 0.1), expect(&c, 1000000, 0.1);
    c.lr_warmup = 10;
    expect(&c, 0, 0.01), expect(&c, 9, 0.1), expect(&c, 10, 0.1);
    c = make(QP_SCHEDULE_STEP, 1, 0, 0);
    c.lr_gamma = 0.5, c.lr_step = 50;
    expect(&c, 49, 1), expect(&c, 50, 0.5), expect(&c, 149, 0.25);
    c = make(QP_SCHEDULE_EXPONENTIAL, 2, 0, 0);
    c.lr_gamma = 0.9;
    expect(&c, 0, 2), expect(&c, 3, 2 * 0.729);
}

Test(schedule, multistep)
{
    qp_schedule_config c = make(QP_SCHEDULE_MULTISTEP, 1, 0, 0);
    c.lr_gamma = 0.1;
    strcpy(c.lr_milestones, "60, 120,160");
    cr_assert_eq(qp_schedule_check(&c), QP_OK);
    expect(&c, 59, 1), expect(&c, 60, 0.1), expect(&c, 159, 0.01), expect(&c, 160, 0.001);
    strcpy(c.lr_milestones, "60,x");
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE);
}

Test(schedule, inverse_square_root_and_noam)
{
    qp_schedule_config c = make(QP_SCHEDULE_INV_SQRT, 0.01, 20, 0);
    expect(&c, 0, 0.01 / 20), expect(&c, 19, 0.01), expect(&c, 79, 0.005);
    c.lr_warmup = 0;
    expect(&c, 0, 0.01), expect(&c, 3, 0.005);
    c = make(QP_SCHEDULE_NOAM, 2, 400, 0);
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE);
    c.lr_width = 64;
    cr_assert_eq(qp_schedule_check(&c), QP_OK);
    expect(&c, 0, 2.0 / 8 / 8000), expect(&c, 399, 2.0 / 8 / 20), expect(&c, 1599, 2.0 / 8 / 40);
}

Test(schedule, linear_and_cosine)
{
    qp_schedule_config c = make(QP_SCHEDULE_LINEAR, 1, 20, 120);
    c.lr_min = 0.1;
    expect(&c, 0, 0.05), expect(&c, 19, 1), expect(&c, 20, 1), expect(&c, 70, 0.55), expect(&c, 500, 0.1);
    c.lr_schedule = QP_SCHEDULE_COSINE;
    expect(&c, 9, 0.5), expect(&c, 20, 1), expect(&c, 70, 0.55), expect(&c, 120, 0.1), expect(&c, 500, 0.1);
    c.lr_total = 0;
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE);
    c.lr_total = 20;
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE);
}

Test(schedule, cosine_with_restarts)
{
    qp_schedule_config c = make(QP_SCHEDULE_COSINE_RESTARTS, 1, 10, 0);
    c.lr_step = 100;
    c.lr_min = 0.2;
    expect(&c, 4, 0.5), expect(&c, 10, 1), expect(&c, 60, 0.6), expect(&c, 110, 1), expect(&c, 1060, 0.6);
    c.lr_stretch = 2; /* cycles of 100, 200, 400 ... from 10, 110, 310, 710 */
    expect(&c, 60, 0.6), expect(&c, 110, 1), expect(&c, 210, 0.6), expect(&c, 310, 1), expect(&c, 510, 0.6);
    expect(&c, 710, 1), expect(&c, 10 + 100 * ((1 << 20) - 1), 1);
    c.lr_warmup = 0;
    expect(&c, 0, 1), expect(&c, 50, 0.6);
}

Test(schedule, polynomial_is_a_power_of_linear)
{
    qp_schedule_config c = make(QP_SCHEDULE_POLYNOMIAL, 1, 20, 120);
    c.lr_min = 0.1;
    expect(&c, 9, 0.5), expect(&c, 70, 0.55);
    c.lr_power = 2;
    expect(&c, 20, 1), expect(&c, 70, 0.1 + 0.9 / 4), expect(&c, 120, 0.1), expect(&c, 500, 0.1);
    c.lr_power = 0;
    expect(&c, 119, 1), expect(&c, 120, 0.1);
    c.lr_total = 0;
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE);
}

Test(schedule, hold_and_fall)
{
    qp_schedule_config c = make(QP_SCHEDULE_WSD, 1, 10, 0);
    c.lr_min = 0.2;
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE, "no fall");
    c.lr_fall = 40, c.lr_hold = 100;
    cr_assert_eq(qp_schedule_check(&c), QP_OK);
    cr_assert_not(qp_schedule_ends(&c));
    for (c.lr_anneal = QP_ANNEAL_COSINE; c.lr_anneal <= QP_ANNEAL_LINEAR; c.lr_anneal++)
        expect(&c, 4, 0.5), expect(&c, 110, 1), expect(&c, 130, 0.6), expect(&c, 999, 0.2);
    c.lr_anneal = QP_ANNEAL_SQRT;
    expect(&c, 120, 0.6), expect(&c, 150, 0.2);
    c.lr_hold = 0; /* until the fall ends with all updates */
    cr_assert(qp_schedule_ends(&c));
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE, "no total");
    c.lr_total = 49;
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE, "too short");
    c.lr_total = 90;
    cr_assert_eq(qp_schedule_check(&c), QP_OK);
    expect(&c, 50, 1), expect(&c, 60, 0.6), expect(&c, 90, 0.2);
    c.lr_schedule = QP_SCHEDULE_TRI_STAGE;
    c.lr_warmup_start = 0.5, c.lr_min = 0.01;
    expect(&c, 0, 0.5), expect(&c, 5, 0.75), expect(&c, 50, 1), expect(&c, 70, 0.1), expect(&c, 1000, 0.01);
    c.lr_min = 0;
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE, "an exponential never reaches 0");
}

Test(schedule, slanted_triangular)
{
    qp_schedule_config c = make(QP_SCHEDULE_SLANTED_TRIANGULAR, 1, 1000, 100);
    c.lr_rise = 0.1, c.lr_div = 10;
    cr_assert_eq(qp_schedule_check(&c), QP_OK);
    cr_assert_not(qp_schedule_warms(&c));
    expect(&c, 0, 0.1), expect(&c, 5, 0.55), expect(&c, 10, 1), expect(&c, 55, 0.55), expect(&c, 100, 0.1);
    expect(&c, 1000, 0.1);
    c.lr_rise = 0;
    expect(&c, 0, 1), expect(&c, 50, 0.55);
    c.lr_rise = 1;
    expect(&c, 50, 0.55), expect(&c, 100, 1);
}

Test(schedule, inverse_time_and_marian)
{
    qp_schedule_config c = make(QP_SCHEDULE_INVERSE_TIME, 1, 0, 0);
    c.lr_step = 10;
    expect(&c, 0, 1), expect(&c, 20, 0.5), expect(&c, 25, 1 / 2.25);
    c.lr_staircase = true;
    expect(&c, 25, 0.5);
    c = make(QP_SCHEDULE_INV_SQRT_MARIAN, 1, 50, 0);
    c.lr_step = 100, c.lr_warmup_start = 0.5;
    expect(&c, 24, 0.75), expect(&c, 60, 1), expect(&c, 99, 1), expect(&c, 399, 0.5);
}

/* GNMT's: half of the updates at the full rate, then halved at equal distances. */
Test(schedule, step_after_a_hold)
{
    qp_schedule_config c = make(QP_SCHEDULE_STEP, 1, 0, 0);
    c.lr_hold = 100, c.lr_step = 10;
    expect(&c, 0, 1), expect(&c, 109, 1), expect(&c, 110, 0.5), expect(&c, 125, 0.25);
}

Test(schedule, one_cycle_and_cyclical)
{
    qp_schedule_config c = make(QP_SCHEDULE_ONE_CYCLE, 1, 0, 101);
    c.lr_rise = 51.0 / 101, c.lr_div = 10, c.lr_final_div = 10;
    for (int anneal = 0; anneal < 2; anneal++) {
        c.lr_anneal = anneal;
        expect(&c, 0, 0.1), expect(&c, 25, 0.55), expect(&c, 50, 1), expect(&c, 75, 0.505), expect(&c, 100, 0.01);
    }
    c = make(QP_SCHEDULE_CYCLICAL, 1, 0, 0);
    c.lr_max = 3, c.lr_step = 20, c.lr_step_down = 10, c.lr_gamma = 0.99;
    expect(&c, 0, 1), expect(&c, 10, 2), expect(&c, 20, 3), expect(&c, 25, 2), expect(&c, 50, 3);
    c.lr_cycle = QP_CYCLE_TRIANGULAR2;
    expect(&c, 20, 3), expect(&c, 50, 2);
    c.lr_cycle = QP_CYCLE_EXP_RANGE;
    expect(&c, 20, 1 + 2 * pow(0.99, 20));
    c.lr_max = 0;
    cr_assert_eq(qp_schedule_check(&c), QP_EUSAGE);
}

/* A cycle may go down from lr, and a factor above 1 lets the rate grow, as a search for the largest usable one does. */
Test(schedule, the_other_end_may_be_lower_and_the_factor_above_1)
{
    qp_schedule_config c = make(QP_SCHEDULE_CYCLICAL, 1, 0, 0);
    c.lr_max = 0.5, c.lr_step = 10;
    cr_assert_eq(qp_schedule_check(&c), QP_OK);
    expect(&c, 0, 1), expect(&c, 5, 0.75), expect(&c, 10, 0.5), expect(&c, 20, 1);
    c = make(QP_SCHEDULE_EXPONENTIAL, 1, 0, 0);
    const qp_field *gamma = qp_config_find(&qp_schedule_fields, "lr_gamma");
    cr_assert_eq(qp_config_set(gamma, &c, "test", "1.5"), QP_OK);
    cr_assert_eq(qp_schedule_check(&c), QP_OK);
    expect(&c, 0, 1), expect(&c, 2, 2.25);
}

Test(schedule, plateau_cuts_after_patience_and_rests)
{
    qp_schedule_config c = make(QP_SCHEDULE_PLATEAU, 1, 0, 0);
    c.lr_gamma = 0.5, c.lr_patience = 2, c.lr_cooldown = 1, c.lr_min = 0.3, c.lr_threshold = 0;
    qp_plateau p;
    qp_plateau_init(&c, &p);
    const double metric[] = {5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4};
    const double rate[] = {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3};
    for (int i = 0; i < 12; i++) {
        qp_plateau_update(&c, &p, metric[i], false);
        cr_assert_float_eq(qp_schedule_rate(&c, &p, i), rate[i], 1e-12, "validation %d: %g", i, p.rate);
    }
    qp_plateau_init(&c, &p);
    qp_plateau_update(&c, &p, 1, true);
    qp_plateau_update(&c, &p, 2, true);
    cr_assert_eq(p.best, 2);
    cr_assert_eq(p.bad, 0);
}

/* A value counts as better from the threshold's share of the best one on, in the metric's own direction. */
Test(schedule, plateau_needs_more_than_the_threshold)
{
    static const struct {
        double first, second;
        bool higher, better;
    } row[] = {{10, 9.1, false, false}, {10, 8.9, false, true}, {10, 10.5, false, false},
               {10, 10.9, true, false}, {10, 11.1, true, true}, {10, 9.5, true, false}};
    qp_schedule_config c = make(QP_SCHEDULE_PLATEAU, 1, 0, 0);
    c.lr_patience = 5, c.lr_threshold = 0.1;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_plateau p;
        qp_plateau_init(&c, &p);
        qp_plateau_update(&c, &p, row[i].first, row[i].higher);
        qp_plateau_update(&c, &p, row[i].second, row[i].higher);
        cr_expect_eq(p.best, row[i].better ? row[i].second : row[i].first, "row %zu", i);
        cr_expect_eq(p.bad, row[i].better ? 0 : 1, "row %zu", i);
    }
}

/* The rate is cut only where that changes it, and the cut is reported. */
Test(schedule, plateau_reports_cuts_down_to_the_lowest_rate)
{
    qp_schedule_config c = make(QP_SCHEDULE_PLATEAU, 1, 0, 0);
    c.lr_gamma = 0.5, c.lr_patience = 0, c.lr_cooldown = 0, c.lr_min = 0.5, c.lr_threshold = 0;
    qp_plateau p;
    qp_plateau_init(&c, &p);
    cr_assert_not(qp_plateau_update(&c, &p, 1, false), "the first value is the best");
    cr_assert(qp_plateau_update(&c, &p, 1, false));
    cr_assert_eq(p.rate, 0.5);
    cr_assert_not(qp_plateau_update(&c, &p, 1, false), "it is the lowest");
    cr_assert_eq(p.rate, 0.5);
}

/* Whether a schedule has a length and a warmup of its own or of --lr-warmup. */
Test(schedule, which_end_and_which_warm_up)
{
    static const int ends[] = {QP_SCHEDULE_LINEAR,     QP_SCHEDULE_COSINE, QP_SCHEDULE_POLYNOMIAL,
                               QP_SCHEDULE_ONE_CYCLE,  QP_SCHEDULE_WSD,    QP_SCHEDULE_TRI_STAGE,
                               QP_SCHEDULE_SLANTED_TRIANGULAR};
    static const int cold[] = {QP_SCHEDULE_ONE_CYCLE, QP_SCHEDULE_CYCLICAL, QP_SCHEDULE_SLANTED_TRIANGULAR};
    for (int kind = 0; kind < QP_SCHEDULE_COUNT; kind++) {
        qp_schedule_config c = make(kind, 1, 0, 0);
        bool has_end = false, warms = true;
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) has_end = has_end || kind == ends[i];
        for (size_t i = 0; i < sizeof cold / sizeof *cold; i++) warms = warms && kind != cold[i];
        cr_expect_eq(qp_schedule_ends(&c), has_end, "%d", kind);
        cr_expect_eq(qp_schedule_warms(&c), warms, "%d", kind);
        c.lr_warmup = 10, c.lr_total = 100, c.lr_fall = 10, c.lr_min = 0.5, c.lr_width = 1, c.lr_max = 1;
        cr_expect_eq(qp_schedule_check(&c), QP_OK, "%d: %s", kind, qp_error_message());
        c.lr_total = 0;
        cr_expect_eq(qp_schedule_check(&c), has_end ? QP_EUSAGE : QP_OK, "%d", kind);
        if (has_end) cr_expect(strstr(qp_error_message(), "this schedule needs its length"), "%s", qp_error_message());
        if (!warms) continue; /* with a warmup from half, the first rate is above half and below all of the lr */
        c.lr_total = 100, c.lr_warmup_start = 0.5;
        bool own = kind == QP_SCHEDULE_INV_SQRT || kind == QP_SCHEDULE_NOAM || kind == QP_SCHEDULE_TRI_STAGE;
        double first = qp_schedule_rate(&c, NULL, 0);
        if (!own && kind != QP_SCHEDULE_INV_SQRT_MARIAN) cr_expect_float_eq(first, 0.55, 1e-12, "%d: %g", kind, first);
    }
}

Test(schedule, limits_of_checks)
{
    static const struct {
        const char *list;
        qp_status status;
    } milestones[] = {{"0", QP_OK},       {"5,", QP_OK},          {"1e3,2000", QP_OK},   {"-1", QP_EUSAGE},
                      {"nan", QP_EUSAGE}, {"60;80", QP_EUSAGE},   {",60", QP_EUSAGE},    {"60 80", QP_EUSAGE}};
    qp_schedule_config c = make(QP_SCHEDULE_LINEAR, 1, 19, 20);
    cr_expect_eq(qp_schedule_check(&c), QP_OK);
    expect(&c, 18, 1), expect(&c, 19, 1), expect(&c, 20, c.lr_min);
    c.lr_warmup = 20;
    cr_expect_eq(qp_schedule_check(&c), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(),
                     "--lr-warmup: 20 is not below the 20 updates of the schedule; use a smaller value");
    c = make(QP_SCHEDULE_WSD, 1, 10, 20);
    c.lr_fall = 10;
    cr_expect_eq(qp_schedule_check(&c), QP_OK);
    c.lr_fall = 11;
    cr_expect_eq(qp_schedule_check(&c), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(), "--lr-fall: 10 updates of warmup and 11 of fall exceed the total of 20");
    c = make(QP_SCHEDULE_TRI_STAGE, 0, 10, 40);
    c.lr_fall = 10, c.lr_min = 0.1;
    cr_expect_eq(qp_schedule_check(&c), QP_EUSAGE, "from a rate of 0");
    c = make(QP_SCHEDULE_MULTISTEP, 1, 0, 0);
    for (size_t i = 0; i < sizeof milestones / sizeof *milestones; i++) {
        strcpy(c.lr_milestones, milestones[i].list);
        cr_expect_eq(qp_schedule_check(&c), milestones[i].status, "%s", milestones[i].list);
    }
}

/* The peak at the first update, and at the last one. */
Test(schedule, one_cycle_without_a_rise_or_a_fall)
{
    qp_schedule_config c = make(QP_SCHEDULE_ONE_CYCLE, 1, 0, 11);
    c.lr_div = 10, c.lr_final_div = 10, c.lr_anneal = QP_ANNEAL_LINEAR;
    c.lr_rise = 1 / 11.0;
    expect(&c, 0, 1), expect(&c, 5, 0.505), expect(&c, 10, 0.01), expect(&c, 100, 0.01);
    c.lr_rise = 1;
    expect(&c, 0, 0.1), expect(&c, 5, 0.55), expect(&c, 10, 1), expect(&c, 11, 0.01);
    c.lr_total = 1;
    expect(&c, 0, 1);
}

/* A rate is not cut by less than 1e-8; without a plateau the schedule is constant. */
Test(schedule, plateau_of_small_steps)
{
    qp_schedule_config c = make(QP_SCHEDULE_PLATEAU, 1e-7, 10, 0);
    qp_plateau p;
    c.lr_gamma = 0.5, c.lr_patience = 1, c.lr_cooldown = 3, c.lr_min = 0;
    expect(&c, 4, 5e-8), expect(&c, 10, 1e-7);
    qp_plateau_init(&c, &p);
    cr_expect(p.rate == 1e-7 && !p.seen && p.bad == 0 && p.rest == 0);
    static const double rate[] = {1e-7, 1e-7, 5e-8, 5e-8, 5e-8, 5e-8, 5e-8, 2.5e-8};
    for (int i = 0; i < 8; i++) {
        cr_expect_eq(qp_plateau_update(&c, &p, 1, false), i == 2 || i == 7, "%d", i);
        cr_expect_float_eq(p.rate, rate[i], 1e-15, "%d: %g", i, p.rate);
    }
    p.rate = 1.9e-8; /* half of it is 9.5e-9 less */
    for (int i = 0; i < 12; i++) cr_expect_not(qp_plateau_update(&c, &p, 1, false));
    cr_expect_eq(p.rate, 1.9e-8);
}

/* After a cut without a rest the patience begins again. */
Test(schedule, plateau_cuts_again_after_its_patience)
{
    qp_schedule_config c = make(QP_SCHEDULE_PLATEAU, 1, 0, 0);
    qp_plateau p;
    c.lr_gamma = 0.5, c.lr_patience = 1, c.lr_cooldown = 0, c.lr_min = 0;
    qp_plateau_init(&c, &p);
    for (int i = 0; i < 9; i++) cr_expect_eq(qp_plateau_update(&c, &p, 1, false), i > 0 && i % 2 == 0, "%d", i);
}
