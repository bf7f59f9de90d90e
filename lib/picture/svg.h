#ifndef QP_SVG_H
#define QP_SVG_H

#include "lib/picture/picture.h"

/* qp_svg_draw — the chosen maps as one SVG: labelled panels, one row per layer, one column per head, and a
 * legend. All panels have the same scale: 0 to their largest weight. *text is malloc'ed.
 * Errors  QP_EUSAGE if a map is missing; QP_EMEMORY. */
qp_status qp_svg_draw(const qp_picture *picture, const qp_panels *panels, char **text, size_t *bytes);

#endif
