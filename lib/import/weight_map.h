#ifndef QP_WEIGHT_MAP_H
#define QP_WEIGHT_MAP_H

#include "lib/import/weight_source.h"
#include "lib/nn/params.h"

/* weight_map — which arrays of another project's model make which of our parameters, as a table: one row for each
 * parameter name of an architecture. In both names '#' is the number of a layer, or of an expert in it, and '+' the
 * same number counted from 1. If several rows name a parameter, the first whose array exists is used; weight_save.h
 * writes by the first. A name that begins with '/' never takes the prefix. "Theirs" is the array, "ours" the
 * parameter. */
#define QP_WEIGHT_RULES(X)                                                                                             \
    X(QP_WEIGHT_PLAIN)      /* the same layout */                                                                      \
    X(QP_WEIGHT_READ)       /* the same; another row writes it */                                                      \
    X(QP_WEIGHT_TWICE)      /* the same; written beside what another row writes, if shape.twice */                     \
    X(QP_WEIGHT_GATED)      /* the same, in models with gated feed-forward layers */                                   \
    X(QP_WEIGHT_ROW)        /* a vector here, [1, n] there */                                                          \
    X(QP_WEIGHT_TRANSPOSED) /* [in, out] where ours is [out, in]; of several, each */                                  \
    X(QP_WEIGHT_GROUPED)    /* rows by key/value head: its queries, its key, its value; ours: all q; all k; all v */   \
    X(QP_WEIGHT_PAIRS)      /* rotary pairs are rows 2i, 2i+1 of a head where ours are i, i + half of the rotated */   \
    X(QP_WEIGHT_ADD_ONE)    /* stored as w - 1 */                                                                      \
    X(QP_WEIGHT_POSITIONS)  /* the first rows, shape.skipped of them, are of no position */                            \
    X(QP_WEIGHT_FIRST_HALF) /* the first half of the rows */                                                           \
    X(QP_WEIGHT_SECOND_HALF)                                                                                           \
    X(QP_WEIGHT_LAST_ROW) /* one row, our last one; the rows before it are 0 */                                        \
    X(QP_WEIGHT_FEWER)    /* theirs may have fewer rows (of a vector: numbers): the others are shape.missing */        \
    X(QP_WEIGHT_ZEROS)    /* theirs is empty: zeros */                                                                 \
    X(QP_WEIGHT_ONES)                                                                                                  \
    X(QP_WEIGHT_UNUSED)   /* ours is NULL: an array that computes nothing */
#define QP_WEIGHT_RULE_ID(id) id,
typedef enum { QP_WEIGHT_RULES(QP_WEIGHT_RULE_ID) QP_WEIGHT_RULE_COUNT } qp_weight_rule;

/* theirs: the name, or several with '|' between them: their rows follow one another. */
typedef struct {
    const char *ours, *theirs;
    qp_weight_rule rule;
} qp_weight_map;

/* What the rules need to know of a model.
 * prefix: may precede each of their names; NULL: none. */
typedef struct {
    const char *prefix;
    int heads, kv_heads, head_width, rotated; /* rotated: columns of a head that rope turns */
    int skipped;                              /* rows before that of the first position */
    int unwritten;                            /* last rows of QP_WEIGHT_FEWER that are not written */
    bool gated;                               /* the feed-forward layers are */
    bool lacks;                               /* what a row with an empty name makes may have no array */
    bool twice;                               /* the output layer is not the embedding, and has its own bias */
    qp_real missing;                          /* of a bias; of a matrix 0 */
} qp_weight_shape;

/* qp_weights_load — allocates the parameters (qp_params_finish) and fills every one of them from the source. Shapes
 *   are checked before memory is taken.
 *   map     [maps] rows, tried in order; `tables` of them, so that architectures share rows
 * Memory  the parameters, and one copy of the largest array that is not copied unchanged.
 * Errors  QP_EDATA naming the array: it is missing, has another shape, or no row reads it; QP_EIO; QP_EMEMORY. */
typedef struct {
    const qp_weight_map *map;
    int maps;
} qp_weight_table;
qp_status qp_weights_load(const qp_weight_source *source, const qp_weight_table *table, int tables,
                          const qp_weight_shape *shape, qp_params *params);

/* qp_weights_have — whether the source has an array of this name, with or without the prefix. */
bool qp_weights_have(const qp_weight_source *source, const qp_weight_shape *shape, const char *name);

/* qp_weight_transpose — to [rows, columns] = from [columns, rows]'. */
void qp_weight_transpose(const qp_real *from, int rows, int columns, qp_real *to);

#endif
