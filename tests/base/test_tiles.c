#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/base/tiles.h"

enum { TILES = 1000, MOST = 8 };

typedef struct {
    int ran[TILES];
    atomic_int at_once[MOST]; /* tiles that a worker runs at the moment */
    int rounds, threads;
    double nanoseconds;
    bool inner;
} board;

/* Tiles of a tile. */
static void inner_tile(void *self, int tile, int worker)
{
    atomic_int *sum = self;
    cr_assert(worker >= 0 && worker < qp_team_size());
    atomic_fetch_add(sum, tile);
}

static void count_tile(void *self, int tile, int worker)
{
    board *b = self;
    cr_assert(worker >= 0 && worker < qp_team_size());
    cr_assert_eq(atomic_fetch_add(&b->at_once[worker], 1), 0, "a worker runs one tile at a time");
    b->ran[tile]++;
    atomic_int sum = 0;
    if (b->inner) qp_tiles_run(&(qp_tiles){&sum, inner_tile, 5, 1e9});
    cr_assert_eq(sum, b->inner ? 10 : 0);
    atomic_fetch_sub(&b->at_once[worker], 1);
}

static void share_tiles(void *self, int worker)
{
    board *b = self;
    cr_assert_eq(qp_team_size(), b->threads);
    if (worker > 0) return;
    for (int i = 0; i < b->rounds; i++) qp_tiles_run(&(qp_tiles){b, count_tile, TILES, b->nanoseconds});
}

Test(tiles, every_tile_runs_once_whatever_the_threads)
{
    for (int threads = 1; threads <= 7; threads++)
        for (int inner = 0; inner < 2; inner++) {
            board b = {.rounds = inner ? 3 : 50, .threads = threads, .nanoseconds = 1e9, .inner = inner};
            qp_team_run(threads, &(qp_team_work){&b, share_tiles});
            for (int i = 0; i < TILES; i++) cr_assert_eq(b.ran[i], b.rounds, "tile %d of %d threads", i, threads);
        }
    cr_assert_eq(qp_team_size(), 1);
}

Test(tiles, little_work_runs_in_order_on_the_calling_thread)
{
    board b = {.rounds = 20, .threads = 3, .nanoseconds = QP_TILES_LEAST - 1};
    qp_team_run(3, &(qp_team_work){&b, share_tiles});
    for (int i = 0; i < TILES; i++) cr_assert_eq(b.ran[i], b.rounds);
    memset(b.ran, 0, sizeof b.ran);
    qp_tiles_run(&(qp_tiles){&b, count_tile, TILES, 1e9}); /* outside of a team */
    for (int i = 0; i < TILES; i++) cr_assert_eq(b.ran[i], 1);
}

/* Two workers share operations of their own at the same time. */
/* Workers 0 and 1 share operations of their own at the same time. */
static void add_both(void *self, int worker)
{
    atomic_int *sum = self;
    for (int i = 0; i < 50 && worker < 2; i++) qp_tiles_run(&(qp_tiles){&sum[worker], inner_tile, TILES, 1e9});
}

Test(tiles, several_workers_share_at_the_same_time)
{
    for (int threads = 2; threads <= 7; threads++) {
        atomic_int sum[2] = {0};
        qp_team_run(threads, &(qp_team_work){sum, add_both});
        cr_assert_eq(sum[0], 50 * TILES * (TILES - 1) / 2);
        cr_assert_eq(sum[1], 50 * TILES * (TILES - 1) / 2);
    }
}

static void count_items(void *self, size_t first, size_t end)
{
    board *b = self;
    cr_assert(first == 0 || first % 64 == 0);
    for (size_t i = first; i < end; i++) b->ran[i]++;
}

static void share_range(void *self, int worker)
{
    board *b = self;
    for (int i = 0; i < 50 && worker == 0; i++) qp_range_run(&(qp_range){b, count_items, TILES, b->nanoseconds});
}

Test(tiles, every_item_of_a_range_runs_once)
{
    for (int threads = 1; threads <= 7; threads++) {
        board b = {.nanoseconds = threads == 7 ? 1 : 100};
        qp_team_run(threads, &(qp_team_work){&b, share_range});
        for (int i = 0; i < TILES; i++) cr_assert_eq(b.ran[i], 50);
    }
}

typedef struct {
    int notes, next, operations;
    double seconds;
} notes;

static void note(void *self, int tile, double seconds)
{
    notes *n = self;
    cr_assert(seconds >= 0);
    if (tile < 0) n->next = 0;
    if (tile >= 0) cr_assert_eq(tile, n->next++);
    if (tile == 0) n->operations++;
    n->seconds += seconds;
    n->notes++;
}

Test(tiles, a_recorder_notes_every_shared_tile_in_order)
{
    board b = {.rounds = 3, .threads = 9, .nanoseconds = 1e9, .inner = true};
    notes n = {0};
    qp_tiles_record(&(qp_tiles_recorder){9, &n, note});
    cr_assert_eq(qp_team_idle(), 8);
    share_tiles(&b, 0);
    b.nanoseconds = 1;
    b.inner = false;
    share_tiles(&b, 0);
    qp_tiles_record(NULL);
    cr_assert_eq(qp_team_size(), 1);
    cr_assert_eq(n.operations, 3);
    cr_assert_eq(n.notes, 3 * (TILES + 1) + 1);
    cr_assert_gt(n.seconds, 0);
    for (int i = 0; i < TILES; i++) cr_assert_eq(b.ran[i], 6);
}

static void nested(void *self, int worker)
{
    board *b = self;
    if (worker == 0) qp_team_run(5, &(qp_team_work){b, share_tiles});
}

Test(tiles, a_team_inside_of_a_team_is_worker_0_alone)
{
    board b = {.rounds = 1, .threads = 3, .nanoseconds = 1e9};
    qp_team_run(3, &(qp_team_work){&b, nested});
    for (int i = 0; i < TILES; i++) cr_assert_eq(b.ran[i], 1);
}
