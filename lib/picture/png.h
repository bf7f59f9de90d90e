#ifndef QP_PNG_H
#define QP_PNG_H

#include "lib/picture/picture.h"

/* qp_png_draw — the chosen maps as a PNG, with panels as in qp_svg_draw but without text (letters would need a font).
 * *content is malloc'ed.
 * Errors  QP_EUSAGE if a map is missing or the picture would have more than 2^28 pixels; QP_EMEMORY. */
qp_status qp_png_draw(const qp_picture *picture, const qp_panels *panels, char **content, size_t *bytes);

#endif
