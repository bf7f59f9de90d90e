#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_experts.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_lora.h"
#include "lib/grad/op_quantize.h"
#include "lib/grad/recurrent/op_selective_scan.h"
#include "lib/nn/recurrent_attention.h"
#include "tests/oracles/oracle_blocks.h"

/* Adapters, experts, codebooks, selective scans. */

static qp_tensor input(oracle *o, const char *name)
{
    char full[48];
    int rows, columns;
    snprintf(full, sizeof full, "in.%s", name);
    oracle_matrix(o, full, &rows, &columns);
    return oracle_input(o, name, rows, columns, NULL);
}

/* The frozen weight is an input without a gradient in the case. */
static void lora(oracle *o)
{
    int rows, columns;
    oracle_matrix(o, "in.weight", &rows, &columns);
    qp_tensor x = input(o, "x"), weight = qp_tensor_of(rows, columns, oracle_reals(o, "in.weight")), bias = {0};
    if (oracle_flag(o, "bias")) bias = qp_tensor_of(1, rows, oracle_reals(o, "in.bias"));
    qp_tensor a = oracle_param(o, "lora_A"), b = oracle_param(o, "lora_B");
    qp_real scale = (qp_real)(oracle_number(o, "alpha") / oracle_number(o, "rank"));
    oracle_output(o, "y", qp_lora(o->tape, qp_linear(o->tape, x, weight, bias), x, a, b, scale), NULL);
    qp_tensor merged = qp_tape_constant(o->tape, rows, columns);
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    memcpy(merged.value, weight.value, (size_t)rows * (size_t)columns * sizeof *merged.value);
    qp_lora_merge(merged, a, b, scale);
    oracle_compare(o, "out.merged", (size_t)rows * (size_t)columns, merged.value);
}

/* Row block `expert` of a parameter [experts, rows, columns], or [experts, columns] as one row. */
static qp_tensor expert_part(oracle *o, const char *name, int expert)
{
    char full[32];
    snprintf(full, sizeof full, "param.%s", name);
    if (!oracle_find(o, full)) return (qp_tensor){0};
    qp_tensor all = oracle_param(o, name);
    int experts = oracle_size(o, full, 0), each = (int)(oracle_array(o, full)->count / (uint64_t)experts);
    int columns = oracle_size(o, full, -1);
    all.rows = each / columns;
    all.columns = all.stride = columns;
    all.value += (ptrdiff_t)expert * each;
    return all;
}

qp_tensor oracle_experts(oracle *o, qp_tape *tape, const qp_routes *routes, qp_tensor x, qp_activation_kind activation,
                         oracle_expert *part)
{
    int parts = 0, experts = routes->experts;
    qp_tensor *out = oracle_memory(o, (size_t)experts * sizeof *out);
    for (int e = 0; e < experts; e++) {
        int rows = routes->first[e + 1] - routes->first[e];
        const qp_feed_forward_weights w = {.inner = part(o, tape, "w1", e),
                                           .inner_bias = part(o, tape, "b1", e),
                                           .outer = part(o, tape, "w2", e),
                                           .outer_bias = part(o, tape, "b2", e),
                                           .activation = activation};
        if (rows == 0) continue;
        out[parts++] = qp_feed_forward(tape, qp_gather(tape, x, rows, routes->row + routes->first[e]), &w);
    }
    return qp_route_mix(tape, qp_join_rows(tape, parts, out), routes);
}

static qp_tensor case_part(oracle *o, qp_tape *tape, const char *name, int expert)
{
    (void)tape;
    return expert_part(o, name, expert);
}

static void moe(oracle *o)
{
    qp_tensor x = input(o, "x");
    qp_routes *routes = oracle_memory(o, sizeof *routes);
    qp_tensor logits = qp_linear(o->tape, x, oracle_param(o, "gate.weight"), (qp_tensor){0});
    *routes = qp_route(o->tape, logits, oracle_int(o, "top_k"), oracle_flag(o, "normalize"));
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    oracle_output(o, "y", oracle_experts(o, o->tape, routes, x, oracle_activation(o, "activation"), case_part), NULL);
    oracle_output(o, "weight", routes->weight, NULL);
    oracle_output(o, "balance_loss", routes->balance, NULL);
    oracle_output(o, "z_loss", routes->z, NULL);
    const int32_t *expert = oracle_ints(o, "out.expert");
    int wrong = 0;
    for (int i = 0; i < x.rows * routes->top; i++) wrong += expert[i] != routes->expert[i];
    oracle_expect(o, "out.expert", wrong == 0, "%d choices differ", wrong);
}

static void selective_scan(oracle *o)
{
    int batch = oracle_size(o, "in.x", 0), time = oracle_size(o, "in.x", 1);
    qp_scan scan = {.s = oracle_ragged_of(o, batch, time, NULL).sequences};
    scan.x = input(o, "x");
    scan.dt = input(o, "dt");
    scan.b = input(o, "B");
    scan.c = input(o, "C");
    if (oracle_flag(o, "gate")) scan.z = input(o, "z");
    scan.a_log = oracle_param(o, "A_log");
    scan.skip = oracle_param(o, "D");
    scan.dt_bias = oracle_param(o, "dt_bias");
    qp_tensor last, y = qp_selective_scan(o->tape, &scan, &last);
    oracle_output(o, "y", y, NULL);
    oracle_output(o, "state", last, NULL);
}

static int split_coverage(const qp_parameter *ours, oracle_piece *piece)
{
    snprintf(piece->name, sizeof piece->name, "%s", strchr(ours->name, '.') + 1);
    piece->count = (size_t)ours->rows * (size_t)ours->columns;
    return 1;
}

/* One query of each sequence after the other; results are joined time-major. */
static void coverage_attention(oracle *o)
{
    enum { MOST = 32 };
    int batch = oracle_size(o, "in.query", 0), queries = oracle_size(o, "in.query", 1);
    int keys = oracle_size(o, "in.memory", 1), width = oracle_size(o, "in.memory", 2);
    qp_tensor query = input(o, "query"), memory = input(o, "memory"), y[MOST], weights[MOST], loss = {0};
    qp_params *params = oracle_params(o);
    const qp_attend_sizes sizes = {.query = query.columns, .key = width, .attention = oracle_int(o, "size")};
    qp_recurrent_attention attention = qp_recurrent_attention_add(params, QP_ATTEND_COVERAGE, sizes, "a");
    oracle_bind(o, "param.", split_coverage);
    qp_coverage coverage = {0};
    const qp_attend_source source = {qp_recurrent_attention_keys(&attention, o->tape, params, memory), memory,
                                     oracle_ragged_of(o, batch, keys, NULL).sequences, &coverage};
    qp_sequences each = oracle_ragged_of(o, batch, 1, NULL).sequences;
    int32_t *y_map = oracle_memory(o, (size_t)(queries * batch * width) * sizeof *y_map);
    int32_t *map = oracle_memory(o, (size_t)(queries * batch * keys) * sizeof *map);
    if (queries > MOST) oracle_stop(o, "more than %d queries", MOST);
    for (int t = 0; t < queries; t++) {
        int32_t *row = oracle_memory(o, (size_t)batch * sizeof *row);
        for (int b = 0; b < batch; b++) row[b] = b * queries + t;
        qp_attention_map made;
        y[t] = qp_recurrent_attention_forward(&attention, o->tape, params, qp_gather(o->tape, query, batch, row), each,
                                              &source, &made);
        if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
        weights[t] = made.weights;
        loss = loss.value ? qp_add(o->tape, loss, coverage.overlap) : coverage.overlap;
        for (int i = 0; i < batch * width; i++)
            y_map[t * batch * width + i] = (i / width * queries + t) * width + i % width;
        for (int i = 0; i < batch * keys; i++) map[t * batch * keys + i] = (i / keys * queries + t) * keys + i % keys;
    }
    oracle_output(o, "y", qp_join_rows(o->tape, queries, y), y_map);
    oracle_output(o, "weights", qp_join_rows(o->tape, queries, weights), map);
    oracle_output(o, "coverage_loss", qp_scale(o->tape, loss, 1 / (qp_real)(queries * batch)), NULL);
}

/* out.perplexity = exp of the entropy of the use of the codes */
static void vector_quantize(oracle *o)
{
    qp_tensor z = input(o, "z"), loss;
    const int32_t *code, *expected = oracle_ints(o, "out.code");
    int codes = oracle_int(o, "codes"), wrong = 0;
    qp_tensor y = qp_quantize(o->tape, z, oracle_param(o, "codebook"), NULL, (qp_real)oracle_number(o, "beta"), &code,
                              &loss);
    oracle_output(o, "y", y, NULL);
    oracle_output(o, "loss", loss, NULL);
    double *use = oracle_memory(o, (size_t)codes * sizeof *use), entropy = 0;
    for (int r = 0; r < z.rows; r++) {
        wrong += code[r] != expected[r];
        use[code[r]] += 1.0 / z.rows;
    }
    oracle_expect(o, "out.code", wrong == 0, "%d codes differ", wrong);
    for (int i = 0; i < codes; i++) entropy -= use[i] * log(use[i] + 1e-10);
    oracle_compare(o, "out.perplexity", 1, (const qp_real[]){(qp_real)exp(entropy)});
}

const oracle_row oracle_rows_blocks[] = {{"lora", lora},
                                         {"moe", moe},
                                         {"selective_scan", selective_scan},
                                         {"coverage_attention", coverage_attention},
                                         {"vector_quantize", vector_quantize},
                                         {0}};
