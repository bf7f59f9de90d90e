#include <criterion/criterion.h>

#include "lib/base/heap.h"

typedef struct {
    int count, name;
} thing;

/* Larger counts first, then what `rank` says of the names. */
static bool goes_before(const int *rank, const thing *a, const thing *b)
{
    return a->count != b->count ? a->count > b->count : rank[a->name] < rank[b->name];
}

QP_HEAP(things, thing, const int *, goes_before)
QP_HEAP(ranks, uint64_t, const void *, qp_smaller_first)

Test(heap, gives_its_entries_in_order_whatever_order_they_came_in)
{
    enum { ENTRIES = 300 };
    uint64_t heap[ENTRIES], last;
    size_t count = 0;
    for (uint64_t i = 0; i < ENTRIES; i++) {
        ranks_push(heap, &count, i * 7919 % 100, NULL);
        if (i % 3 == 2) ranks_pop(heap, &count, NULL);
    }
    cr_assert_eq(count, ENTRIES - ENTRIES / 3);
    for (last = 0; count > 0;) {
        uint64_t next = ranks_pop(heap, &count, NULL);
        cr_assert_leq(last, next);
        last = next;
    }
}

Test(heap, breaks_ties_by_its_context)
{
    const int rank[] = {2, 0, 1};
    thing heap[4];
    size_t count = 0;
    things_push(heap, &count, (thing){5, 0}, rank);
    things_push(heap, &count, (thing){5, 1}, rank);
    things_push(heap, &count, (thing){9, 0}, rank);
    things_push(heap, &count, (thing){5, 2}, rank);
    const thing expected[] = {{9, 0}, {5, 1}, {5, 2}, {5, 0}};
    for (size_t i = 0; i < 4; i++) {
        thing next = things_pop(heap, &count, rank);
        cr_assert(next.count == expected[i].count && next.name == expected[i].name, "place %zu", i);
    }
    cr_assert_eq(count, 0);
}
