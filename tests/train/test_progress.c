#include <criterion/criterion.h>
#include <string.h>

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
                     .done = 0.35,
                     .left_seconds = 750};
    const char *all =
        " 35 %  loss 2.314  left 12m 30s  8123 tokens/s  epoch 3  update 1200  lr 4.50e-04  grad norm 0.84";
    cr_assert_str_eq(qp_progress_line(&p, 0, text, sizeof text), all);
    cr_assert_str_eq(qp_progress_line(&p, 200, text, sizeof text), all);
    cr_assert_str_eq(qp_progress_line(&p, 40, text, sizeof text), " 35 %  loss 2.314  left 12m 30s");
    cr_assert_str_eq(qp_progress_line(&p, 0, text, 40), " 35 %  loss 2.314  left 12m 30s", "a small buffer");
    for (int columns = 1; columns <= 200; columns++) { /* whole fields, as many as fit */
        size_t length = strlen(qp_progress_line(&p, columns, text, sizeof text));
        cr_assert(length <= (size_t)columns && strncmp(text, all, length) == 0);
        cr_assert(all[length] == '\0' || strncmp(all + length, length ? "  " : " 35", length ? 2 : 3) == 0, "'%s'",
                  text);
    }
    p.done = -1;
    p.smoothed = true;
    cr_assert_str_eq(qp_progress_line(&p, 35, text, sizeof text), "smoothed loss 2.314  left 12m 30s");
}

Test(progress, where_units_begin)
{
    static const struct {
        double seconds;
        const char *text;
    } known[] = {{0, "0s"},          {0.4, "0s"},           {0.5, "1s"},          {59.4, "59s"},
                 {59.5, "1m 00s"},   {61, "1m 01s"},        {3599.4, "59m 59s"},  {3599.5, "1h 00m"},
                 {7379, "2h 02m"},   {86399.4, "23h 59m"},  {86399.5, "1d 00h"},  {90000, "1d 01h"},
                 {1e12, "11574074d 01h"}, {1.1e12, "?"},    {-1e-9, "?"}};
    char text[32];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_expect_str_eq(qp_duration_text(known[i].seconds, text, sizeof text), known[i].text, "%g: %s",
                         known[i].seconds, text);
    cr_expect_eq(qp_duration_parse("2d3h4m5.5s"), 2 * 86400 + 3 * 3600 + 4 * 60 + 5.5);
    cr_expect_eq(qp_duration_parse("0"), 0);
    cr_expect_eq(qp_duration_parse("1e12"), 1e12);
    cr_expect_eq(qp_duration_parse("1m30"), 90);
    cr_expect_lt(qp_duration_parse("1.1e12"), 0);
    cr_expect_lt(qp_duration_parse("5s x"), 0);
}

Test(progress, shares)
{
    char text[200];
    qp_progress p = {.done = 1.5, .loss = 1, .left_seconds = -1};
    cr_expect_eq(strncmp(qp_progress_line(&p, 0, text, sizeof text), "100 %  loss 1.000  left ?  0 tokens/s", 37), 0,
                 "%s", text);
    p.done = 0;
    cr_expect_eq(strncmp(qp_progress_line(&p, 0, text, sizeof text), "  0 %  loss", 11), 0, "%s", text);
}
