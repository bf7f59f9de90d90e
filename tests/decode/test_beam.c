#include "lib/decode/beam.h"

#include <criterion/criterion.h>

/* One beam of width 2, driven by hand: what the model would say is written down here. */
enum { K = 2, LONGEST = 3 };
static double total[2 * K];
static qp_beam_node node[LONGEST * K];
static qp_beam_end end[2 * K];
static int32_t id[K * (K + 1)];
static qp_real log_probability[K * (K + 1)];
static int count[K], taken[K];
static const qp_candidates candidates = {K + 1, id, log_probability, count, taken};

static qp_beam new_beam(void)
{
    total[0] = 0;
    return (qp_beam){.end_id = QP_EOS,
                     .width = K,
                     .enough = K,
                     .longest = LONGEST,
                     .live = 1,
                     .total = total,
                     .next_total = total + K,
                     .node = node,
                     .end = end};
}

static void offer(int slot, int candidate, int32_t token, double log_p)
{
    id[slot * (K + 1) + candidate] = token;
    log_probability[slot * (K + 1) + candidate] = (qp_real)log_p;
    count[slot] = candidate + 1;
}

Test(beam, ends_among_the_first_k_finish_and_the_rest_goes_on)
{
    qp_beam beam = new_beam();
    offer(0, 0, 5, -1);
    offer(0, 1, QP_EOS, -2);
    offer(0, 2, 6, -3);
    qp_beam_expand(&beam, &candidates);
    cr_assert_eq(beam.ends, 1);
    cr_assert_eq(beam.live, 2);
    cr_assert_not(beam.done);
    cr_assert_eq(node[0].id, 5);
    cr_assert_eq(node[1].id, 6);

    /* totals -1 and -3: row 0 offers -2 -3 -6, row 1 -4; EOS comes third and is not among the first two */
    offer(0, 0, 7, -1);
    offer(0, 1, 8, -2);
    offer(0, 2, QP_EOS, -5);
    offer(1, 0, QP_EOS, -0.5);
    offer(1, 1, 9, -1);
    qp_beam_expand(&beam, &candidates);
    cr_assert_eq(beam.ends, 1);
    cr_assert_eq(beam.live, 2);
    cr_assert_eq(node[K].id, 7);
    cr_assert_eq(node[K + 1].id, 8);
    cr_assert_eq(node[K + 1].parent, 0);
    cr_assert_eq(beam.total[0], -2);
    cr_assert_eq(beam.total[1], -3);
    int32_t history[LONGEST];
    qp_beam_history(&beam, 1, history);
    cr_assert_eq(history[0], 5);
    cr_assert_eq(history[1], 8);
}

Test(beam, unfinished_ones_fill_up_and_the_penalty_ranks)
{
    qp_beam beam = new_beam();
    offer(0, 0, QP_EOS, -2);
    offer(0, 1, 5, -2.1);
    offer(0, 2, 6, -4);
    qp_beam_expand(&beam, &candidates);
    for (int step = 0; step < 2; step++) {
        offer(0, 0, 7, -0.05);
        offer(1, 0, 8, -0.05);
        count[0] = count[1] = 1;
        qp_beam_expand(&beam, &candidates);
    }
    cr_assert(beam.done);
    qp_search_result result;
    cr_assert_eq(qp_beam_finish(&beam, &(qp_beam_ranking){.length_penalty = 1, .n_best = 2}, &result), QP_OK);
    cr_assert_eq(result.count, 2);
    /* -2.2/(8/6) = -1.65 beats -2/1 */
    cr_assert_eq(result.best[0].count, 3);
    cr_assert_eq(result.best[0].id[2], 7);
    cr_assert_float_eq(result.best[0].score, -1.65, 1e-6);
    cr_assert_eq(result.best[1].count, 1);
    cr_assert_eq(result.best[1].id[0], QP_EOS);
    cr_assert_float_eq(result.best[1].score, -2, 1e-6);
    qp_search_result_free(&result);
}

Test(beam, equal_totals_go_to_the_lower_slot_and_nothing_left_keeps_what_there_is)
{
    qp_beam beam = new_beam();
    offer(0, 0, 5, -1);
    offer(0, 1, 6, -1);
    qp_beam_expand(&beam, &candidates);
    offer(0, 0, 7, -1);
    offer(1, 0, 8, -1);
    offer(1, 1, 9, -1);
    qp_beam_expand(&beam, &candidates);
    cr_assert_eq(node[K].parent, 0);
    cr_assert_eq(node[K].id, 7);
    cr_assert_eq(node[K + 1].parent, 1);
    cr_assert_eq(node[K + 1].id, 8);
    count[0] = count[1] = 0;
    qp_beam_expand(&beam, &candidates);
    cr_assert(beam.done);
    cr_assert_eq(beam.live, 2);
    cr_assert_eq(beam.length, 2);
}
