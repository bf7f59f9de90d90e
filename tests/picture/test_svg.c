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

/* A long title does not widen the picture: it is broken into lines, at blanks where there are any. */
Test(svg, the_title_wraps)
{
    qp_picture picture = sample_picture();
    qp_panels panels;
    char *text, title[700] = "";
    for (int i = 0; i < 40; i++) strcat(title, "a sentence ");
    for (int i = 0; i < 60; i++) strcat(title, "책");
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "1", "mean", &panels), QP_OK);
    cr_assert_eq(qp_picture_title(&picture, "short"), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    int width = atoi(strstr(text, "width='") + 7), height = atoi(strstr(text, "height='") + 8);
    cr_assert_eq(occurrences(text, "class='title'"), 1);
    free(text);
    cr_assert_eq(qp_picture_title(&picture, title), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    int lines = occurrences(text, "class='title'");
    cr_assert_eq(atoi(strstr(text, "width='") + 7), width);
    cr_assert_eq(atoi(strstr(text, "height='") + 8), height + 20 * (lines - 1));
    cr_assert(lines >= 21 && lines <= 26, "%d lines", lines);
    cr_assert_eq(occurrences(text, "a sentence"), 40 - occurrences(text, "a</text>"), "words are whole");
    cr_assert_eq(occurrences(text, "책"), 60 + 1, "nothing is lost"); /* one is a label */
    free(text);
    qp_picture_free(&picture);
}

/* The width of a drawing of one row with this label and these columns. */
static double width_with(const char *row, const char *const *columns, int count)
{
    const float weight[24] = {1};
    qp_picture picture;
    qp_panels panels;
    char *text;
    cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, &row, 1, (const char **)(uintptr_t)columns, count), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, weight), QP_OK);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "all", "all", &panels), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    double width = atof(strstr(text, "<svg") + strlen("<svg xmlns='http://www.w3.org/2000/svg' width='"));
    free(text);
    qp_picture_free(&picture);
    return width;
}

static double width_of(const char *column)
{
    const char *columns[24];
    for (int i = 0; i < 24; i++) columns[i] = i < 23 ? "a" : column;
    return width_with("I", columns, 24);
}

/* A map of n tokens fills the picture: nothing but labels and margins beside it. */
static double share_of_map(int n)
{
    const char *token[64];
    float *weight = calloc((size_t)n * (size_t)n, sizeof *weight);
    for (int i = 0; i < n; i++) token[i] = i + 1 < n ? "▁word" : "</s>";
    qp_picture picture;
    qp_panels panels;
    char *text, title[64 * 12 + 1] = "";
    for (int i = 0; i < n; i++) strcat(title, "word word ");
    cr_assert_eq(qp_picture_init(&picture, title), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, token, n, token, n), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, weight), QP_OK);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "1", "1", &panels), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    double width = atof(strstr(text, "width='") + strlen("width='")), height = atof(strstr(text, "height='") + 8);
    free(text);
    free(weight);
    qp_picture_free(&picture);
    return 24.0 * n / width * (24.0 * n / height);
}

Test(svg, is_cropped_to_the_map)
{
    cr_assert_gt(share_of_map(40), 0.7, "%g", share_of_map(40));
    cr_assert_gt(share_of_map(12), 0.4, "%g", share_of_map(12));
}

Test(svg, spaces_are_faint)
{
    qp_picture picture;
    qp_panels panels;
    char *text;
    const char *row[] = {"▁<a"}, *column[] = {"b▁"};
    const float weight[] = {1};
    cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, row, 1, column, 1), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, weight), QP_OK);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "1", "1", &panels), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    cr_assert_not_null(strstr(text, "><tspan class='space'>␣</tspan>&lt;a</text>"), "%s", text);
    cr_assert_not_null(strstr(text, ">b<tspan class='space'>␣</tspan></text>"), "%s", text);
    cr_assert_not_null(strstr(text, ".space { fill: "));
    cr_assert_null(strstr(text, "▁"));
    free(text);
    qp_picture_free(&picture);
}

/* Column labels are slanted: the last one needs space to its right. */
Test(svg, a_long_column_label_makes_the_drawing_wider)
{
    cr_assert_gt(width_of("a_long_label_abcdefghijklmnopqrs"), width_of("a_long_label_a") + 20);
}

/* A caption is never cut: it is wider than a map of one cell, and not wider than one of many. */
Test(svg, a_caption_makes_a_small_map_wider)
{
    const char *const columns[] = {"a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a"};
    double caption = (double)strlen("cross attention, layer 1, head 1") * 6;
    qp_picture picture = sample_picture();
    qp_panels panels;
    char *text;
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "all", "all", &panels), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    cr_assert_gt(atof(strstr(text, "width='") + strlen("width='")), 2 * caption, "two panels");
    free(text);
    qp_picture_free(&picture);
    cr_assert_eq(width_with("I", columns, 1), width_with("I", columns, 2));
    cr_assert_eq(width_with("I", columns, 17), width_with("I", columns, 16) + 24);
}

/* Space for labels is that of the longest one, the first or the last. */
Test(svg, space_for_labels)
{
    const char *rows[][2] = {{"a long label here", "b"}, {"b", "a long label here"}, {"b", "b"}};
    double width[3], height[3];
    for (int i = 0; i < 3; i++) {
        const float weight[4] = {1, 0, 0, 1};
        qp_picture picture;
        qp_panels panels;
        char *text;
        cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
        cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, rows[i], 2, rows[i], 2), QP_OK);
        for (int head = 0; head < 6; head++)
            cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, head, weight), QP_OK);
        cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "all", "all", &panels), QP_OK);
        cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
        width[i] = atof(strstr(text, "width='") + strlen("width='"));
        height[i] = atof(strstr(text, "height='") + strlen("height='"));
        free(text);
        qp_picture_free(&picture);
    }
    cr_assert_eq(height[0], height[1]);
    cr_assert_gt(height[0], height[2] + 50);
    cr_assert_leq(width[0], width[1]);
    cr_assert_gt(width[0], width[2] + 100);
}

/* Over an image the cells of the map lie side by side, and its pixels fill them. */
Test(svg, a_map_over_an_image)
{
    enum { ROWS = 2, COLUMNS = 3, WIDE = 6, HIGH = 4 };
    const char *row[ROWS] = {"1", "2"}, *column[COLUMNS] = {"1", "2", "3"};
    const float weight[ROWS * COLUMNS] = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 1};
    qp_picture picture;
    qp_panels panels;
    char *text;
    cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, row, ROWS, column, COLUMNS), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, weight), QP_OK);
    picture.image = malloc(WIDE * HIGH);
    picture.image_width = WIDE, picture.image_height = HIGH;
    for (int i = 0; i < WIDE * HIGH; i++) picture.image[i] = (uint8_t)(10 * i);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "1", "1", &panels), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    cr_expect_eq(occurrences(text, "fill-opacity='"), ROWS * COLUMNS);
    cr_expect_eq(occurrences(text, "width='12.00' height='12.00' fill='#"), WIDE * HIGH, "72 x 48 of the map");
    for (int i = 0; i < WIDE * HIGH; i++) {
        char pixel[100];
        snprintf(pixel, sizeof pixel,
                 "<rect x='%d.00' y='%d.97' width='12.00' height='12.00' fill='#%02x%02x%02x'/>", 35 + i % WIDE * 12,
                 90 + i / WIDE * 12, 10 * i, 10 * i, 10 * i);
        cr_expect_eq(occurrences(text, pixel), 1, "%s", pixel);
    }
    double x[ROWS * COLUMNS], y[ROWS * COLUMNS], value;
    int cells = 0;
    for (char *line = text; (line = strstr(line, "<rect ")); line++) {
        double left, top, opacity;
        if (sscanf(line, "<rect x='%lf' y='%lf' width='24' height='24' fill='#%*6s' fill-opacity='%lf'><title>%lf",
                   &left, &top, &opacity, &value) != 4)
            continue;
        x[cells] = left, y[cells] = top;
        cr_expect_float_eq(value, (double)weight[cells], 1e-4);
        cr_expect_float_eq(opacity, 0.8 * value, 1e-3);
        cells++;
    }
    cr_assert_eq(cells, ROWS * COLUMNS);
    for (int i = 0; i < cells; i++) {
        cr_expect_eq(x[i] - x[0], i % COLUMNS * 24);
        cr_expect_eq(y[i] - y[0], i / COLUMNS * 24);
    }
    free(text);
    qp_picture_free(&picture);
}

/* A drawing of two rows and two columns, in `layers` rows and `heads` columns of panels. */
static char *draw_two(const char *title, const char *const row[2], const char *const *column, int columns,
                      const float *weight, int layers, int heads)
{
    qp_picture picture;
    qp_panels panels;
    char *text;
    cr_assert_eq(qp_picture_init(&picture, title), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_ENCODER, row, 2, column, columns), QP_OK);
    for (int i = 0; i < layers * heads; i++)
        cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, i / heads, i % heads, weight), QP_OK);
    picture.image = calloc(1, 1); /* is of cross maps alone */
    picture.image_width = picture.image_height = 1;
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_ENCODER, "all", "all", &panels), QP_OK);
    cr_assert_eq(qp_svg_draw(&picture, &panels, &text, NULL), QP_OK);
    qp_picture_free(&picture);
    return text;
}

static void expect_parts(const char *text, const char *const *part, size_t parts)
{
    const char *at = text;
    for (size_t i = 0; i < parts; i++) {
        const char *found = strstr(at, part[i]);
        cr_assert(found, "%s is not in, or not in this order in:\n%s", part[i], text);
        at = found + strlen(part[i]);
    }
}

static const char *const rows[] = {"a", "bc"}, *const columns[] = {"x", "▁y"};
static const float weights[] = {0, 0.5f, 1, 0.25f};

/* Margins of 20; the title takes 30, the caption and the labels of two columns 45.94, those of rows 22; cells have 24.
 * Colours are those of 0, 0.5, 1 and 0.25 (test_colormap.c). */
Test(svg, every_place_of_a_small_drawing)
{
    static const char *const part[] = {
        "<svg xmlns='http://www.w3.org/2000/svg' width='260' height='198' viewBox='0 0 260 198'>\n",
        ("<rect width='100%' height='100%' fill='#ffffff'/>\n<text class='title' x='20' y='34'>t</text>\n"
         "<text class='soft' x='20.0' y='60.0'>encoder attention, layer 1, head 1</text>\n"
         "<text x='36.0' y='111.9' text-anchor='end'>a</text>\n"
         "<text x='36.0' y='135.9' text-anchor='end'>bc</text>\n"
         "<text transform='translate(54.0 89.9) rotate(-45)'>x</text>\n"
         "<text transform='translate(78.0 89.9) rotate(-45)'><tspan class='space'>␣</tspan>y</text>\n"
         "<rect x='42.0' y='95.9' width='23' height='23' fill='#faf6f0'><title>0.0000</title></rect>\n"
         "<rect x='66.0' y='95.9' width='23' height='23' fill='#d16360'><title>0.5000</title></rect>\n"
         "<rect x='42.0' y='119.9' width='23' height='23' fill='#2c0528'><title>1.0000</title></rect>\n"
         "<rect x='66.0' y='119.9' width='23' height='23' fill='#f3c69f'><title>0.2500</title></rect>\n"
         "<text x='20' y='173.9'>0</text>\n"
         "<rect x='34' y='163.9' width='4' height='12' fill='#faf6f0'/>\n"
         "<rect x='38' y='163.9' width='4' height='12' fill='#"),
        ("<rect x='190' y='163.9' width='4' height='12' fill='#2c0528'/>\n"
         "<text x='200' y='173.9'>1.00</text>\n</svg>\n")};
    char *text = draw_two("t", rows, columns, 2, weights, 1, 1);
    expect_parts(text, part, sizeof part / sizeof *part);
    cr_expect_eq(occurrences(text, "<rect "), 1 + 4 + 40);
    free(text);
    text = draw_two("t", rows, columns, 2, (const float[4]){0}, 1, 1);
    cr_expect_eq(occurrences(text, "fill='#faf6f0'><title>0.0000</title></rect>"), 4, "%s", text);
    cr_expect(strstr(text, ">0.00</text>\n</svg>\n"), "%s", text);
    free(text);
}

/* A panel is as wide as its caption (34 * 6) and 93.94 high; 28 separate two of them. */
Test(svg, places_of_panels)
{
    static const char *const part[] = {
        "width='476' height='320' viewBox='0 0 476 320'>\n",
        "<text class='soft' x='20.0' y='60.0'>encoder attention, layer 1, head 1</text>\n",
        "<text class='soft' x='252.0' y='60.0'>encoder attention, layer 1, head 2</text>\n",
        "<text class='soft' x='20.0' y='181.9'>encoder attention, layer 2, head 1</text>\n",
        "<text class='soft' x='252.0' y='181.9'>encoder attention, layer 2, head 2</text>\n",
        "<text x='268.0' y='233.9' text-anchor='end'>a</text>\n",
        "<text transform='translate(286.0 211.9) rotate(-45)'>x</text>\n",
        "<rect x='298.0' y='241.9' width='23' height='23' fill='#f3c69f'><title>0.2500</title></rect>\n",
        "<text x='200' y='295.9'>1.00</text>\n"};
    char *text = draw_two("t", rows, columns, 2, weights, 2, 2);
    expect_parts(text, part, sizeof part / sizeof *part);
    free(text);
}

/* Labels have 24 columns of 7 at most, slanted ones 0.71 of that; one of the last but one column reaches 89.28 beyond
 * ten columns of 24. */
Test(svg, long_labels)
{
    static const char thirty[] = "123456789012345678901234567890";
    const char *const row[] = {"x", thirty}, *const small[] = {"x", "y"};
    const char *slanted[] = {"x", "x", "x", "x", "x", "x", "x", "x", thirty, "x"};
    static const char *const part[] = {
        "width='264' height='193' viewBox", "<text x='190.0' y='107.0' text-anchor='end'>x</text>\n",
        "<text x='190.0' y='131.0' text-anchor='end'>1234567890123456789012..</text>\n",
        "<rect x='196.0' y='91.0' width='23'", "<rect x='220.0' y='91.0' width='23'"};
    static const char *const above[] = {"width='384' height='307' viewBox",
                                        "<text transform='translate(239.0 199.3) rotate(-45)'>1234567890123456789012..",
                                        "<rect x='35.0' y='205.3' width='23'"};
    const float weight[20] = {1};
    char *text = draw_two("t", row, small, 2, weight, 1, 1);
    expect_parts(text, part, sizeof part / sizeof *part);
    free(text);
    text = draw_two("t", small, slanted, 10, weight, 1, 1);
    expect_parts(text, above, sizeof above / sizeof *above);
    free(text);
}

/* Lines of 24 columns, (260 - 40) / 9. */
Test(svg, lines_of_a_title)
{
    static const struct {
        const char *title, *line[2];
    } known[] = {{"abcdefghijkl mnopqrstuvw", {"abcdefghijkl mnopqrstuvw", NULL}},
                 {"abcdefghijkl mnopqrstuvw  x", {"abcdefghijkl mnopqrstuvw", "x"}},
                 {"abcdefghijkl mnopqrstuvwx", {"abcdefghijkl", "mnopqrstuvwx"}},
                 {"abcdefghijklmnopqrstuvwxyz", {"abcdefghijklmnopqrstuvwx", "yz"}},
                 {"a b c", {"a b c", NULL}},
                 {"책책책책책책책책책책책책책", {"책책책책책책책책책책책책", "책"}}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char expected[300], *at = expected, *text = draw_two(known[i].title, rows, columns, 2, weights, 1, 1);
        for (int k = 0; k < 2 && known[i].line[k]; k++)
            at += sprintf(at, "<text class='title' x='20' y='%d'>%s</text>\n", 34 + 20 * k, known[i].line[k]);
        strcpy(at, "<text class='soft'");
        cr_expect(strstr(text, expected), "%s is not in\n%s", expected, text);
        cr_expect(strstr(text, known[i].line[1] ? "height='218'" : "height='198'"), "%s", text);
        free(text);
    }
}
