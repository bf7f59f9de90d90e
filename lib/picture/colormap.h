#ifndef QP_COLORMAP_H
#define QP_COLORMAP_H

/* dye — the colours of the maps on light ground: from paper over orange and crimson to black violet, each darker than
 * the one before, so that they can be told apart without colour too. The page (page.js) has the same. */
typedef struct {
    unsigned char red, green, blue;
} qp_colour;

/* qp_colormap — the colour of a strength in [0, 1]; what is outside counts as the nearest end. */
qp_colour qp_colormap(double strength);

/* qp_colormap_is_dark — whether white writing is easier to read on it than black. */
int qp_colormap_is_dark(qp_colour colour);

#endif
