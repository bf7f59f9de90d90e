#ifndef QP_SUFFIXES_H
#define QP_SUFFIXES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* suffixes — all suffixes of words in alphabetical order, compared up to a maximum length.
 * Source: multikey quicksort, Bentley & Sedgewick 1997. */
enum { QP_LONGEST_SUFFIX = 513 };

typedef struct {
    uint32_t *order; /* positions in code, sorted by the text that begins there */
    uint16_t *shared; /* shared[i]: length of the common prefix of suffixes i-1 and i */
    uint16_t *length; /* of suffix i, cut to `longest` */
    size_t count;
} qp_suffixes;

/* qp_suffixes_sort — code[0..count) is words of code points, each followed by -1, which begins no suffix.
 * longest <= QP_LONGEST_SUFFIX. Errors: QP_EMEMORY. */
qp_status qp_suffixes_sort(qp_suffixes *suffixes, const int32_t *code, size_t count, int longest);
void qp_suffixes_free(qp_suffixes *suffixes);

#endif
