#include "lib/decode/lines.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/tiles.h"
#include "tests/decode/decode_support.h"

Test(lines, ids_end_in_eos_and_are_cut)
{
    int vocabulary = 9;
    qp_text_codec codec = support_codec(&vocabulary);
    const qp_line line[] = {{"w4 w5 w6 w7", 11}, {"", 0}, {"w8 x", 4}};
    qp_line_ids *ids;
    cr_assert_eq(qp_lines_encode(&codec, line, 3, 4, &ids), QP_OK);
    const int32_t first[] = {4, 5, 6, QP_EOS}, third[] = {8, QP_UNK, QP_EOS};
    cr_assert_eq(ids[0].count, 4);
    cr_assert_eq(ids[0].tokens, 4);
    cr_assert_arr_eq(ids[0].id, first, sizeof first);
    cr_assert_eq(ids[1].count, 1);
    cr_assert_eq(ids[1].id[0], QP_EOS);
    cr_assert_eq(ids[2].count, 3);
    cr_assert_arr_eq(ids[2].id, third, sizeof third);
    const int32_t pick[] = {2, 0};
    int32_t start[3], flat[7];
    qp_ids both = qp_lines_gather(ids, pick, 2, start, flat);
    cr_assert_eq(both.sequences.count, 2);
    cr_assert_eq(start[1], 3);
    cr_assert_eq(start[2], 7);
    cr_assert_arr_eq(flat, third, sizeof third);
    cr_assert_arr_eq(flat + 3, first, sizeof first);
    qp_lines_free(ids, 3);
}

Test(lines, batches_are_sorted_and_bounded)
{
    const int32_t length[] = {3, 0, 9, 3, 5, 9, 1};
    qp_line_batches batches;
    cr_assert_eq(qp_lines_batch(length, 7, 4, 0, 1, &batches), QP_OK);
    const int32_t order[] = {2, 5, 4, 0, 3, 6};
    cr_assert_eq(batches.count, 2);
    cr_assert_arr_eq(batches.order, order, sizeof order);
    cr_assert_eq(batches.start[1], 4);
    cr_assert_eq(batches.start[2], 6);
    qp_line_batches_free(&batches);

    cr_assert_eq(qp_lines_batch(length, 7, 64, 0, 3, &batches), QP_OK); /* every thread gets work */
    cr_assert_eq(batches.count, 3);
    qp_line_batches_free(&batches);

    cr_assert_eq(qp_lines_batch(length, 7, 64, 10, 1, &batches), QP_OK); /* 9 | 9 | 5 3 | 3 1 */
    cr_assert_eq(batches.count, 4);
    qp_line_batches_free(&batches);

    cr_assert_eq(qp_lines_batch(length, 0, 64, 10, 4, &batches), QP_OK);
    cr_assert_eq(batches.count, 0);
    qp_line_batches_free(&batches);
}

static qp_status mark(void *self, qp_tape *tape, int number)
{
    ((int *)self)[number]++;
    return tape ? QP_OK : QP_EBUG;
}

static qp_status fail_odd(void *self, qp_tape *tape, int number)
{
    (void)self;
    (void)tape;
    return number % 2 ? qp_fail(QP_EDATA, "batch %d", number) : QP_OK;
}

Test(lines, every_batch_runs_once_on_any_number_of_threads)
{
    for (int threads = 1; threads <= 4; threads++) {
        int done[20] = {0};
        cr_assert_eq(qp_lines_run(20, threads, mark, done), QP_OK);
        for (int b = 0; b < 20; b++) cr_assert_eq(done[b], 1);
        cr_assert_eq(qp_lines_run(20, threads, fail_odd, NULL), QP_EDATA);
        cr_assert(strstr(qp_error_message(), "batch "));
    }
    cr_assert_eq(qp_lines_run(20, 1, fail_odd, NULL), QP_EDATA);
    cr_assert_str_eq(qp_error_message(), "batch 1");
    cr_assert_eq(qp_lines_run(0, 2, fail_odd, NULL), QP_OK);
}

static qp_status size_of_team(void *self, qp_tape *tape, int number)
{
    ((int *)self)[number] = tape ? qp_team_size() : 0;
    return QP_OK;
}

/* threads without a batch stay, for the products of the only one */
Test(lines, threads_without_a_batch_help_with_the_only_one)
{
    int threads = 0;
    cr_assert_eq(qp_lines_run(1, 3, size_of_team, &threads), QP_OK);
    cr_assert_eq(threads, 3);
}
