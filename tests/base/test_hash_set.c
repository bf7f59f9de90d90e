#include <criterion/criterion.h>

#include "lib/base/hash_set.h"

Test(hash_set, counts_across_growth)
{
    qp_hash_set set = {0};
    cr_expect_eq(qp_hash_set_get(&set, 7), 0, "an empty set knows nothing");
    for (uint64_t i = 1; i <= 5000; i++) cr_assert_eq(qp_hash_set_add(&set, i * 1024), QP_OK); /* all collide */
    for (uint64_t i = 1; i <= 5000; i += 2) cr_assert_eq(qp_hash_set_add(&set, i * 1024), QP_OK);
    cr_expect_eq(set.count, 5000);
    for (uint64_t i = 1; i <= 5000; i++) cr_expect_eq(qp_hash_set_get(&set, i * 1024), i % 2 ? 2 : 1);
    cr_expect_eq(qp_hash_set_get(&set, 5), 0);
    qp_hash_set_free(&set);
    cr_expect_null(set.slot);
}

Test(hash_set, text_hash_is_never_the_free_mark)
{
    cr_expect_neq(qp_hash_text("", 0), 0);
    cr_expect_neq(qp_hash_text("a", 1), qp_hash_text("b", 1));
    cr_expect_eq(qp_hash_text("ab", 1), qp_hash_text("ac", 1), "only the given bytes count");
}
