#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/logits.h"
#include "tests/decode/search_fixture.h"

/* The rules of search.h that come with imported models: forced and forbidden tokens, the penalty, and the search that
 * continues while a live hypothesis can win. tests/interop compares with transformers. */
enum { LONGEST = 9 };

TestSuite(rules, .init = set_up, .fini = tear_down);

Test(rules, forced_tokens_have_no_probability_of_their_own)
{
    for (int beams = 1; beams <= 3; beams += 2) {
        qp_search_config config = support_search(beams, LONGEST);
        config.forced_last = 5;
        for (int i = 0; i < SOURCES; i++) {
            qp_search_result found;
            config.forced_first = i % 2 ? 0 : 7;
            search_one(i, &config, &found);
            const qp_hypothesis *best = &found.best[0];
            double total = 0;
            for (int t = 0; t < best->count; t++) total += (double)best->log_probability[t];
            cr_expect_eq(best->id[0], config.forced_first);
            cr_expect_eq((double)best->log_probability[0], 0);
            cr_expect(best->count < LONGEST || (best->id[LONGEST - 1] == 5 && best->log_probability[LONGEST - 1] == 0));
            cr_expect_float_eq(best->total, total, 1e-5);
            qp_search_result_free(&found);
        }
    }
}

Test(rules, forbidden_sequences_do_not_occur)
{
    int without = 0;
    qp_search_config config = support_search(2, LONGEST);
    for (int i = 0; i < SOURCES; i++) {
        qp_search_result first, second;
        config.forbid[0] = '\0';
        search_one(i, &config, &first);
        const int32_t *id = first.best[0].id;
        if (first.best[0].count > 2) { /* its first token is allowed, but not the second after it */
            snprintf(config.forbid, sizeof config.forbid, "9, %d %d", id[0], id[1]);
            search_one(i, &config, &second);
            const qp_hypothesis *other = &second.best[0];
            for (int t = 0; t < other->count; t++) {
                cr_expect_neq(other->id[t], 9);
                cr_expect(t == 0 || other->id[t - 1] != id[0] || other->id[t] != id[1]);
            }
            without++;
            qp_search_result_free(&second);
        }
        qp_search_result_free(&first);
    }
    cr_expect_gt(without, 3);
    qp_search_result none;
    int32_t start[2];
    static const char *const wrong[] = {"x", "3,,4", "11", "-1", "2 3x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(config.forbid, sizeof config.forbid, "%s", wrong[i]);
        cr_expect_eq(qp_search(model, tape, support_source_of(&sources, 0, start), &config, false, &none), QP_EUSAGE,
                     "%s", wrong[i]);
    }
}

Test(rules, the_penalty_divides_and_multiplies_once)
{
    qp_real row[] = {2, -2, 3, -1, 4};
    const int32_t history[] = {0, 1, 0, 9, -1, 3};
    qp_logits_penalise(5, row, history, 6, 2);
    const qp_real expected[] = {1, -4, 3, -2, 4};
    cr_expect_arr_eq(row, expected, sizeof row);
}

/* The score by length^alpha, and no live hypothesis that could still win: with more beams than hypotheses the search
 * finds the best of all sequences of at most three tokens. */
static double best_of_all(int source, double alpha)
{
    int32_t start[2];
    double best = -INFINITY;
    qp_ids one = support_source_of(&sources, source, start);
    for (int32_t code = 0; code < V * V * V; code++) {
        const int32_t id[] = {code / (V * V), code / V % V, code % V};
        double total = 0;
        for (int t = 0; t < 3; t++) {
            double log_p[V];
            if (id[t] < QP_EOS) break;
            support_next(model, tape, one, id, t, log_p);
            total += log_p[id[t]];
            if (id[t] != QP_EOS && t < 2) continue;
            if ((t > 0 || code % (V * V) == 0) && (t > 1 || code % V == 0))
                best = fmax(best, total / pow(t + 1, alpha));
            break;
        }
    }
    return best;
}

Test(rules, a_bounded_search_finds_the_best_score)
{
    static const int stop[] = {QP_STOP_BOUND, QP_STOP_LONGEST};
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < 2; i++) {
            qp_search_config config = support_search(V * V, 3);
            qp_search_result found;
            config.length_rule = QP_LENGTH_POWER;
            config.length_penalty = 1.5;
            config.beam_stop = stop[s];
            search_one(i, &config, &found);
            cr_expect_float_eq(found.best[0].score, best_of_all(i, 1.5), 1e-4, "source %d", i);
            qp_search_result_free(&found);
        }
}
