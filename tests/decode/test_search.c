#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/score.h"
#include "tests/decode/search_fixture.h"

enum { LONGEST = 12 };

TestSuite(search, .init = set_up, .fini = tear_down);

/* A beam of one takes the most probable token each time. */
static void is_greedy(void)
{
    qp_search_config config = support_search(1, LONGEST);
    for (int i = 0; i < 16; i++) {
        qp_search_result result;
        search_one(i, &config, &result);
        int32_t id[LONGEST], start[2];
        int count = 0;
        double total = 0;
        do {
            double log_p[V];
            support_next(model, tape, support_source_of(&sources, i, start), id, count, log_p);
            int best = QP_EOS;
            for (int v = QP_EOS; v < V; v++)
                if (log_p[v] > log_p[best]) best = v;
            total += log_p[best];
            id[count++] = best;
        } while (id[count - 1] != QP_EOS && count < LONGEST);
        cr_assert_eq(result.count, 1);
        cr_assert_eq(result.best[0].count, count);
        cr_assert_arr_eq(result.best[0].id, id, (size_t)count * sizeof *id);
        cr_assert_float_eq(result.best[0].total, total, 1e-4);
        qp_search_result_free(&result);
    }
}

Test(search, beam_of_one_is_greedy) { is_greedy(); }

Test(search, the_decoder_reads_first_what_the_model_says)
{
    static const char *const setting[] = {"start_id=7"};
    qp_model_free(model);
    model = support_model_with(setting, 1, V, 1, -0.5);
    is_greedy();
}

/* ---- a plain search by the rule of search.h, with full passes and full sorting ---- */

typedef struct {
    int32_t id[LONGEST];
    int count;
    double total, score;
} plain;

static int by_total(const void *a, const void *b)
{
    double x = ((const plain *)a)->total, y = ((const plain *)b)->total;
    return x > y ? -1 : x < y;
}

static int by_score(const void *a, const void *b)
{
    double x = ((const plain *)a)->score, y = ((const plain *)b)->score;
    return x > y ? -1 : x < y;
}

static int plain_beam(qp_ids source, int k, int longest, double alpha, plain *finished)
{
    plain *live = calloc((size_t)k, sizeof *live), *candidate = calloc((size_t)k * V, sizeof *candidate);
    int lives = 1, ends = 0;
    for (int t = 0; t < longest && ends < k; t++) {
        int candidates = 0;
        for (int j = 0; j < lives; j++) {
            double log_p[V];
            support_next(model, tape, source, live[j].id, live[j].count, log_p);
            for (int v = QP_EOS; v < V; v++) {
                plain *c = &candidate[candidates++];
                *c = live[j];
                c->id[c->count++] = v;
                c->total += log_p[v];
            }
        }
        qsort(candidate, (size_t)candidates, sizeof *candidate, by_total);
        lives = 0;
        for (int c = 0; c < candidates; c++) {
            bool ended = candidate[c].id[candidate[c].count - 1] == QP_EOS;
            if (ended && c < k) finished[ends++] = candidate[c];
            if (!ended && lives < k) live[lives++] = candidate[c];
        }
    }
    for (int j = 0; j < lives && ends < k; j++) finished[ends++] = live[j];
    for (int e = 0; e < ends; e++) finished[e].score = finished[e].total / pow((5.0 + finished[e].count) / 6, alpha);
    qsort(finished, (size_t)ends, sizeof *finished, by_score);
    free(live);
    free(candidate);
    return ends < k ? ends : k;
}

Test(search, beam_follows_the_rule)
{
    plain expected[16];
    for (int k = 2; k <= 5; k++)
        for (int i = 0; i < 12; i++) {
            qp_search_config config = support_search(k, LONGEST);
            config.n_best = k;
            config.length_penalty = i % 3 * 0.6;
            qp_search_result result;
            search_one(i, &config, &result);
            int32_t start[2];
            int count = plain_beam(support_source_of(&sources, i, start), k, LONGEST, config.length_penalty, expected);
            cr_assert_eq(result.count, count);
            for (int h = 0; h < count; h++) {
                cr_assert_eq(result.best[h].count, expected[h].count);
                cr_assert_arr_eq(result.best[h].id, expected[h].id, (size_t)expected[h].count * sizeof(int32_t));
                cr_assert_float_eq(result.best[h].score, expected[h].score, 1e-4);
            }
            qp_search_result_free(&result);
        }
}

/* With more patience no hypothesis of the search without is lost, and what is best never gets worse. */
Test(search, patience_waits_for_better_ones)
{
    int better = 0;
    for (int i = 0; i < SOURCES; i++) {
        qp_search_config config = support_search(2, LONGEST);
        config.length_penalty = 3; /* the longer ones are better, if they are waited for */
        qp_search_result hasty, patient;
        search_one(i, &config, &hasty);
        config.patience = 4;
        search_one(i, &config, &patient);
        cr_assert_geq(patient.best[0].score, hasty.best[0].score);
        better += patient.best[0].score > hasty.best[0].score;
        qp_search_result_free(&hasty);
        qp_search_result_free(&patient);
    }
    cr_assert_gt(better, 0, "patience changes nothing");
}

/* Every sequence of up to `longest` tokens, ended or of full length; the best total. */
static void best_of_all(qp_ids source, plain *prefix, int longest, plain *best)
{
    double log_p[V];
    support_next(model, tape, source, prefix->id, prefix->count, log_p);
    for (int v = QP_EOS; v < V; v++) {
        plain longer = *prefix;
        longer.id[longer.count++] = v;
        longer.total += log_p[v];
        if (v != QP_EOS && longer.count < longest)
            best_of_all(source, &longer, longest, best);
        else if (longer.total > best->total)
            *best = longer;
    }
}

Test(search, a_wide_beam_finds_the_best_of_all)
{
    qp_search_config config = support_search(1000, 3);
    config.length_penalty = 0;
    for (int i = 0; i < 6; i++) {
        qp_search_result result;
        search_one(i, &config, &result);
        int32_t start[2];
        plain empty = {.count = 0}, best = {.total = -INFINITY};
        best_of_all(support_source_of(&sources, i, start), &empty, 3, &best);
        cr_assert_eq(result.best[0].count, best.count);
        cr_assert_arr_eq(result.best[0].id, best.id, (size_t)best.count * sizeof(int32_t));
        cr_assert_float_eq(result.best[0].total, best.total, 1e-4);
        qp_search_result_free(&result);
    }
}

Test(search, batches_do_not_matter_to_the_bit)
{
    for (int k = 1; k <= 4; k += 3) {
        qp_search_config config = support_search(k, LONGEST);
        config.n_best = k;
        qp_search_result together[SOURCES];
        cr_assert_eq(qp_search(model, tape, sources, &config, false, together), QP_OK);
        for (int i = 0; i < SOURCES; i++) {
            qp_search_result alone;
            search_one(i, &config, &alone);
            cr_assert_eq(alone.count, together[i].count);
            for (int h = 0; h < alone.count; h++) {
                const qp_hypothesis *a = &alone.best[h], *b = &together[i].best[h];
                cr_assert_eq(a->count, b->count);
                cr_assert_arr_eq(a->id, b->id, (size_t)a->count * sizeof *a->id);
                cr_assert_arr_eq(a->log_probability, b->log_probability, (size_t)a->count * sizeof(qp_real));
                cr_assert_eq(memcmp(&a->total, &b->total, sizeof a->total), 0);
                cr_assert_eq(memcmp(&a->score, &b->score, sizeof a->score), 0);
            }
            qp_search_result_free(&alone);
            qp_search_result_free(&together[i]);
        }
    }
}

/* The other tests would show little if nothing ended, or everything at once. */
Test(search, hypotheses_of_these_models_end_at_all_lengths)
{
    qp_search_config config = support_search(4, LONGEST);
    config.n_best = 4;
    int ended = 0, unended = 0, longer = 0;
    for (int i = 0; i < SOURCES; i++) {
        qp_search_result result;
        search_one(i, &config, &result);
        for (int h = 0; h < result.count; h++) {
            bool end = result.best[h].id[result.best[h].count - 1] == QP_EOS;
            ended += end;
            unended += !end;
            longer += end && result.best[h].count > 4;
        }
        qp_search_result_free(&result);
    }
    cr_assert(ended > 60 && unended > 5 && longer > 20, "%d ended, %d of them late, %d did not", ended, longer,
              unended);
}

Test(search, totals_are_sums_and_equal_the_full_pass)
{
    qp_search_config config = support_search(4, LONGEST);
    config.n_best = 4;
    for (int i = 0; i < 16; i++) {
        qp_search_result result;
        search_one(i, &config, &result);
        for (int h = 0; h < result.count; h++) {
            const qp_hypothesis *found = &result.best[h];
            int32_t start[2], target_start[2] = {0, found->count};
            qp_batch batch = {.source = support_source_of(&sources, i, start),
                              .target = {.sequences = {.count = 1, .start = target_start}, .id = found->id}};
            qp_real forced[LONGEST];
            cr_assert_eq(qp_score(model, tape, &batch, forced), QP_OK);
            double sum = 0;
            for (int t = 0; t < found->count; t++) {
                sum += (double)found->log_probability[t];
                cr_assert_float_eq(forced[t], found->log_probability[t], 1e-4);
            }
            cr_assert_eq(sum, found->total);
            cr_assert_float_eq(found->score, sum / pow((5.0 + found->count) / 6, config.length_penalty), 1e-12);
            if (h > 0) cr_assert_geq(result.best[h - 1].score, found->score);
        }
        qp_search_result_free(&result);
    }
}

Test(search, lengths_are_kept)
{
    qp_search_config config = support_search(3, 8);
    config.min_length = 8;
    config.n_best = 3;
    for (int i = 0; i < 8; i++) {
        qp_search_result result;
        search_one(i, &config, &result);
        for (int h = 0; h < result.count; h++) {
            cr_assert_eq(result.best[h].count, 8);
            for (int t = 0; t < 8; t++) cr_assert_gt(result.best[h].id[t], QP_EOS);
        }
        qp_search_result_free(&result);
    }
    config = support_search(2, 0); /* 0 tokens are none: at least one is made */
    qp_search_result result;
    search_one(0, &config, &result);
    cr_assert_eq(result.best[0].count, 1);
    qp_search_result_free(&result);
    config = support_search(1, 100000); /* the model reads no more than its max_length */
    config.min_length = 100000;
    search_one(0, &config, &result);
    cr_assert_eq(result.best[0].count, (int)qp_model_config_of(model)->max_length);
    qp_search_result_free(&result);
}

Test(search, unknown_tokens_never)
{
    static const int rule[] = {QP_UNKNOWN_ALLOWED, QP_UNKNOWN_NEVER};
    int unknown[2] = {0};
    for (int k = 0; k < 2; k++) {
        qp_search_config config = support_search(3, LONGEST);
        config.unk = rule[k];
        config.n_best = 3;
        config.min_length = 4;
        for (int i = 0; i < SOURCES; i++) {
            qp_search_result result;
            search_one(i, &config, &result);
            for (int h = 0; h < result.count; h++)
                for (int t = 0; t < result.best[h].count; t++) unknown[k] += result.best[h].id[t] == QP_UNK;
            qp_search_result_free(&result);
        }
    }
    cr_assert_gt(unknown[0], 0);
    cr_assert_eq(unknown[1], 0);
}

Test(search, no_ngram_twice)
{
    for (int n = 1; n <= 3; n++) {
        qp_search_config config = support_search(3, 30);
        config.no_repeat_ngram = n;
        config.min_length = 7;
        for (int i = 0; i < 8; i++) {
            qp_search_result result;
            search_one(i, &config, &result);
            const qp_hypothesis *found = &result.best[0];
            for (int a = 0; a + n <= found->count; a++)
                for (int b = a + 1; b + n <= found->count; b++)
                    cr_assert_neq(memcmp(found->id + a, found->id + b, (size_t)n * sizeof *found->id), 0);
            qp_search_result_free(&result);
        }
    }
    /* V - 3 words, each once, then nothing is left while the end is forbidden: what there is comes back */
    qp_search_config config = support_search(2, 60);
    config.no_repeat_ngram = 1;
    config.min_length = 50;
    qp_search_result result;
    search_one(0, &config, &result);
    cr_assert_eq(result.count, 1);
    cr_assert_eq(result.best[0].count, V - QP_UNK);
    qp_search_result_free(&result);
}

/* sum over the source's tokens of log min(1, attention), from a forced pass */
static double covered(const qp_ids *source, const qp_hypothesis *found)
{
    int count = source->sequences.start[1] - source->sequences.start[0];
    qp_real *weight = support_attention(model, source, found);
    double total = 0;
    for (int i = 0; i < count; i++) {
        double sum = 0;
        for (int t = 0; t < found->count; t++) sum += (double)weight[t * count + i];
        total += log(fmin(1, sum));
    }
    free(weight);
    return total;
}

Test(search, coverage_joins_the_score_and_ranks)
{
    int other_first = 0;
    for (int i = 0; i < 8; i++) {
        qp_search_config config = support_search(4, 12);
        config.n_best = 4;
        qp_search_result without, result;
        search_one(i, &config, &without);
        config.coverage_penalty = 5;
        search_one(i, &config, &result);
        int32_t start[2];
        qp_ids source = support_source_of(&sources, i, start);
        cr_assert_eq(result.count, without.count);
        for (int h = 0; h < result.count; h++) {
            const qp_hypothesis *found = &result.best[h];
            double score = found->total / pow((5.0 + found->count) / 6, config.length_penalty) +
                           5 * covered(&source, found);
            cr_assert_float_eq(found->score, score, 1e-4, "source %d, hypothesis %d: %g, not %g", i, h, found->score,
                               score);
            cr_assert(h == 0 || found->score <= result.best[h - 1].score);
        }
        other_first += result.best[0].total != without.best[0].total;
        qp_search_result_free(&result);
        qp_search_result_free(&without);
    }
    cr_assert_gt(other_first, 0, "coverage never changes which one is best");
}

static void fill_params(qp_real value)
{
    qp_params *params = qp_model_params(model);
    for (size_t i = 0; i < qp_params_size(params); i++) qp_params_block(params)[i] = value;
    cr_assert_eq(qp_params_pack(params), QP_OK);
}

Test(search, ties_go_to_the_lower_row_and_id)
{
    fill_params(0); /* every token is as probable as any other */
    qp_search_config config = support_search(3, 4);
    config.min_length = 2;
    config.n_best = 3;
    config.length_penalty = 0;
    qp_search_result result;
    search_one(0, &config, &result);
    const int32_t expected[3][3] = {{3, 3, QP_EOS}, {3, 4, QP_EOS}, {3, 5, QP_EOS}};
    cr_assert_eq(result.count, 3);
    /* first the two of row 0 are at rank 0 (EOS), then row 0 fills the beam; row by row the ends come in */
    cr_assert_eq(result.best[0].count, 3);
    cr_assert_arr_eq(result.best[0].id, expected[0], sizeof expected[0]);
    for (int h = 1; h < 3; h++) cr_assert_leq(result.best[h].total, result.best[h - 1].total);
    qp_search_result_free(&result);
}

Test(search, scores_that_are_no_numbers_are_an_error)
{
    fill_params((qp_real)NAN);
    qp_search_config config = support_search(2, 4);
    qp_search_result result[SOURCES];
    cr_assert_eq(qp_search(model, tape, sources, &config, false, result), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "NaN"));
    for (int i = 0; i < SOURCES; i++) cr_assert_null(result[i].best);
}

/* ---- target prefixes ---- */

/* Forcing what the search finds anyway changes nothing, not a bit. */
Test(search, own_prefix_changes_nothing)
{
    qp_search_config config = support_search(1, LONGEST);
    for (int i = 0; i < 16; i++) {
        qp_search_result free_result, forced;
        int32_t start[2];
        search_one(i, &config, &free_result);
        const qp_hypothesis *found = &free_result.best[0];
        const qp_search_prefix prefix = {found->id, found->count / 2};
        const qp_ids source = support_source_of(&sources, i, start);
        cr_assert_eq(qp_search_from(model, tape, source, &config, prefix, false, &forced), QP_OK, "%s",
                     qp_error_message());
        cr_assert_eq(forced.best[0].count, found->count);
        cr_assert_arr_eq(forced.best[0].id, found->id, (size_t)found->count * sizeof *found->id);
        cr_assert_eq(forced.best[0].total, found->total);
        qp_search_result_free(&free_result);
        qp_search_result_free(&forced);
    }
}

/* Every hypothesis of every beam begins with the prefix, whose probability counts, in any batch. */
static void begins_with_prefix(int beam)
{
    static const int32_t id[] = {9, QP_UNK, 4};
    const qp_search_prefix prefix = {id, 3};
    qp_search_config config = support_search(beam, LONGEST);
    config.no_repeat_ngram = 1;
    config.min_length = 5;
    config.n_best = beam;
    qp_search_result together[SOURCES], alone;
    cr_assert_eq(qp_search_from(model, tape, sources, &config, prefix, false, together), QP_OK);
    for (int i = 0; i < SOURCES; i++) {
        int32_t start[2];
        qp_ids source = support_source_of(&sources, i, start);
        cr_assert_eq(qp_search_from(model, tape, source, &config, prefix, false, &alone), QP_OK);
        cr_assert_eq(alone.count, together[i].count);
        for (int h = 0; h < alone.count; h++) {
            const qp_hypothesis *found = &alone.best[h];
            cr_assert_geq(found->count, 5);
            cr_assert_arr_eq(found->id, id, sizeof id);
            cr_assert_eq(found->total, together[i].best[h].total);
            double log_p[V];
            support_next(model, tape, source, id, 1, log_p);
            cr_assert_float_eq(found->log_probability[1], log_p[QP_UNK], 1e-4);
        }
        qp_search_result_free(&alone);
        qp_search_result_free(&together[i]);
    }
}

Test(search, prefix_of_greedy_search) { begins_with_prefix(1); }
Test(search, prefix_of_beam_search) { begins_with_prefix(4); }

/* A prefix longer than the longest output leaves one token; one as long as the model's limit is refused. */
Test(search, long_prefixes)
{
    int32_t id[64], start[2];
    for (int i = 0; i < 64; i++) id[i] = 5;
    qp_search_config config = support_search(2, 3);
    qp_search_result result;
    qp_ids source = support_source_of(&sources, 0, start);
    cr_assert_eq(qp_search_from(model, tape, source, &config, (qp_search_prefix){id, 10}, false, &result), QP_OK);
    cr_assert_eq(result.best[0].count, 11);
    qp_search_result_free(&result);
    cr_assert_eq(qp_search_from(model, tape, source, &config, (qp_search_prefix){id, 64}, false, &result), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "--tgt-prefix: 64 tokens"));
}
