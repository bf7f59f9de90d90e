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
