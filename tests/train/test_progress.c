#include <criterion/criterion.h>

#include "lib/train/progress.h"

Test(progress, durations)
{
    char text[32];
    cr_assert_str_eq(qp_duration_text(44.6, text, sizeof text), "45s");
    cr_assert_str_eq(qp_duration_text(750, text, sizeof text), "12m 30s");
    cr_assert_str_eq(qp_duration_text(7500, text, sizeof text), "2h 05m");
    cr_assert_str_eq(qp_duration_text(86400 * 3 + 4 * 3600, text, sizeof text), "3d 04h");
    cr_assert_str_eq(qp_duration_text(-1, text, sizeof text), "?");
    cr_assert_eq(qp_duration_parse("90"), 90);
    cr_assert_eq(qp_duration_parse("90s"), 90);
    cr_assert_eq(qp_duration_parse("30m"), 1800);
    cr_assert_eq(qp_duration_parse("1h30m"), 5400);
    cr_assert_eq(qp_duration_parse("1.5d"), 129600);
    const char *const bad[] = {"", "m", "30x", "-5", "nan", "1e300h", "5 m"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_assert_lt(qp_duration_parse(bad[i]), 0, "%s", bad[i]);
}

Test(progress, line)
{
    char text[200];
    qp_progress p = {.update = 1200,
                     .epoch = 3,
                     .loss = 2.3141,
                     .tokens_per_second = 8123.4,
                     .gradient_norm = 0.84,
                     .rate = 4.5e-4,
                     .left_seconds = 750};
    cr_assert_str_eq(qp_progress_line(&p, text, sizeof text),
                     "epoch 3  update 1200  loss 2.314  8123 tokens/s  norm 0.84  rate 4.50e-04  left 12m 30s");
    cr_assert_str_eq(qp_progress_line(&p, text, 8), "epoch 3");
}
