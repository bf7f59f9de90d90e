#define _GNU_SOURCE /* memmem, strsep */
#include <stdlib.h>
#include <string.h>

#include "lib/picture/label.h"
#include "lib/picture/terminal.h"
#include "tests/picture/sample_picture.h"

Test(terminal, a_small_map)
{
    qp_picture picture = sample_picture();
    qp_terminal_style style = {.width = 80};
    char *text;
    cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_CROSS, 0, 0, &style, &text), QP_OK);
    cr_assert_str_eq(text, "cross attention, layer 1, head 1\n"
                           "\n"
                           "       b <\n"
                           "       o /\n"
                           "       o s\n"
                           "     나k >\n"
                           "   I ....::\n"
                           "책을 ****##\n"
                           "\n"
                           "     0   ..::**## 0.60\n");
    free(text);
    qp_picture_free(&picture);
}

/* "cross attention, layer 1, head 1" has 32 columns. */
Test(terminal, a_caption_wider_than_the_terminal)
{
    static const struct {
        int width;
        const char *caption;
    } expected[] = {{32, "cross attention, layer 1, head 1\n\n"},
                    {31, "cross attention, layer 1,\nhead 1\n\n"},
                    {24, "cross attention,\nlayer 1, head 1\n\n"},
                    {10, "cross attention,\nlayer 1,\nhead 1\n\n"}};
    qp_picture picture = sample_picture();
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        qp_terminal_style style = {.width = expected[i].width};
        char *text;
        cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_CROSS, 0, 0, &style, &text), QP_OK);
        cr_assert_eq(strncmp(text, expected[i].caption, strlen(expected[i].caption)), 0, "%s", text);
        free(text);
    }
    qp_picture_free(&picture);
}

/* In color, ink grows with the weight on any background: nothing, ░, reversed ░, a reversed blank. */
Test(terminal, color_is_ink_on_the_background)
{
    qp_picture picture = sample_picture();
    qp_terminal_style style = {.width = 80, .colour = true};
    char *text;
    cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_CROSS, 0, 0, &style, &text), QP_OK);
    cr_assert_not_null(strstr(text, "     0 \033[38;5;161m  "
                                    "░░"
                                    "░\033[7m░\033[27m"
                                    "\033[7m░░\033[27m"
                                    "\033[7m  \033[27m\033[0m 0.60\n"),
                       "%s", text);
    cr_assert_null(strstr(text, "\033[48"), "no color of the background");
    free(text);
    qp_picture_free(&picture);
}

/* Terminals for East Asian scripts draw the block characters and the ellipsis two columns wide. */
Test(terminal, nothing_of_ambiguous_width)
{
    const char *row[] = {"▁a very long token of many letters", "▁"}, *column[] = {"▁many▁very▁long▁tokens", "▁b"};
    const float weight[] = {0.25f, 0.5f, 0.75f, 1};
    qp_picture picture;
    cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, row, 2, column, 2), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, weight), QP_OK);
    for (int colour = 0; colour < 2; colour++) {
        qp_terminal_style style = {.width = 40, .colour = colour};
        char *text;
        cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_CROSS, 0, 0, &style, &text), QP_OK);
        cr_assert_not_null(strstr(text, colour ? "\033[2m␣\033[22ma" : "␣a"), "%s", text);
        for (char *at = text; *at; at++) {
            bool known = (unsigned char)*at < 0x80;
            if (!known) known = strncmp(at, "░", 3) == 0 || strncmp(at, "␣", 3) == 0;
            cr_assert(known, "%s", at);
            if ((unsigned char)*at >= 0x80) at += 2;
        }
        cr_assert(colour || !strchr(text, '\033'));
        free(text);
    }
    qp_picture_free(&picture);
}

Test(terminal, colours_end_with_every_line)
{
    qp_picture picture = sample_picture();
    qp_terminal_style style = {.width = 80, .colour = true};
    char *text;
    cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_CROSS, 0, 0, &style, &text), QP_OK);
    cr_assert_not_null(strstr(text, "   I \033[38;5;"));
    for (const char *at = text; (at = strchr(at, '\n')); at++) {
        const char *from = at;
        while (from > text && from[-1] != '\n') from--;
        const char *escape = memmem(from, (size_t)(at - from), "\033[38", 4);
        if (escape) cr_assert_not_null(memmem(escape, (size_t)(at - escape), "\033[0m", 4));
    }
    free(text);
    qp_picture_free(&picture);
}

/* n tokens along both sides, the last one long */
static char *draw_wide(int n, const char *last, int width)
{
    qp_picture picture;
    const char **token = calloc((size_t)n, sizeof *token);
    float *weight = calloc((size_t)n * (size_t)n, sizeof *weight);
    for (int i = 0; i < n; i++) {
        token[i] = i + 1 < n ? "가" : last;
        weight[i * n + i] = 1;
    }
    cr_assert_eq(qp_picture_init(&picture, NULL), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_ENCODER, token, n, token, n), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, 0, 0, weight), QP_OK);
    qp_terminal_style style = {.width = width};
    char *text;
    cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_ENCODER, 0, 0, &style, &text), QP_OK);
    qp_picture_free(&picture);
    free(token);
    free(weight);
    return text;
}

Test(terminal, no_line_is_wider_than_the_terminal)
{
    char *text = draw_wide(50, "internationalisation", 60), *rest = text, *line;
    cr_assert_not_null(strstr(text, "50 internationalisation"), "long labels are numbered and listed:\n%s", text);
    int cells = 0;
    while ((line = strsep(&rest, "\n"))) {
        cr_assert_leq(qp_label_width(line), 60, "%s", line);
        for (const char *at = line; (at = strstr(at, "##")); at += 2) cells++;
    }
    cr_assert_eq(cells, 50 + 1, "every token of the diagonal once, and the legend");
    free(text);
}

Test(terminal, a_terminal_too_narrow_for_anything)
{
    char *text = draw_wide(3, "x", 1);
    cr_assert_not_null(strstr(text, "##"));
    free(text);
}

/* Numbers of columns are written downwards, in every block of columns. */
Test(terminal, numbers_above_the_columns)
{
    char *text = draw_wide(12, "internationalisation", 40);
    cr_assert(strstr(text, "\n                                     1\n"
                           "                   1 2 3 4 5 6 7 8 9 0\n"
                           "                가 ##\n"),
              "%s", text);
    cr_assert(strstr(text, "\n                   1 1\n                   1 2\n                가\n"), "%s", text);
    cr_assert(strstr(text, "\n1 가  2 가  3 가  4 가  5 가  6 가  7 가\n8 가  9 가  10 가  11 가\n12 internat"), "%s", text);
    free(text);
}

/* A map of one row, drawn. */
static char *draw_row(const char *row, const char *const *column, int columns, const float *weight, int width)
{
    qp_picture picture;
    qp_terminal_style style = {.width = width};
    char *text;
    cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_ENCODER, &row, 1, column, columns), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, 0, 0, weight), QP_OK);
    cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_ENCODER, 0, 0, &style, &text), QP_OK);
    qp_picture_free(&picture);
    return text;
}

static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};

/* Shades are quarters of the largest weight, rounded. */
Test(terminal, five_shades)
{
    static const float weight[] = {0, 0.12f, 0.13f, 0.37f, 0.38f, 0.62f, 0.63f, 0.87f, 0.88f, 1};
    float half[10];
    for (int i = 0; i < 10; i++) half[i] = weight[i] / 2;
    char *text = draw_row("r", letters, 10, weight, 80);
    cr_expect_str_eq(text, "encoder attention, layer 1, head 1\n"
                           "\n"
                           "  a b c d e f g h i j\n"
                           "r     ....::::****####\n"
                           "\n"
                           "  0   ..::**## 1.00\n");
    free(text);
    text = draw_row("r", letters, 10, half, 80);
    cr_expect(strstr(text, "\nr     ....::::****####\n\n  0   ..::**## 0.50\n"), "%s", text);
    free(text);
    text = draw_row("r", letters, 2, (const float[]){0, 0}, 80);
    cr_expect(strstr(text, "\n  a b\nr\n\n  0   ..::**## 0.00\n"), "%s", text);
    free(text);
}

/* A row label, a blank and two columns for each cell; what is too wide continues below. */
Test(terminal, bands)
{
    static const float weight[] = {1, 0, 0, 0.5f, 0, 1};
    static const char four_and_two[] = "encoder attention,\nlayer 1,\nhead 1\n"
                                       "\n"
                                       "  a b c d\n"
                                       "r ##    ::\n"
                                       "\n"
                                       "  e f\n"
                                       "r   ##\n"
                                       "\n"
                                       "  0   ..::**## 1.00\n";
    for (int width = 10; width < 12; width++) {
        char *text = draw_row("r", letters, 6, weight, width);
        cr_expect_str_eq(text, four_and_two, "%d columns", width);
        free(text);
    }
    char *text = draw_row("r", letters, 6, weight, 12);
    cr_expect(strstr(text, "\n  a b c d e\nr ##    ::\n\n  f\nr ##\n\n"), "%s", text);
    free(text);
    text = draw_row("r", letters, 2, weight, 2);
    cr_expect(strstr(text, "\n  a\nr ##\n\n  b\nr\n\n"), "%s", text);
    free(text);
    text = draw_wide(38, "x", 0); /* 80 columns */
    cr_expect_null(strstr(text, "\n   x\n"));
    free(text);
    text = draw_wide(39, "x", 0);
    cr_expect(strstr(text, "\n   x\n"), "%s", text);
    free(text);
}

/* Labels of columns end above their column; of more than 12 characters they are numbered. Those of rows have 18 columns
 * at most. */
Test(terminal, long_and_short_labels)
{
    static const char twelve[] = "123456789012", eighteen[] = "abcdefghijklmnopqr";
    const char *column[] = {"▁bc", "e\u0301", twelve};
    char expected[2000] = "encoder attention, layer 1, head 1\n\n", *at = expected + strlen(expected);
    for (int place = 0; place < 12; place++) {
        static const char *const above[] = {"␣   ", "b   ", "c e\u0301 "};
        at += sprintf(at, "%19s%s%c\n", "", place < 9 ? "    " : above[place - 9], twelve[place]);
    }
    strcpy(at, "abcdefghijklmnopqr ##  ::\n\n                   0   ..::**## 1.00\n");
    static const float weight[] = {1, 0, 0.5f};
    char *text = draw_row(eighteen, column, 3, weight, 80);
    cr_expect_str_eq(text, expected);
    free(text);
    column[2] = "1234567890123";
    text = draw_row("abcdefghijklmnopqrs", column, 3, weight, 80);
    cr_expect_str_eq(text, "encoder attention, layer 1, head 1\n"
                           "\n"
                           "                   1 2 3\n"
                           "abcdefghijklmnop.. ##  ::\n"
                           "\n"
                           "                   0   ..::**## 1.00\n"
                           "1 ␣bc  2 e\u0301  3 1234567890123\n");
    free(text);
}

/* The list of numbered columns: entries of 3 columns and two blanks between them, and a label that fills a line. */
Test(terminal, the_list_fills_its_lines)
{
    static const char *const column[] = {"a", "b", "c", "12345678901234"};
    static const float weight[] = {1, 1, 1, 1};
    static const struct {
        int width;
        const char *list;
    } known[] = {{12, "\n1 a  2 b\n3 c\n4 12345678..\n"},
                 {13, "\n1 a  2 b  3 c\n4 123456789..\n"},
                 {15, "\n1 a  2 b  3 c\n4 12345678901..\n"},
                 {16, "\n1 a  2 b  3 c\n4 12345678901234\n"},
                 {30, "\n1 a  2 b  3 c\n4 12345678901234\n"},
                 {31, "\n1 a  2 b  3 c  4 12345678901234\n"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char *text = draw_row("r", column, 4, weight, known[i].width);
        cr_expect(strstr(text, known[i].list), "%d columns:\n%s", known[i].width, text);
        free(text);
    }
}

/* In color a row is that of a_small_map. */
Test(terminal, a_row_in_color)
{
    qp_picture picture = sample_picture();
    qp_terminal_style style = {.width = 80, .colour = true};
    char *text;
    cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_CROSS, 0, 0, &style, &text), QP_OK);
    cr_expect(strstr(text, "\n   I \033[38;5;161m░░░░░\033[7m░\033[27m\033[0m\n"), "%s", text);
    cr_expect(strstr(text, "\n책을 \033[38;5;161m\033[7m░░\033[27m\033[7m░░\033[27m\033[7m  \033[27m\033[0m\n"), "%s",
              text);
    free(text);
    cr_assert_eq(qp_terminal_draw(&picture, QP_MAP_CROSS, 2, 0, &style, &text), QP_EUSAGE);
    cr_expect_null(text);
    qp_picture_free(&picture);
}
