#ifndef QP_COLORMAP_H
#define QP_COLORMAP_H

/* colormap — the colours of the maps on a light background: from paper through orange and crimson to dark violet, with
 * falling lightness, so that a map is readable in grey too. page.js has the same colours. */
typedef struct {
    unsigned char red, green, blue;
} qp_colour;

/* qp_colormap — the colour of a strength, clamped to [0, 1]. */
qp_colour qp_colormap(double strength);

#endif
