#ifndef QP_TESTS_ALLOCATIONS_H
#define QP_TESTS_ALLOCATIONS_H

/* allocations — how often this program has asked for memory. Counted by standing in front of the C library's own
 * functions; the sanitizers do that themselves, so under them nothing is counted. */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOCATIONS_COUNTED 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#undef ALLOCATIONS_COUNTED
#define ALLOCATIONS_COUNTED 0
#endif
#ifndef ALLOCATIONS_COUNTED
#define ALLOCATIONS_COUNTED 1
#endif

long allocations(void);

#endif
