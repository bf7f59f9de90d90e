#ifndef QP_CHECKED_H
#define QP_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* checked — arithmetic on numbers read from a file. Such numbers are never added, multiplied or narrowed by a bare
 * operator. Every function here returns false on overflow and then leaves *result unchanged. */

static inline bool qp_checked_add(uint64_t a, uint64_t b, uint64_t *result)
{
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return false;
    *result = sum;
    return true;
}

static inline bool qp_checked_multiply(uint64_t a, uint64_t b, uint64_t *result)
{
    uint64_t product;
    if (__builtin_mul_overflow(a, b, &product)) return false;
    *result = product;
    return true;
}

/* qp_checked_product — elements of a shape; 1 for no dimensions (a scalar). False if a dimension is negative or the
 * product does not fit. A zero dimension means 0 elements, but the product of the others must still fit. */
bool qp_checked_product(const int64_t *dimension, int count, uint64_t *result);

/* qp_checked_int, qp_checked_size — converts to a narrower type. */
bool qp_checked_int(int64_t value, int low, int high, int *result);
bool qp_checked_size(uint64_t value, size_t *result);

/* Little-endian numbers at any alignment. */
uint32_t qp_little_u32(const unsigned char *byte);
uint64_t qp_little_u64(const unsigned char *byte);
void qp_little_put_u64(unsigned char *byte, uint64_t value);

#endif
