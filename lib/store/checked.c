#include "lib/store/checked.h"

bool qp_checked_product(const int64_t *dimension, int count, uint64_t *result)
{
    uint64_t product = 1;
    bool empty = false;
    for (int i = 0; i < count; i++) {
        if (dimension[i] < 0) return false;
        if (dimension[i] == 0)
            empty = true;
        else if (!qp_checked_multiply(product, (uint64_t)dimension[i], &product))
            return false;
    }
    *result = empty ? 0 : product;
    return true;
}

bool qp_checked_int(int64_t value, int low, int high, int *result)
{
    if (value < low || value > high) return false;
    *result = (int)value;
    return true;
}

bool qp_checked_size(uint64_t value, size_t *result)
{
    if (value > SIZE_MAX / 2) return false; /* also keeps pointer differences representable */
    *result = (size_t)value;
    return true;
}

uint32_t qp_little_u32(const unsigned char *byte)
{
    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

uint64_t qp_little_u64(const unsigned char *byte)
{
    return (uint64_t)qp_little_u32(byte) | (uint64_t)qp_little_u32(byte + 4) << 32;
}

void qp_little_put_u64(unsigned char *byte, uint64_t value)
{
    for (int i = 0; i < 8; i++) byte[i] = (unsigned char)(value >> (8 * i));
}
