#ifndef QP_TESTS_ALLOCATIONS_H
#define QP_TESTS_ALLOCATIONS_H

#include "tests/sanitized.h"

/* allocations — how often this program has asked for memory. Counted by standing in front of the C library's own
 * functions; the sanitizers do that themselves, so under them nothing is counted. */

#if defined(__GLIBC__) && !SANITIZED
#define ALLOCATIONS_COUNTED 1
#else
#define ALLOCATIONS_COUNTED 0
#endif

long allocations(void);

#endif
