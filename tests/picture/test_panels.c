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

/* The scale is that of the chosen maps: the first, the last weight, one of them. */
Test(panels, scale_of_what_is_chosen)
{
    static const struct {
        const char *head;
        float largest;
    } known[] = {{"1", 0.75f}, {"2", 0.5f}, {"3", 0}, {"all", 0.75f}, {"max", 0.75f}, {"mean", 0.25f}};
    const float weight[3][2] = {{0.75f, 0.25f}, {0, 0.5f}, {0, 0}};
    const char *token[] = {"a", "b"};
    qp_picture picture;
    cr_assert_eq(qp_picture_init(&picture, NULL), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_DECODER, token, 1, token, 2), QP_OK);
    for (int h = 0; h < 3; h++) cr_assert_eq(qp_picture_add(&picture, QP_MAP_DECODER, 0, h, weight[h]), QP_OK);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        qp_panels panels;
        float largest;
        cr_assert_eq(qp_panels_choose(&picture, QP_MAP_DECODER, "1", known[i].head, &panels), QP_OK);
        cr_expect_eq(panels.kind, QP_MAP_DECODER);
        cr_assert_eq(qp_panels_largest(&picture, &panels, &largest), QP_OK);
        cr_expect_eq(largest, known[i].largest, "%s: %g", known[i].head, (double)largest);
    }
    qp_picture_free(&picture);
}

/* A picture of more layers than panels, and one without attention. */
Test(panels, as_many_as_fit)
{
    const char *token[] = {"a"};
    qp_picture picture;
    qp_panels panels;
    cr_assert_eq(qp_picture_init(&picture, NULL), QP_OK);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_ENCODER, "1", "1", &panels), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "this model has no attention"), "%s", qp_error_message());
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_ENCODER, token, 1, token, 1), QP_OK);
    for (int layer = 0; layer < QP_PANELS_MAX + 2; layer++)
        cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, layer, 0, (const float[]){1}), QP_OK);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_ENCODER, "all", "1", &panels), QP_OK);
    cr_expect(panels.layers == QP_PANELS_MAX && panels.heads == 1);
    cr_expect_eq(panels.layer[QP_PANELS_MAX - 1], QP_PANELS_MAX - 1);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_ENCODER, "10", "1", &panels), QP_OK);
    cr_expect(panels.layers == 1 && panels.layer[0] == 9);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_ENCODER, "last", "1", &panels), QP_OK);
    cr_expect(panels.layers == 1 && panels.layer[0] == QP_PANELS_MAX + 1);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "1", "1", &panels), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "--kind cross: this model has no such attention"), "%s", qp_error_message());
    qp_picture_free(&picture);
}
