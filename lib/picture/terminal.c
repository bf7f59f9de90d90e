#include "lib/picture/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/picture/label.h"

enum {
    CELL = 2,         /* columns per cell, as for a wide character */
    LABEL_MAX = 18,   /* columns of a row label */
    UPRIGHT_MAX = 12, /* characters of a vertical column label */
    SHADES = 5
};

/* Shared by the drawing functions. */
typedef struct {
    const qp_token_labels *rows, *columns;
    const float *weight;
    float largest;
    bool colour, numbered;
    int label_width;  /* columns of the row labels */
    int first, count; /* the band of column tokens */
    qp_text_buffer *out;
} drawing;

/* Shades without color, two columns each. */
static const char *const plain_shade[SHADES] = {"  ", "..", "::", "**", "##"};

/* Shades in color: nothing, a quarter, half, three quarters and all of the cell inked. ░ is a quarter of ink,
 * in reverse video three quarters. */
#define REVERSE "\033[7m"
#define FORWARD "\033[27m"
static const char *const ink_shade[SHADES] = {"  ", "░░", "░" REVERSE "░" FORWARD, REVERSE "░░" FORWARD,
                                              REVERSE "  " FORWARD};
static const char ink_on[] = "\033[38;5;161m", ink_off[] = "\033[0m";
static const char faint_on[] = "\033[2m", faint_off[] = "\033[22m";

static const char *shade(const drawing *d, int number) { return d->colour ? ink_shade[number] : plain_shade[number]; }

static void draw_cell(const drawing *d, float weight)
{
    int number = d->largest > 0 ? (int)(weight / d->largest * (float)(SHADES - 1) + 0.5f) : 0;
    qp_text_add(d->out, shade(d, number < SHADES ? number : SHADES - 1));
}

static void end_line(const drawing *d)
{
    while (d->out->bytes > 0 && d->out->text[d->out->bytes - 1] == ' ') d->out->bytes--;
    qp_text_add(d->out, "\n");
}

static void draw_space(const drawing *d)
{
    if (d->colour) qp_text_add(d->out, faint_on);
    qp_text_add(d->out, QP_LABEL_SPACE);
    if (d->colour) qp_text_add(d->out, faint_off);
}

/* Draws a label, shortened to `columns`; right-aligned in these if `right`. */
static void draw_label(const drawing *d, const char *label, int columns, bool right)
{
    qp_text_buffer fit = {0};
    char *text, *space;
    int used = qp_label_fit(&fit, label, columns);
    if (qp_text_finish(&fit, &text, NULL) != QP_OK) {
        d->out->failed = true;
        return;
    }
    if (right) qp_text_repeat(d->out, " ", columns - used);
    char *rest = text;
    for (; (space = strstr(rest, QP_LABEL_SPACE)); rest = space + strlen(QP_LABEL_SPACE)) {
        qp_text_put(d->out, rest, (size_t)(space - rest));
        draw_space(d);
    }
    qp_text_add(d->out, rest);
    free(text);
}

static void draw_row(const drawing *d, int row)
{
    draw_label(d, d->rows->text[row], d->label_width, true);
    qp_text_add(d->out, " ");
    if (d->colour) qp_text_add(d->out, ink_on);
    for (int c = d->first; c < d->first + d->count; c++)
        draw_cell(d, d->weight[(size_t)row * (size_t)d->columns->count + (size_t)c]);
    if (d->colour) qp_text_add(d->out, ink_off);
    end_line(d);
}

/* Character `place`, counted from the top of `height`, of a vertical label above the map. */
static void draw_upright(const drawing *d, const char *label, int place, int height)
{
    int skip = height - qp_label_length(label), width;
    if (place < skip) {
        qp_text_repeat(d->out, " ", CELL);
        return;
    }
    for (; place > skip; place--) label += qp_label_next(label, &width);
    int bytes = qp_label_next(label, &width);
    if (qp_label_is_space(label))
        draw_space(d);
    else
        qp_text_put(d->out, label, (size_t)bytes);
    qp_text_repeat(d->out, " ", CELL - width);
}

static void draw_header(const drawing *d)
{
    int height = 0;
    for (int c = d->first; c < d->first + d->count && !d->numbered; c++) {
        int length = qp_label_length(d->columns->text[c]);
        if (length > height) height = length;
    }
    if (d->numbered)
        for (int n = d->first + d->count; n > 0; n /= 10) height++;
    for (int place = 0; place < height; place++) {
        qp_text_repeat(d->out, " ", d->label_width + 1);
        for (int c = d->first; c < d->first + d->count; c++) {
            int power = 1;
            for (int i = place + 1; d->numbered && i < height; i++) power *= 10;
            if (!d->numbered)
                draw_upright(d, d->columns->text[c], place, height);
            else if (c + 1 >= power)
                qp_text_format(d->out, "%d ", (c + 1) / power % 10);
            else
                qp_text_repeat(d->out, " ", CELL);
        }
        end_line(d);
    }
}

/* "1 the  2 dog ..." for numbered columns, in lines of the terminal's width */
static void draw_list(const drawing *d, int width)
{
    char number[16];
    int used = 0;
    for (int c = 0; c < d->columns->count; c++) {
        int digits = snprintf(number, sizeof number, "%d ", c + 1), own = digits + qp_label_width(d->columns->text[c]);
        if (used > 0 && used + 2 + own > width) {
            qp_text_add(d->out, "\n");
            used = 0;
        }
        if (used > 0) {
            qp_text_add(d->out, "  ");
            used += 2;
        }
        qp_text_add(d->out, number);
        draw_label(d, d->columns->text[c], width - digits, false);
        used += own;
    }
    qp_text_add(d->out, "\n");
}

/* The caption; where it is wider than the map may be, lines end at its commas. */
static void draw_caption(const char *caption, int width, qp_text_buffer *out)
{
    int used = 0, part;
    for (; *caption; caption += part) {
        part = (int)strcspn(caption, ",");
        part += caption[part] == ',';
        if (used > 0 && used + part > width) {
            qp_text_add(out, "\n");
            caption++; /* the blank after the comma */
            part--;
            used = 0;
        }
        qp_text_format(out, "%.*s", part, caption);
        used += part;
    }
    qp_text_add(out, "\n");
}

static void draw_legend(const drawing *d)
{
    qp_text_repeat(d->out, " ", d->label_width + 1);
    qp_text_add(d->out, "0 ");
    if (d->colour) qp_text_add(d->out, ink_on);
    for (int i = 0; i < SHADES; i++) qp_text_add(d->out, shade(d, i));
    if (d->colour) qp_text_add(d->out, ink_off);
    qp_text_format(d->out, " %.2f\n", (double)d->largest);
}

static void measure(drawing *d)
{
    size_t size = (size_t)d->rows->count * (size_t)d->columns->count;
    for (size_t i = 0; i < size; i++)
        if (d->weight[i] > d->largest) d->largest = d->weight[i];
    for (int r = 0; r < d->rows->count; r++) {
        int width = qp_label_width(d->rows->text[r]);
        if (width > d->label_width) d->label_width = width;
    }
    if (d->label_width > LABEL_MAX) d->label_width = LABEL_MAX;
    for (int c = 0; c < d->columns->count; c++)
        if (qp_label_length(d->columns->text[c]) > UPRIGHT_MAX) d->numbered = true;
}

qp_status qp_terminal_draw(const qp_picture *picture, qp_map_kind kind, int layer, int head,
                           const qp_terminal_style *style, char **text)
{
    float *weight;
    *text = NULL;
    QP_TRY(qp_picture_weights(picture, kind, layer, head, &weight));
    qp_text_buffer out = {0};
    drawing d = {.rows = &picture->side[kind].rows,
                 .columns = &picture->side[kind].columns,
                 .weight = weight,
                 .colour = style->colour,
                 .out = &out};
    measure(&d);
    int width = style->width > 0 ? style->width : 80;
    int cells = (width - d.label_width - 1) / CELL;
    if (cells < 1) cells = 1;
    char caption[160];
    draw_caption(qp_picture_caption(picture, kind, layer, head, caption, sizeof caption), width, &out);
    for (d.first = 0; d.first < d.columns->count; d.first += cells) {
        d.count = d.columns->count - d.first < cells ? d.columns->count - d.first : cells;
        qp_text_add(&out, "\n");
        draw_header(&d);
        for (int r = 0; r < d.rows->count; r++) draw_row(&d, r);
    }
    qp_text_add(&out, "\n");
    draw_legend(&d);
    if (d.numbered) draw_list(&d, width);
    free(weight);
    return qp_text_finish(&out, text, NULL);
}
