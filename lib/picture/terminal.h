#ifndef QP_TERMINAL_H
#define QP_TERMINAL_H

#include "lib/picture/picture.h"

/* terminal — a heat map in a UTF-8 terminal: one line a row token, one cell two columns wide a column token. */
typedef struct {
    int width;   /* columns of the terminal; 0: 80. Maps wider than that are cut into bands, one below another */
    bool colour; /* 256-colour backgrounds; otherwise the blocks ░▒▓█ */
} qp_terminal_style;

/* qp_terminal_draw — one map (layer, head: number from 0, QP_OVER_MEAN or QP_OVER_MAX) as text with caption, labels and
 * legend; *text is malloc'ed. Shades are relative to the map's largest weight. Column labels stand upright; if one is
 * too long for that they are numbered and listed below. Wide East Asian characters keep the columns aligned.
 * Errors  QP_EUSAGE if there is no such map; QP_EMEMORY. */
qp_status qp_terminal_draw(const qp_picture *picture, qp_map_kind kind, int layer, int head,
                           const qp_terminal_style *style, char **text);

#endif
