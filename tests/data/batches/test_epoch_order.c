#include <criterion/criterion.h>
#include <string.h>

#include "data/batches/epoch_order.h"

enum { SEQUENCES = 1000 };

/* Groups of 700, 280 and 20 sequences, mixed. */
static int32_t group_of(int i) { return i % 50 == 7 ? 2 : i % 10 < 7 ? 0 : 1; }

typedef struct {
    int64_t count;
    int times[SEQUENCES], of_group[3];
} pass;

static pass draw(qp_epoch_order *order, int64_t epoch, const int32_t *group)
{
    static int32_t number[SEQUENCES];
    pass p = {.count = qp_epoch_order_draw(order, 5 + (uint64_t)epoch, epoch, number)};
    for (int64_t i = 0; i < p.count; i++) {
        p.times[number[i]]++;
        p.of_group[group[number[i]]]++;
    }
    return p;
}

Test(epoch_order, groups_have_their_shares)
{
    int32_t group[SEQUENCES];
    const double share[] = {1, 2, 1};
    for (int i = 0; i < SEQUENCES; i++) group[i] = group_of(i);
    qp_epoch_order *order;
    qp_epoch_order_options options = {.sequences = SEQUENCES, .group = group, .groups = 3, .share = share};
    cr_assert_eq(qp_epoch_order_new(&options, NULL, &order), QP_OK);
    pass first = draw(order, 0, group), second = draw(order, 1, group), again = draw(order, 0, group);
    cr_expect_eq(first.count, SEQUENCES);
    cr_expect(first.of_group[0] == 250 && first.of_group[1] == 500 && first.of_group[2] == 250);
    for (int i = 0; i < SEQUENCES; i++) { /* a large group in part, a small one evenly again and again */
        int low = group[i] == 0 ? 0 : group[i] == 1 ? 1 : 12, high = low + 1;
        cr_expect(first.times[i] >= low && first.times[i] <= high, "%d: %d times", i, first.times[i]);
    }
    cr_expect_neq(memcmp(first.times, second.times, sizeof first.times), 0, "another part in each pass");
    cr_expect_eq(memcmp(first.times, again.times, sizeof first.times), 0, "a pass is a function of key and number");
    qp_epoch_order_free(order);
}

/* A group without sequences takes nothing from the others. */
Test(epoch_order, empty_groups)
{
    int32_t group[SEQUENCES];
    const double share[] = {1, 5, 1};
    for (int i = 0; i < SEQUENCES; i++) group[i] = i < 100 ? 0 : 2;
    qp_epoch_order *order;
    qp_epoch_order_options options = {.sequences = SEQUENCES, .group = group, .groups = 3, .share = share};
    cr_assert_eq(qp_epoch_order_new(&options, NULL, &order), QP_OK);
    pass p = draw(order, 0, group);
    cr_expect(p.of_group[0] == 500 && p.of_group[1] == 0 && p.of_group[2] == 500);
    qp_epoch_order_free(order);
}

Test(epoch_order, the_shortest_come_first)
{
    static int32_t rank[SEQUENCES], none[SEQUENCES];
    for (int i = 0; i < SEQUENCES; i++) rank[i] = (i * 7) % SEQUENCES;
    qp_epoch_order *order;
    qp_epoch_order_options options = {.sequences = SEQUENCES, .curriculum = 3};
    cr_assert_eq(qp_epoch_order_new(&options, rank, &order), QP_OK);
    for (int epoch = 0; epoch < 5; epoch++) {
        int64_t reach = epoch < 3 ? SEQUENCES / 4 * (epoch + 1) : SEQUENCES;
        pass p = draw(order, epoch, none);
        cr_expect_eq(p.count, reach);
        for (int i = 0; i < SEQUENCES; i++) cr_expect_eq(p.times[i], rank[i] < reach, "pass %d, %d", epoch, i);
    }
    qp_epoch_order_free(order);
}

/* Both: the groups share what the pass reaches. */
Test(epoch_order, groups_and_curriculum)
{
    int32_t group[SEQUENCES], rank[SEQUENCES];
    const double share[] = {1, 1, 2};
    for (int i = 0; i < SEQUENCES; i++) {
        group[i] = group_of(i);
        rank[i] = i;
    }
    qp_epoch_order *order;
    qp_epoch_order_options options = {
        .sequences = SEQUENCES, .group = group, .groups = 3, .share = share, .curriculum = 1};
    cr_assert_eq(qp_epoch_order_new(&options, rank, &order), QP_OK);
    pass p = draw(order, 0, group);
    cr_expect(p.count == 500 && p.of_group[0] == 125 && p.of_group[1] == 125 && p.of_group[2] == 250);
    for (int i = 500; i < SEQUENCES; i++) cr_expect_eq(p.times[i], 0);
    qp_epoch_order_free(order);
}
