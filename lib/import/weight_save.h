#ifndef QP_WEIGHT_SAVE_H
#define QP_WEIGHT_SAVE_H

#include "lib/import/weight_map.h"
#include "lib/import/weight_names.h"

/* weight_save — our parameters as the arrays of another project's model, by the rows that read them (weight_map.h). */
typedef struct {
    char name[QP_WEIGHT_NAME_BYTES];
    int dimensions;
    int64_t shape[2];
    const qp_real *value; /* of the parameters, or `made` */
    qp_real *made;        /* a copy in their layout, or NULL */
} qp_weight_written;

typedef struct {
    qp_weight_written *array;
    size_t count, room;
    const char *without; /* the first parameter that no row writes, or NULL */
} qp_weight_list;

/* qp_weight_list_make — one array for each part of each parameter; zero *list before. A parameter of
 *   three parts is cut into queries, keys and values (kv_heads, head_width of `shape`), one of two parts in half.
 *   Positions begin after shape->skipped rows of 0.
 *   names  only names and shapes, no values
 * Memory  copies of the arrays that have another layout; the others are borrowed from `params`.
 * Errors  QP_EMEMORY; QP_EDATA: a name that is too long; QP_EBUG: a rule that only reads. Free the list in any case.
 * qp_weight_list_add — one more; the list owns array->made, in any case.   Errors  QP_EMEMORY.
 * qp_weight_list_source — names and shapes of the list, which must outlive it; nothing can be read from it. */
qp_status qp_weight_list_make(qp_params *params, const qp_weight_table *table, int tables,
                              const qp_weight_shape *shape, bool names, qp_weight_list *list);
qp_status qp_weight_list_add(qp_weight_list *list, const qp_weight_written *array);
qp_weight_source qp_weight_list_source(const qp_weight_list *list, const char *place);
void qp_weight_list_free(qp_weight_list *list);

#endif
