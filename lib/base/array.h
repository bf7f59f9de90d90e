#ifndef QP_ARRAY_H
#define QP_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* array — growing arrays, doubled when full. A failed growth leaves the array unchanged; the caller frees it once. */

/* qp_grown — the array `old` with room for at least `needed` elements; *capacity is updated. NULL: no memory. */
static inline void *qp_grown(void *old, size_t *capacity, size_t needed, size_t element_bytes)
{
    size_t wanted = *capacity < 16 ? 16 : *capacity;
    while (wanted < needed) {
        if (wanted > SIZE_MAX / 2 / element_bytes) return NULL;
        wanted *= 2;
    }
    void *grown = realloc(old, wanted * element_bytes);
    if (grown) *capacity = wanted;
    return grown;
}

/* QP_GROW — make room in `array` for `needed` elements; false when memory is exhausted. */
#define QP_GROW(array, capacity, needed)                                                                               \
    ((needed) <= (capacity) || ({                                                                                      \
         void *qp_grown_ = qp_grown((array), &(capacity), (needed), sizeof *(array));                                  \
         if (qp_grown_) (array) = qp_grown_;                                                                           \
         qp_grown_ != NULL;                                                                                            \
     }))

#endif
