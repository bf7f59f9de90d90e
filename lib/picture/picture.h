#ifndef QP_PICTURE_H
#define QP_PICTURE_H

#include "lib/base/status.h"
#include "lib/model/model.h"

/* picture — the attention maps of one sentence with the tokens along their sides, independent of how they are drawn
 * (html.h, terminal.h, svg.h). Weights are in [0, 1]; rows are queries, columns are keys. */

enum { QP_MAP_KINDS = 3 };

/* In place of the number of a head or layer. */
enum { QP_OVER_MEAN = -1, QP_OVER_MAX = -2 };

typedef struct {
    char **text; /* printable, see qp_label_clean */
    int count;
} qp_token_labels;

typedef struct {
    qp_map_kind kind;
    int layer, head; /* from 0 */
    float *weight;   /* [rows, columns] of the kind's labels */
} qp_picture_map;

typedef struct {
    char *title;
    struct {
        qp_token_labels rows, columns;
        int layers, heads; /* one more than the highest added; 0: no map of this kind */
    } side[QP_MAP_KINDS];
    qp_picture_map *map; /* in the order added */
    int maps;
    size_t capacity;
    uint8_t *image; /* [image_height, image_width] gray, which the cells of the cross maps divide evenly; or NULL */
    int image_height, image_width;
} qp_picture;

/* qp_picture_init  — an empty picture; title may be NULL.
 * qp_picture_title — changes the title.
 * qp_picture_free  — frees everything in it. */
qp_status qp_picture_init(qp_picture *picture, const char *title);
qp_status qp_picture_title(qp_picture *picture, const char *title);
void qp_picture_free(qp_picture *picture);

/* qp_picture_label — the tokens along both sides of one kind's maps; copied and cleaned; to be called before its first
 * map is added. The row of a cross or decoder map is best labelled with the token produced there, the column of a
 * decoder map with the token read there (BOS first). */
qp_status qp_picture_label(qp_picture *picture, qp_map_kind kind, const char *const *row, int rows,
                           const char *const *column, int columns);

/* qp_picture_add      — one head's map, [rows, columns] of the kind's labels; copied and clamped to [0, 1], NaN is 0.
 * qp_picture_add_maps — all maps of a forward pass over ONE sequence; QP_ESHAPE if they do not match the labels.
 * Errors  QP_ESHAPE, QP_EMEMORY. */
qp_status qp_picture_add(qp_picture *picture, qp_map_kind kind, int layer, int head, const float *weight);
qp_status qp_picture_add_maps(qp_picture *picture, const qp_model_maps *maps);

/* qp_picture_find    — one map, NULL if there is none.
 * qp_picture_weights — a map [rows, columns]: a head of a layer, or the mean or maximum (QP_OVER_MEAN, QP_OVER_MAX)
 *                      over the heads of each layer, then over the layers; *weight is malloc'ed.
 * Errors  QP_EUSAGE for a map that does not exist, listing those that do; QP_EMEMORY. */
const qp_picture_map *qp_picture_find(const qp_picture *picture, qp_map_kind kind, int layer, int head);
qp_status qp_picture_weights(const qp_picture *picture, qp_map_kind kind, int layer, int head, float **weight);

/* A choice of maps to draw in rows and columns of panels: every layer of the list with every head of the list. */
enum { QP_PANELS_MAX = 128 };
typedef struct {
    qp_map_kind kind;
    int layer[QP_PANELS_MAX], head[QP_PANELS_MAX]; /* numbers from 0, QP_OVER_MEAN, QP_OVER_MAX */
    int layers, heads;
} qp_panels;

/* qp_panels_choose — `layer` and `head` as users write them: a number from 1, mean, max, all, or (layer only) last.
 * Errors  QP_EUSAGE, listing the valid ones. */
qp_status qp_panels_choose(const qp_picture *picture, qp_map_kind kind, const char *layer, const char *head,
                           qp_panels *panels);

/* qp_panels_largest — the largest weight of all chosen maps: the maximum of their common scale. */
qp_status qp_panels_largest(const qp_picture *picture, const qp_panels *panels, float *largest);

/* qp_map_kind_name — "encoder", "decoder", "cross". */
const char *qp_map_kind_name(qp_map_kind kind);

/* qp_picture_caption — "cross attention, layer 2, mean of 8 heads"; returns `text`. Numbers are from 1. */
const char *qp_picture_caption(const qp_picture *picture, qp_map_kind kind, int layer, int head, char *text,
                               size_t bytes);

#endif
