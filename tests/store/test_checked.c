#include <criterion/criterion.h>

#include "lib/store/checked.h"

Test(checked, sums_and_products_refuse_to_wrap)
{
    uint64_t result = 7;
    cr_assert(qp_checked_add(UINT64_MAX - 1, 1, &result) && result == UINT64_MAX);
    cr_assert_not(qp_checked_add(UINT64_MAX, 1, &result));
    cr_assert(qp_checked_multiply(1ull << 32, (1ull << 32) - 1, &result));
    cr_assert_eq(result, ((1ull << 32) - 1) << 32);
    cr_assert_not(qp_checked_multiply(1ull << 32, 1ull << 32, &result));
    cr_assert_eq(result, ((1ull << 32) - 1) << 32, "a refused product leaves the result alone");
}

Test(checked, shapes)
{
    uint64_t result;
    cr_assert(qp_checked_product(NULL, 0, &result) && result == 1);
    cr_assert(qp_checked_product((int64_t[]){3, 4, 5}, 3, &result) && result == 60);
    cr_assert(qp_checked_product((int64_t[]){3, 0, 5}, 3, &result) && result == 0);
    cr_assert_not(qp_checked_product((int64_t[]){3, -1}, 2, &result));
    cr_assert_not(qp_checked_product((int64_t[]){1ll << 40, 1ll << 40}, 2, &result));
    cr_assert_not(qp_checked_product((int64_t[]){0, 1ll << 40, 1ll << 40}, 3, &result));
}

Test(checked, narrowing)
{
    int number;
    cr_assert(qp_checked_int(5, 0, 5, &number) && number == 5);
    cr_assert_not(qp_checked_int(6, 0, 5, &number));
    cr_assert_not(qp_checked_int(-1, 0, 5, &number));
    size_t size;
    cr_assert(qp_checked_size(12, &size) && size == 12);
    cr_assert_not(qp_checked_size(UINT64_MAX, &size));
}

Test(checked, little_endian)
{
    unsigned char byte[9];
    qp_little_put_u64(byte + 1, 0x0102030405060708ull);
    cr_assert_eq(byte[1], 8);
    cr_assert_eq(qp_little_u64(byte + 1), 0x0102030405060708ull);
    cr_assert_eq(qp_little_u32(byte + 1), 0x05060708u);
}
