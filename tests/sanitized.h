#ifndef QP_TESTS_SANITIZED_H
#define QP_TESTS_SANITIZED_H

/* sanitized — SANITIZED is 1 in a build with the address or thread sanitizer, else 0. They count allocations
 * themselves, and what takes half a minute takes many minutes under them. */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
