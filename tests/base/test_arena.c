#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"

Test(arena, aligned_and_bounded)
{
    qp_arena arena;
    cr_assert(qp_arena_init(&arena, 1 << 21));
    char *first = qp_arena_take(&arena, 1), *second = qp_arena_take(&arena, 65), *empty = qp_arena_take(&arena, 0);
    cr_assert((uintptr_t)first % 64 == 0 && (uintptr_t)second % 64 == 0);
    cr_assert(second >= first + 64 && empty >= second + 65);
    cr_assert_null(qp_arena_take(&arena, 1 << 21));
    cr_assert_null(qp_arena_take(&arena, SIZE_MAX));
    cr_assert_null(qp_arena_take(&arena, SIZE_MAX - 63));
    char *rest = qp_arena_take(&arena, arena.reserved_bytes - arena.used_bytes);
    cr_assert_not_null(rest);
    memset(rest, 1, (size_t)(arena.base + arena.reserved_bytes - rest));
    cr_assert_null(qp_arena_take(&arena, 1));
    qp_arena_free(&arena);
    qp_arena_free(&arena);
}

Test(arena, mark_and_rewind)
{
    qp_arena arena;
    cr_assert(qp_arena_init(&arena, 0));
    qp_arena_take(&arena, 100);
    size_t mark = qp_arena_mark(&arena);
    char *before = qp_arena_take(&arena, 1000);
    size_t peak = arena.peak_bytes;
    qp_arena_rewind(&arena, mark);
    cr_assert_eq(qp_arena_take(&arena, 10), before);
    cr_assert_eq(arena.peak_bytes, peak);
    qp_arena_free(&arena);
}
