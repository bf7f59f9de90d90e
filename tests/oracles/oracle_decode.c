#include <stdio.h>
#include <string.h>

#include "lib/decode/logits.h"
#include "lib/decode/sample.h"
#include "lib/decode/search.h"
#include "tests/oracles/oracle_model.h"

/* oracle_decode — greedy and beam search with trained translators; every source is decoded alone and in a batch with
 * the others, with the same result. */

/* The results in the file's layout. */
typedef struct {
    int32_t *tokens, *lengths;
    qp_real *log_prob, *score;
    int width, longest;
} table;

static void enter(oracle *o, table *t, int source, const qp_search_result *result)
{
    if (result->count != t->width) oracle_stop(o, "source %d has %d results, not %d", source, result->count, t->width);
    for (int h = 0; h < t->width; h++) {
        const qp_hypothesis *found = &result->best[h];
        int row = source * t->width + h;
        t->lengths[row] = found->count;
        t->log_prob[row] = (qp_real)found->total;
        t->score[row] = (qp_real)found->score;
        for (int j = 0; j < found->count && j < t->longest; j++) t->tokens[row * t->longest + j] = found->id[j];
    }
}

static void search_all(oracle *o, const qp_model *model, const qp_search_config *config, qp_ids source, table *t,
                       int at_once)
{
    qp_tape *tape = qp_tape_new();
    if (!tape) oracle_stop(o, "out of memory");
    int count = source.sequences.count;
    qp_search_result *result = oracle_memory(o, (size_t)count * sizeof *result);
    for (int first = 0; first < count; first += at_once) {
        qp_ids part = source;
        part.sequences.start += first;
        part.sequences.count = at_once;
        int32_t *start = oracle_memory(o, ((size_t)at_once + 1) * sizeof *start);
        for (int i = 0; i <= at_once; i++) start[i] = source.sequences.start[first + i] - source.sequences.start[first];
        part.sequences.start = start;
        part.id += source.sequences.start[first];
        if (qp_search(model, tape, part, config, false, result) != QP_OK) oracle_stop(o, "%s", qp_error_message());
        for (int i = 0; i < at_once; i++) {
            enter(o, t, first + i, &result[i]);
            qp_search_result_free(&result[i]);
        }
    }
    qp_tape_free(tape);
}

static void compare_ints(oracle *o, const char *name, size_t count, const int32_t *value)
{
    const qp_stored *stored = oracle_array(o, name);
    if (stored->count != count) oracle_stop(o, "%s has %zu elements, ours %zu", name, stored->count, count);
    const int32_t *expected = oracle_ints(o, name);
    size_t wrong = 0, first = 0;
    for (size_t i = count; i-- > 0;)
        if (value[i] != expected[i]) {
            wrong++;
            first = i;
        }
    oracle_expect(o, name, wrong == 0, "%zu of %zu wrong, first [%zu] = %d, expected %d", wrong, count, first,
                  value[first], expected[first]);
}

static void compare(oracle *o, const table *t, int count, bool scored)
{
    size_t rows = (size_t)count * (size_t)t->width;
    compare_ints(o, "out.tokens", rows * (size_t)t->longest, t->tokens);
    compare_ints(o, "out.lengths", rows, t->lengths);
    oracle_compare(o, "out.log_prob", rows, t->log_prob);
    if (scored) oracle_compare(o, "out.score", rows, t->score);
}

static void run_decode(oracle *o)
{
    bool beam = oracle_is(o, "method", "beam");
    if (!beam && !oracle_is(o, "method", "greedy")) oracle_skip(o, "decode (%.80s)", oracle_text(o, "method"));
    qp_search_config config;
    qp_config_defaults(&qp_search_fields, &config);
    config.beam_size = config.n_best = beam ? oracle_int(o, "k") : 1;
    config.length_penalty = beam ? oracle_number(o, "alpha") : 0;
    config.max_length_factor = 0;
    config.max_length_extra = oracle_int(o, "max_len");
    qp_model *model = oracle_model_make(o, oracle_text(o, "model"), "param.");
    if (qp_params_pack(o->params) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    int count = oracle_size(o, "in.source", 0);
    qp_ids source = oracle_ids_of(o, count, oracle_size(o, "in.source", 1), oracle_ints(o, "in.source"),
                                  oracle_ints(o, "in.source_lengths"))
                        .ids;
    table t = {.width = (int)config.beam_size, .longest = (int)config.max_length_extra};
    size_t rows = (size_t)count * (size_t)t.width;
    t.tokens = oracle_memory(o, rows * (size_t)t.longest * sizeof *t.tokens);
    t.lengths = oracle_memory(o, rows * sizeof *t.lengths);
    t.log_prob = oracle_memory(o, rows * sizeof *t.log_prob);
    t.score = oracle_memory(o, rows * sizeof *t.score);
    for (int pass = 0; pass < 2; pass++) {
        memset(t.tokens, 0, rows * (size_t)t.longest * sizeof *t.tokens);
        search_all(o, model, &config, source, &t, pass ? count : 1);
        compare(o, &t, count, beam);
    }
}

/* Both sets of cases have the first keys. */
static void sampling(oracle *o)
{
    enum { FIRST_SET = 5 };
    static const char *const pair[][2] = {{"repeat_penalty", "repetition_penalty"},
                                          {"temp", "temperature"},
                                          {"top_k", "top_k"},
                                          {"top_p", "top_p"},
                                          {"min_p", "min_p"},
                                          {"typical", "typical_p"},
                                          {"epsilon_cutoff", "epsilon_cutoff"},
                                          {"eta_cutoff", "eta_cutoff"}};
    qp_sample_config config;
    qp_config_defaults(&qp_sample_fields, &config);
    config.repeat_last_n = -1;
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        const char *text = i < FIRST_SET ? oracle_text(o, pair[i][1]) : oracle_text_or(o, pair[i][1], NULL);
        if (text && qp_config_set(qp_config_find(&qp_sample_fields, pair[i][0]), &config, o->name, text) != QP_OK)
            oracle_stop(o, "%s", qp_error_message());
    }
    int n = (int)oracle_number_or(o, "no_repeat_ngram", 0);
    int rows, columns, length = oracle_size(o, "in.history", 1);
    oracle_matrix(o, "in.logits", &rows, &columns);
    qp_real *row = oracle_reals(o, "in.logits");
    const int32_t *history = oracle_ints(o, "in.history");
    qp_sampler *sampler;
    if (qp_sampler_new(&config, columns, &sampler) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    qp_status status = QP_OK;
    for (int r = 0; r < rows && status == QP_OK; r++) {
        qp_logits_forbid_repeats(columns, row + (ptrdiff_t)r * columns, history + (ptrdiff_t)r * length, length, n);
        status = qp_sampler_weigh(sampler, row + (ptrdiff_t)r * columns, history + (ptrdiff_t)r * length, length);
    }
    qp_sampler_free(sampler);
    if (status != QP_OK) oracle_stop(o, "%s", qp_error_message());
    oracle_compare(o, "out.probs", (size_t)rows * (size_t)columns, row);
}

const oracle_row oracle_rows_decode[] = {{"decode", run_decode}, {"sampling", sampling}, {NULL, NULL}};
