#ifndef QP_OVERLAP_H
#define QP_OVERLAP_H

#include <stdint.h>

#include "lib/metric/segment.h"

/* overlap — how many n-grams two lists of symbols have in common.
 * The positions of a list are sorted once by the symbols that follow; equal n-grams of every order are then adjacent,
 * and each order is counted in one pass over both lists. */
typedef struct {
    const int32_t *symbol; /* borrowed */
    int32_t *place;        /* sorted */
    int count;
} qp_overlap_index;

/* qp_overlap_index_make — sorts the positions of `symbols` by their first `order` symbols.  Errors  QP_EMEMORY. */
qp_status qp_overlap_index_make(const qp_symbols *symbols, int order, qp_overlap_index *index);
void qp_overlap_index_free(qp_overlap_index *index);

/* qp_overlap_places — n-grams of order n in `count` symbols. */
static inline int64_t qp_overlap_places(int count, int n) { return count >= n ? count - n + 1 : 0; }

enum { QP_REFERENCES_MAX = 64 };

/* qp_overlap — sum over the different n-grams g of the hypothesis of min(count of g, largest count of g in a
 * reference). n at most the order of the indices, references at most QP_REFERENCES_MAX. */
int64_t qp_overlap(const qp_overlap_index *hypothesis, const qp_overlap_index *reference, int references, int n);

#endif
