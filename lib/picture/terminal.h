#ifndef QP_TERMINAL_H
#define QP_TERMINAL_H

#include "lib/picture/picture.h"

/* terminal — a heat map for a UTF-8 terminal: one line per row token, one cell two columns wide per column token.
 *
 * The larger a weight, the more of its cell is inked, on dark and on light backgrounds alike: a weight of 0 shows the
 * background, and the one color has contrast to black and to white. Only characters that are one column wide in every
 * terminal are used: ░, and ASCII without color. */
typedef struct {
    int width;   /* columns of the terminal; 0: 80. Wider maps are split into bands, one below the other */
    bool colour; /* ink in color, spaces of labels faint; otherwise the characters .:*# and no escape sequences */
} qp_terminal_style;

/* qp_terminal_draw — one map (layer, head: number from 0, QP_OVER_MEAN or QP_OVER_MAX) as text with caption, labels and
 * legend (a caption wider than the terminal takes several lines); *text is malloc'ed. Shades are relative to the map's
 * largest weight. Column labels are vertical; if one is too long for that, they are numbered and listed below. Wide
 * East Asian characters keep the columns aligned.
 * Errors  QP_EUSAGE if there is no such map; QP_EMEMORY. */
qp_status qp_terminal_draw(const qp_picture *picture, qp_map_kind kind, int layer, int head,
                           const qp_terminal_style *style, char **text);

#endif
