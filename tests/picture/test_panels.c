#include <string.h>

#include "tests/picture/sample_picture.h"

static void expect_choice(const qp_picture *picture, const char *layer, const char *head, const char *expected)
{
    qp_panels panels;
    char text[200] = "", *at = text;
    cr_assert_eq(qp_panels_choose(picture, QP_MAP_CROSS, layer, head, &panels), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < panels.layers; i++) at += sprintf(at, "%d ", panels.layer[i]);
    at += sprintf(at, "|");
    for (int i = 0; i < panels.heads; i++) at += sprintf(at, " %d", panels.head[i]);
    cr_assert_str_eq(text, expected);
}

Test(panels, words_and_numbers)
{
    qp_picture picture = sample_picture();
    expect_choice(&picture, "1", "2", "0 | 1");
    expect_choice(&picture, "last", "mean", "1 | -1");
    expect_choice(&picture, "max", "all", "-2 | 0 1");
    expect_choice(&picture, "all", "max", "0 1 | -2");
    qp_picture_free(&picture);
}

Test(panels, what_is_not_there)
{
    static const char *const wrong[] = {"0", "3", "-1", "", "1x", "many", "99999999999999999999"};
    qp_picture picture = sample_picture();
    qp_panels panels;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, wrong[i], "1", &panels), QP_EUSAGE, "%s", wrong[i]);
        cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "1", wrong[i], &panels), QP_EUSAGE, "%s", wrong[i]);
    }
    cr_assert_not_null(strstr(qp_error_message(), "1 to 2"));
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_ENCODER, "1", "1", &panels), QP_EUSAGE);
    qp_picture_free(&picture);
}

Test(panels, common_scale)
{
    qp_picture picture = sample_picture();
    qp_panels panels;
    float largest;
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "all", "all", &panels), QP_OK);
    cr_assert_eq(qp_panels_largest(&picture, &panels, &largest), QP_OK);
    cr_assert_float_eq(largest, sample_weight(1, 1, 5), 1e-6);
    qp_picture_free(&picture);
}
