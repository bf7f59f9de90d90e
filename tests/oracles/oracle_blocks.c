#include <stdio.h>
#include <string.h>

#include "lib/grad/op_linear.h"
#include "lib/grad/op_lora.h"
#include "tests/oracles/oracle.h"

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

const oracle_row oracle_rows_blocks[] = {{"lora", lora}, {0}};
