#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/memory.h"

Test(memory, is_no_more_than_the_machine_has)
{
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    cr_assert_gt(qp_memory_bytes(), (size_t)1 << 24);
    cr_assert_leq(qp_memory_bytes(), machine);
    cr_assert_eq(qp_memory_bytes(), qp_memory_bytes());
}

/* Blocks begin at a cache line, those of 2 MiB and more at a large page, and all of their bytes can be written. */
Test(memory, large_blocks)
{
    static const size_t bytes[] = {0, 1, 64, 65, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 5 << 20};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        char *block = qp_memory_large(bytes[i]);
        cr_assert_not_null(block, "%zu bytes", bytes[i]);
        cr_expect_eq((uintptr_t)block % (bytes[i] < 2 << 20 ? 64 : 2 << 20), 0, "%zu bytes", bytes[i]);
        memset(block, 1, bytes[i] + 1);
        free(block);
    }
    cr_expect_null(qp_memory_large(SIZE_MAX));
    cr_expect_null(qp_memory_large(SIZE_MAX / 2 + 1));
}
