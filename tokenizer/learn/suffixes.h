#ifndef QP_SUFFIXES_H
#define QP_SUFFIXES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* suffixes — all suffixes of words in alphabetical order, looked at up to a longest length.
 * Source: multikey quicksort, Bentley & Sedgewick 1997. */
enum { QP_LONGEST_SUFFIX = 64 };

typedef struct {
    uint32_t *order; /* places, by the text that begins there */
    uint8_t *shared; /* shared[i]: characters that suffixes i-1 and i begin with in common */
    uint8_t *length; /* of suffix i, at most the longest */
    size_t count;
} qp_suffixes;

/* qp_suffixes_sort — code[0..count) holds words of code points, each ended by -1; places of -1 are left out.
 * longest <= QP_LONGEST_SUFFIX. Errors: QP_EMEMORY. */
qp_status qp_suffixes_sort(qp_suffixes *suffixes, const int32_t *code, size_t count, int longest);
void qp_suffixes_free(qp_suffixes *suffixes);

#endif
