#include "lib/picture/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/picture/colormap.h"
#include "lib/picture/label.h"
#include "lib/text/text_buffer.h"

/* Lengths in SVG's user units. The width of a letter is known only to the viewer; 7 per terminal column is enough for
 * letters of 12 units. */
enum { CELL = 24, COLUMN = 7, MARGIN = 20, GAP = 28, CAPTION = 22, LEGEND = 34, LABEL_COLUMNS = 24 };
enum { TITLE_COLUMN = 9, TITLE_LINE = 20, CAPTION_COLUMN = 6, LEGEND_WIDTH = 220 };

typedef struct {
    const qp_picture *picture;
    const qp_token_labels *rows, *columns;
    double left, top, overhang; /* space for labels: left of the cells, above them, and right of the last */
    double width, height;       /* of a panel with its labels and caption */
    double title;               /* height of the title */
    float largest;
    qp_text_buffer *out;
} drawing;

static int at_most(int value, int most) { return value < most ? value : most; }

static int widest(const qp_token_labels *labels)
{
    int width = 0;
    for (int i = 0; i < labels->count; i++) {
        int own = qp_label_width(labels->text[i]);
        if (own > width) width = own;
    }
    return at_most(width, LABEL_COLUMNS);
}

/* Column labels are written at 45 degrees. */
static double slanted(const char *label) { return at_most(qp_label_width(label), LABEL_COLUMNS) * COLUMN * 0.71; }

/* How far the column labels reach beyond the right edge of the last column. */
static double overhang(const qp_token_labels *columns)
{
    double most = 0;
    for (int i = 0; i < columns->count; i++)
        most = fmax(most, slanted(columns->text[i]) + 6 - (columns->count - i - 0.5) * CELL);
    return most;
}

static void measure(drawing *d)
{
    d->left = widest(d->rows) * COLUMN + 8;
    d->top = CAPTION + widest(d->columns) * COLUMN * 0.71 + 14;
    d->overhang = overhang(d->columns);
    d->width = d->left + d->columns->count * CELL + d->overhang;
    d->height = d->top + d->rows->count * CELL;
}

/* A label, its spaces faint. */
static void add_label(drawing *d, const char *label)
{
    qp_text_buffer fit = {0};
    char *text;
    qp_label_fit(&fit, label, LABEL_COLUMNS);
    if (qp_text_finish(&fit, &text, NULL) != QP_OK) {
        d->out->failed = true;
        return;
    }
    char *rest = text, *space;
    for (; (space = strstr(rest, QP_LABEL_SPACE)); rest = space + strlen(QP_LABEL_SPACE)) {
        *space = '\0';
        qp_text_add_html(d->out, rest);
        qp_text_add(d->out, "<tspan class='space'>" QP_LABEL_SPACE "</tspan>");
    }
    qp_text_add_html(d->out, rest);
    free(text);
}

static void draw_sides(drawing *d, double x, double y)
{
    for (int r = 0; r < d->rows->count; r++) {
        qp_text_format(d->out, "<text x='%.1f' y='%.1f' text-anchor='end'>", x + d->left - 6,
                       y + d->top + (r + 0.5) * CELL + 4);
        add_label(d, d->rows->text[r]);
        qp_text_add(d->out, "</text>\n");
    }
    for (int c = 0; c < d->columns->count; c++) {
        double at = x + d->left + (c + 0.5) * CELL, above = y + d->top - 6;
        qp_text_format(d->out, "<text transform='translate(%.1f %.1f) rotate(-45)'>", at, above);
        add_label(d, d->columns->text[c]);
        qp_text_add(d->out, "</text>\n");
    }
}

/* The image under a map, its pixels as large as cells of the map leave for them, and the map as a veil over it. */
static void draw_over_image(drawing *d, double x, double y, const float *weight)
{
    const qp_picture *p = d->picture;
    double wide = (double)d->columns->count * CELL / p->image_width;
    double high = (double)d->rows->count * CELL / p->image_height;
    qp_colour veil = qp_colormap(1);
    for (int r = 0; r < p->image_height; r++)
        for (int c = 0; c < p->image_width; c++) {
            int gray = p->image[(ptrdiff_t)r * p->image_width + c];
            qp_text_format(d->out, "<rect x='%.2f' y='%.2f' width='%.2f' height='%.2f' fill='#%02x%02x%02x'/>\n",
                           x + d->left + c * wide, y + d->top + r * high, wide, high, gray, gray, gray);
        }
    for (int r = 0; r < d->rows->count; r++)
        for (int c = 0; c < d->columns->count; c++) {
            double w = (double)weight[(size_t)r * (size_t)d->columns->count + (size_t)c];
            qp_text_format(d->out,
                           "<rect x='%.1f' y='%.1f' width='%d' height='%d' fill='#%02x%02x%02x' "
                           "fill-opacity='%.3f'><title>%.4f</title></rect>\n",
                           x + d->left + c * CELL, y + d->top + r * CELL, CELL, CELL, veil.red, veil.green, veil.blue,
                           d->largest > 0 ? 0.8 * w / (double)d->largest : 0, w);
        }
}

static void draw_cells(drawing *d, double x, double y, const float *weight)
{
    for (int r = 0; r < d->rows->count; r++)
        for (int c = 0; c < d->columns->count; c++) {
            double w = (double)weight[(size_t)r * (size_t)d->columns->count + (size_t)c];
            qp_colour colour = qp_colormap(d->largest > 0 ? w / (double)d->largest : 0);
            qp_text_format(
                d->out,
                "<rect x='%.1f' y='%.1f' width='%d' height='%d' fill='#%02x%02x%02x'><title>%.4f</title></rect>\n",
                x + d->left + c * CELL, y + d->top + r * CELL, CELL - 1, CELL - 1, colour.red, colour.green,
                colour.blue, w);
        }
}

static void draw_legend(drawing *d, double y)
{
    enum { STEPS = 40, STEP = 4 };
    qp_text_format(d->out, "<text x='%d' y='%.1f'>0</text>\n", MARGIN, y + 12);
    for (int i = 0; i < STEPS; i++) {
        qp_colour colour = qp_colormap((double)i / (STEPS - 1));
        qp_text_format(d->out, "<rect x='%d' y='%.1f' width='%d' height='12' fill='#%02x%02x%02x'/>\n",
                       MARGIN + 14 + i * STEP, y + 2, STEP, colour.red, colour.green, colour.blue);
    }
    qp_text_format(d->out, "<text x='%d' y='%.1f'>%.2f</text>\n", MARGIN + 20 + STEPS * STEP, y + 12,
                   (double)d->largest);
}

static qp_status draw_panels(drawing *d, const qp_panels *p)
{
    for (int i = 0; i < p->layers * p->heads; i++) {
        int layer = p->layer[i / p->heads], head = p->head[i % p->heads];
        double x = MARGIN + (i % p->heads) * (d->width + GAP),
               y = MARGIN + d->title + (i / p->heads) * (d->height + GAP);
        char caption[160];
        float *weight;
        QP_TRY(qp_picture_weights(d->picture, p->kind, layer, head, &weight));
        qp_text_format(d->out, "<text class='soft' x='%.1f' y='%.1f'>", x, y + 10);
        qp_text_add_html(d->out, qp_picture_caption(d->picture, p->kind, layer, head, caption, sizeof caption));
        qp_text_add(d->out, "</text>\n");
        draw_sides(d, x, y);
        if (d->picture->image && p->kind == QP_MAP_CROSS)
            draw_over_image(d, x, y, weight);
        else
            draw_cells(d, x, y, weight);
        free(weight);
    }
    return QP_OK;
}

static int widest_caption(const qp_picture *picture, const qp_panels *p)
{
    int width = 0;
    for (int i = 0; i < p->layers * p->heads; i++) {
        char text[160];
        int own = qp_label_width(
            qp_picture_caption(picture, p->kind, p->layer[i / p->heads], p->head[i % p->heads], text, sizeof text));
        if (own > width) width = own;
    }
    return width;
}

/* Where the first line of `columns` ends: at the end of the text, else after the last word or character that fits. */
static const char *line_end(const char *text, int columns)
{
    const char *at = text, *blank = NULL;
    int width, length, used = 0;
    while ((length = qp_label_next(at, &width)) > 0 && used + width <= columns) {
        if (*at == ' ') blank = at;
        used += width;
        at += length;
    }
    return *at && *at != ' ' && blank ? blank : at;
}

/* Writes the title in lines of at most `columns`; returns how many. out NULL: counts them only. */
static int draw_title(qp_text_buffer *out, const char *title, int columns)
{
    int lines = 0;
    for (; *title; lines++) {
        const char *end = line_end(title, columns);
        if (out) {
            char *line = strndup(title, (size_t)(end - title));
            if (!line) out->failed = true;
            qp_text_format(out, "<text class='title' x='%d' y='%d'>", MARGIN, MARGIN + 14 + lines * TITLE_LINE);
            if (line) qp_text_add_html(out, line);
            qp_text_add(out, "</text>\n");
            free(line);
        }
        for (title = end; *title == ' ';) title++;
    }
    return lines;
}

qp_status qp_svg_draw(const qp_picture *picture, const qp_panels *panels, char **text, size_t *bytes)
{
    qp_text_buffer out = {0};
    drawing d = {.picture = picture,
                 .rows = &picture->side[panels->kind].rows,
                 .columns = &picture->side[panels->kind].columns,
                 .out = &out};
    *text = NULL;
    measure(&d);
    QP_TRY(qp_panels_largest(picture, panels, &d.largest));
    d.width = fmax(d.width, widest_caption(picture, panels) * CAPTION_COLUMN);
    double width = 2 * MARGIN + panels->heads * d.width + (panels->heads - 1) * GAP;
    width = fmax(width, 2 * MARGIN + LEGEND_WIDTH);
    int columns = (int)(width - 2 * MARGIN) / TITLE_COLUMN;
    d.title = draw_title(NULL, picture->title, columns) * TITLE_LINE + 10;
    double height = 2 * MARGIN + d.title + panels->layers * d.height + (panels->layers - 1) * GAP + LEGEND;
    qp_text_format(
        &out,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%.0f' height='%.0f' viewBox='0 0 %.0f %.0f'>\n"
        "<style>text { font: 12px 'Noto Sans', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif; fill: #231c24 } "
        ".soft { fill: #7a6f78 } .space { fill: #b9aeb6 } .title { font-size: 16px; font-weight: bold }</style>\n"
        "<rect width='100%%' height='100%%' fill='#ffffff'/>\n",
        width, height, width, height);
    draw_title(&out, picture->title, columns);
    qp_status status = draw_panels(&d, panels);
    if (status != QP_OK) {
        qp_text_free(&out);
        return status;
    }
    draw_legend(&d, height - MARGIN - 16);
    qp_text_add(&out, "</svg>\n");
    return qp_text_finish(&out, text, bytes);
}
