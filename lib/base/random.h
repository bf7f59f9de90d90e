#ifndef QP_RANDOM_H
#define QP_RANDOM_H

#include <stdint.h>

/* random — counter-based random numbers: a value is a pure function of (key, counter).
 *
 * Generators have no state, so nothing has to be saved to resume, and no result depends on the order of threads.
 * A key is derived from the run's seed and what identifies the use: qp_random_key(seed, purpose, step...). */

/* qp_random_key — a new key from a key and one more word (step, operation, epoch...). */
uint64_t qp_random_key(uint64_t key, uint64_t word);

/* qp_random_bits — 64 random bits number `counter` of `key` (SplitMix64 finaliser over a Weyl sequence;
 * Steele, Lea & Flood 2014). */
uint64_t qp_random_bits(uint64_t key, uint64_t counter);

/* qp_random_uniform — in [0, 1), 53 bits.     qp_random_normal — mean 0, variance 1 (Box & Muller 1958). */
double qp_random_uniform(uint64_t key, uint64_t counter);
double qp_random_normal(uint64_t key, uint64_t counter);

/* qp_random_below — an integer in [0, bound), bound > 0, with negligible bias (bound < 2^32). */
uint64_t qp_random_below(uint64_t key, uint64_t counter, uint64_t bound);

/* qp_random_shuffle — Fisher–Yates over `count` indices in place. */
void qp_random_shuffle(uint64_t key, int32_t *index, int64_t count);

#endif
