#ifndef QP_VIEW_H
#define QP_VIEW_H

#include <stddef.h>
#include <stdint.h>

/* view — borrowed text, and a growing list of ids. The only types of their kind in the tree. */

/* qp_text — text[0 .. bytes), borrowed; it may hold NUL and need not end in one. */
typedef struct {
    const char *text;
    size_t bytes;
} qp_text;

/* qp_id_list — ids that grow with QP_GROW (array.h). An all-zero struct is an empty list; free(list.id) when done. */
typedef struct {
    int32_t *id;
    size_t count, capacity;
} qp_id_list;

#endif
