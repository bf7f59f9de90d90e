#include "lib/train/gradient/shard_cut.h"

#include <criterion/criterion.h>

/* A batch of targets of these lengths, which end in 0. */
static qp_batch batch_of(const int *length, int32_t start[20])
{
    int count = 0;
    start[0] = 0;
    for (; length[count]; count++) start[count + 1] = start[count] + length[count];
    return (qp_batch){.target = {{.count = count, .start = start}, NULL}};
}

/* A cut is at the boundary nearest to its share of the rows, of two equally near ones at the later; no part is empty.
 */
Test(shard_cut, ends_of_parts)
{
    static const struct {
        int length[10], parts, end[6];
    } row[] = {
        {{4, 4, 4, 4}, 1, {4}},
        {{4, 4, 4, 4}, 2, {2, 4}},
        {{4, 4, 4, 4}, 4, {1, 2, 3, 4}},
        {{1, 2, 1}, 2, {2, 3}},        /* 1 and 3 of 4 rows are as near to 2 */
        {{1, 1, 4, 1, 2}, 2, {3, 5}},  /* 6 is nearer to 4.5 than 2 */
        {{2, 1, 4, 1, 1}, 2, {2, 5}},  /* 3 is nearer to 4.5 than 7 */
        {{10, 1, 1, 1, 1}, 2, {1, 5}}, /* one sequence is more than its share */
        {{10, 1, 1, 1, 1}, 4, {1, 2, 3, 5}},
        {{1, 1, 1, 1, 10}, 4, {2, 3, 4, 5}},
        {{1, 1, 1, 10}, 3, {2, 3, 4}},
        {{1, 1, 1, 10}, 4, {1, 2, 3, 4}}, /* the last sequences are kept for the last parts */
        {{3, 3, 3, 3, 3, 3, 3}, 3, {2, 5, 7}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int32_t start[20];
        qp_batch batch = batch_of(row[i].length, start);
        int from = 0;
        for (int k = 1; k <= row[i].parts; k++) {
            int end = qp_shard_cut_end(&batch, 0, batch.target.sequences.count, row[i].parts, k, from);
            cr_expect_eq(end, row[i].end[k - 1], "row %zu, part %d: %d", i, k, end);
            cr_expect_gt(end, from, "row %zu", i);
            from = end;
        }
    }
}

/* Sequences before the first do not matter, and both sides count. */
Test(shard_cut, parts_of_a_part_and_of_both_sides)
{
    int32_t target[20], source[] = {0, 8, 8, 8, 8, 9};
    qp_batch batch = batch_of((int[]){9, 1, 1, 1, 1, 0}, target);
    cr_expect_eq(qp_shard_cut_end(&batch, 1, 5, 2, 1, 1), 3);
    cr_expect_eq(qp_shard_cut_end(&batch, 1, 5, 2, 2, 3), 5);
    batch = batch_of((int[]){1, 1, 1, 1, 1, 0}, target);
    cr_expect_eq(qp_shard_cut_end(&batch, 0, 5, 2, 1, 0), 3);
    batch.source.sequences = (qp_sequences){.count = 5, .start = source};
    cr_expect_eq(qp_shard_cut_end(&batch, 0, 5, 2, 1, 0), 1, "the first has 9 of 14 rows");
    cr_expect_eq(qp_batch_rows_before(&batch, 2), 10);
}

/* As many sequences of mean length as fit the rows of a piece. */
Test(shard_cut, pieces_of_a_shard)
{
    static const struct {
        int64_t rows;
        int sequences, most, pieces;
    } row[] = {{100, 10, 100, 1}, {101, 10, 100, 2}, {200, 10, 100, 2}, {201, 10, 100, 3}, {100, 10, 50, 2},
               {100, 10, 49, 3},  {100, 10, 10, 10}, {100, 10, 9, 10},  {100, 1, 10, 1},   {100, 10, 20, 5}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        cr_expect_eq(qp_shard_pieces(row[i].rows, row[i].sequences, row[i].most), row[i].pieces, "row %zu: %d", i,
                     qp_shard_pieces(row[i].rows, row[i].sequences, row[i].most));
}

/* The shards of several batches, their rows, and weights by which the batches count alike. */
Test(shard_cut, lists_of_several_batches)
{
    int32_t start[3][20], source[] = {0, 100, 200, 300};
    qp_batch batch[] = {batch_of((int[]){100, 100, 100, 0}, start[0]), batch_of((int[]){20, 20, 0}, start[1]),
                        batch_of((int[]){60, 60, 60, 60, 0}, start[2])};
    batch[0].source.sequences = (qp_sequences){.count = 3, .start = source};
    static const int number[] = {0, 0, 1, 2, 2}, first[] = {0, 2, 0, 0, 2}, end[] = {2, 3, 2, 2, 4};
    qp_shard_list list = {0};
    for (int whole = 0; whole < 2; whole++) {
        cr_assert_eq(qp_shard_list_cut(&list, batch, 3, 0, whole), QP_OK, "%s", qp_error_message());
        cr_assert_eq(list.count, whole ? 3 : 5);
        cr_expect(list.source_rows == 300 && list.target_rows == 580);
        for (int i = 0; i < list.count; i++) {
            const qp_shard *s = &list.shard[i];
            cr_expect_eq(s->batch, &batch[whole ? i : number[i]]);
            cr_expect_eq(s->first, whole ? 0 : first[i]);
            cr_expect_eq(s->end, whole ? batch[i].target.sequences.count : end[i], "shard %d: %d", i, s->end);
            cr_expect_eq(s->weight, 1);
        }
        qp_shard_list_weight_batches(&list, 3);
        static const double rows[] = {300, 40, 240};
        for (int i = 0; i < list.count; i++)
            cr_expect_float_eq(list.shard[i].weight, 580 / (3 * rows[whole ? i : number[i]]), 1e-5);
    }
    qp_shard_list_free(&list);
}
