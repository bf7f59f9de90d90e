#include <stdio.h>
#include <string.h>

#include "lib/decode/search.h"
#include "lib/model/model.h"
#include "tests/oracles/oracle.h"

/* oracle_decode — greedy and beam search of trained translators; every source is also decoded in one batch with the
 * others, which must give the same. */

/* Our names in PyTorch's: the two stacks are inside `transformer.`; its cross attention keeps queries, keys and values
 * in one matrix, ours the last two: true when the parameter is the end of theirs. */
static bool full_name(const char *ours, char *theirs, size_t bytes)
{
    bool stack = strncmp(ours, "encoder.", 8) == 0 || strncmp(ours, "decoder.", 8) == 0;
    const char *kv = strstr(ours, "multihead_attn.kv_proj_"), *q = strstr(ours, "multihead_attn.q_proj_");
    const char *packed = kv ? kv : q;
    if (packed)
        snprintf(theirs, bytes, "param.transformer.%.*smultihead_attn.in_proj_%s", (int)(packed - ours), ours,
                 strrchr(ours, '_') + 1);
    else
        snprintf(theirs, bytes, "param.%s%s", stack ? "transformer." : "", ours);
    return kv != NULL;
}

static void fill(oracle *o, qp_params *params)
{
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        size_t count = (size_t)p->rows * (size_t)p->columns;
        char theirs[sizeof p->name + 64];
        bool at_end = full_name(p->name, theirs, sizeof theirs);
        size_t stored = oracle_array(o, theirs)->count;
        if (count > stored) oracle_stop(o, "%s has %zu elements, ours %zu", theirs, stored, count);
        memcpy(qp_params_value(params, i), oracle_reals(o, theirs) + (at_end ? stored - count : 0),
               count * sizeof(qp_real));
    }
}

static qp_model *translator(oracle *o)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.emb_size = oracle_int(o, "d_model");
    config.heads = oracle_int(o, "nhead");
    config.enc_layers = oracle_int(o, "enc_layers");
    config.dec_layers = oracle_int(o, "dec_layers");
    config.ff_size = oracle_int(o, "dim_feedforward");
    config.norm = oracle_flag(o, "norm_first") ? QP_NORM_PRE : QP_NORM_POST;
    config.norm_epsilon = oracle_number(o, "layer_norm_eps");
    config.activation = (int)oracle_activation(o, "activation");
    config.tied_embeddings = 0;
    config.src_vocab_size = config.tgt_vocab_size = oracle_int(o, "vocab");
    qp_model *model = NULL;
    if (qp_model_new_blank(&config, &model) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    fill(o, qp_model_params(model));
    if (qp_params_pack(qp_model_params(model)) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    return model;
}

/* Padded [count, time] to sequences end to end. */
static qp_ids sources_of(oracle *o, int count)
{
    const int32_t *padded = oracle_ints(o, "in.source"), *length = oracle_ints(o, "in.source_lengths");
    int time = oracle_size(o, "in.source", 1);
    int32_t *start = oracle_memory(o, ((size_t)count + 1) * sizeof *start);
    int32_t *id = oracle_memory(o, (size_t)count * (size_t)time * sizeof *id);
    start[0] = 0;
    for (int i = 0; i < count; i++) {
        if (length[i] < 1 || length[i] > time) oracle_stop(o, "source_lengths[%d] = %d of %d", i, length[i], time);
        memcpy(id + start[i], padded + (size_t)i * (size_t)time, (size_t)length[i] * sizeof *id);
        start[i + 1] = start[i] + length[i];
    }
    return (qp_ids){.sequences = {.count = count, .start = start}, .id = id};
}

/* What was found, in the file's layout. */
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
        if (qp_search(model, tape, part, config, result) != QP_OK) oracle_stop(o, "%s", qp_error_message());
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
    if (!oracle_is(o, "model", "translator")) oracle_skip(o, "decode (%.80s)", oracle_text(o, "model"));
    bool beam = oracle_is(o, "method", "beam");
    if (!beam && !oracle_is(o, "method", "greedy")) oracle_skip(o, "decode (%.80s)", oracle_text(o, "method"));
    qp_search_config config;
    qp_config_defaults(&qp_search_fields, &config);
    config.beam_size = config.n_best = beam ? oracle_int(o, "k") : 1;
    config.length_penalty = beam ? oracle_number(o, "alpha") : 0;
    config.max_length_factor = 0;
    config.max_length_extra = oracle_int(o, "max_len");
    qp_model *model = translator(o);
    int count = oracle_size(o, "in.source", 0);
    qp_ids source = sources_of(o, count);
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
    qp_model_free(model);
}

const oracle_row oracle_rows_decode[] = {{"decode", run_decode}, {NULL, NULL}};
