#include <criterion/criterion.h>
#include <stdint.h>
#include <unistd.h>

#include "lib/base/memory.h"

Test(memory, is_no_more_than_the_machine_has)
{
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    cr_assert_gt(qp_memory_bytes(), (size_t)1 << 24);
    cr_assert_leq(qp_memory_bytes(), machine);
    cr_assert_eq(qp_memory_bytes(), qp_memory_bytes());
}
