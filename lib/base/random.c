#include "lib/base/random.h"

#include <math.h>

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t qp_random_key(uint64_t key, uint64_t word)
{
    return mix(mix(key + 0x9e3779b97f4a7c15u) ^ (word * 0xd1342543de82ef95u + 1));
}

uint64_t qp_random_bits(uint64_t key, uint64_t counter) { return mix(key + (counter + 1) * 0x9e3779b97f4a7c15u); }

double qp_random_uniform(uint64_t key, uint64_t counter)
{
    return (double)(qp_random_bits(key, counter) >> 11) * 0x1p-53;
}

double qp_random_normal(uint64_t key, uint64_t counter)
{
    double radius = sqrt(-2.0 * log(1.0 - qp_random_uniform(key, 2 * counter)));
    return radius * cos(6.283185307179586 * qp_random_uniform(key, 2 * counter + 1));
}

uint64_t qp_random_below(uint64_t key, uint64_t counter, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)qp_random_bits(key, counter) * bound) >> 64);
}

void qp_random_shuffle(uint64_t key, int32_t *index, int64_t count)
{
    for (int64_t last = count - 1; last > 0; last--) {
        int64_t other = (int64_t)qp_random_below(key, (uint64_t)last, (uint64_t)last + 1);
        int32_t kept = index[last];
        index[last] = index[other];
        index[other] = kept;
    }
}
