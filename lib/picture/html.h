#ifndef QP_HTML_H
#define QP_HTML_H

#include "lib/picture/picture.h"

/* html — all maps of a picture as one self-contained page: no network, no other file. The reader chooses kind, layer
 * and head (or mean, maximum), sees the weight under the pointer, and can show the map as lines between the tokens;
 * there is a light and a dark theme. */

/* qp_html_draw — the page; *text is malloc'ed and NUL-terminated; *bytes (may be NULL) receives its length.
 * Weights are stored as 16-bit fractions (steps of 1/65535) in base64: 2.7 bytes per weight.
 * Tokens and title are data of the page, never part of its markup; a content security policy forbids the rest.
 * Errors  QP_EUSAGE if there is no map; QP_EMEMORY. */
qp_status qp_html_draw(const qp_picture *picture, char **text, size_t *bytes);

/* qp_json_draw — the same data as plain JSON: {"title", "kinds": [{"name", "rows": [..], "columns": [..],
 * "maps": [{"layer", "head", "weights": [[..]]}]}]}, layers and heads counted from 0. */
qp_status qp_json_draw(const qp_picture *picture, char **text, size_t *bytes);

#endif
