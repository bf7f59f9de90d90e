#include <stdlib.h>
#include <string.h>

#include "lib/picture/svg.h"
#include "tests/picture/sample_picture.h"

static int occurrences(const char *text, const char *word)
{
    int count = 0;
    while ((text = strstr(text, word))) {
        text += strlen(word);
        count++;
    }
    return count;
}

Test(svg, one_panel_and_all)
{
    qp_picture picture = sample_picture();
    qp_panels panels;
    char *text;
    size_t bytes;
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "1", "mean", &panels), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, &bytes), QP_OK);
    cr_assert_eq(strlen(text), bytes);
    cr_assert_eq(occurrences(text, "</title></rect>"), 6);
    cr_assert_eq(occurrences(text, ">책을</text>"), 1);
    cr_assert_eq(occurrences(text, ">&lt;/s&gt;</text>"), 1);
    cr_assert_not_null(strstr(text, "cross attention, layer 1, mean of 2 heads"));
    free(text);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "all", "all", &panels), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    cr_assert_eq(occurrences(text, "</title></rect>"), 24);
    cr_assert_eq(occurrences(text, "<text"), occurrences(text, "</text>"));
    cr_assert_eq(occurrences(text, "width='4' height='12' fill="), 40, "the legend");
    free(text);
    qp_picture_free(&picture);
}
