#ifndef QP_HEAP_H
#define QP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* QP_HEAP — binary heap over a plain array: defines, for elements of one type,
 *   void    name_push(element *heap, size_t *count, element entry, context self)   heap has room for one more
 *   element name_pop(element *heap, size_t *count, context self)                   *count > 0; the first of all
 * name     begins the names of the two functions
 * element  type of an entry
 * context  type of what the order depends on, handed through
 * before   bool before(context self, const element *a, const element *b): a leaves before b
 * Of equals any may leave first: `before` has to order all that differ. Time log n each. Memory: the caller's array.
 * Source: Williams 1964. */
#define QP_HEAP(name, element, context, before)                                                                        \
    static inline void name##_push(element *heap, size_t *count, element entry, context self)                          \
    {                                                                                                                  \
        size_t at = (*count)++;                                                                                        \
        for (; at > 0 && before(self, &entry, &heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];  \
        heap[at] = entry;                                                                                              \
    }                                                                                                                  \
    static inline element name##_pop(element *heap, size_t *count, context self)                                       \
    {                                                                                                                  \
        element top = heap[0], last = heap[--*count];                                                                  \
        size_t at = 0;                                                                                                 \
        for (size_t child; (child = 2 * at + 1) < *count; at = child) {                                                \
            if (child + 1 < *count && before(self, &heap[child + 1], &heap[child])) child++;                           \
            if (!before(self, &heap[child], &last)) break;                                                             \
            heap[at] = heap[child];                                                                                    \
        }                                                                                                              \
        if (*count) heap[at] = last;                                                                                   \
        return top;                                                                                                    \
    }

/* qp_smaller_first — the order of a heap of numbers; it depends on nothing else. */
static inline bool qp_smaller_first(const void *nothing, const uint64_t *a, const uint64_t *b)
{
    (void)nothing;
    return *a < *b;
}

#endif
