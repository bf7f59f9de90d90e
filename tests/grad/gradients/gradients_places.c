#include "lib/grad/attention/op_overlap.h"
#include "lib/grad/attention/op_rope.h"
#include "lib/grad/op_bag.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_distance.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_quantize.h"
#include "tests/grad/gradients/gradient_table.h"
#include "tests/sinusoids.h"

/* Positions: rotary and relative. */

static void rope(gradient_case *c)
{
    static qp_real table[8 * 4];
    static const int32_t position[] = {0, 1, 2, 7, 3};
    sinusoids(0, 8, 4, 100, true, table);
    gradient_output(c, qp_rope(c->tape, gradient_input(c, 5, 8), 2, 4, position, qp_tensor_of(8, 4, table)));
}

/* Queries and keys are rotated, the values after them copied; x is a band of a wider matrix. */
static void rope_part(gradient_case *c)
{
    static qp_real table[8 * 2];
    static const int32_t position[] = {5, 6, 0};
    sinusoids(0, 8, 2, 100, true, table);
    qp_tensor x = qp_tensor_columns(gradient_input(c, 3, 11), 3, 7);
    gradient_output(c, qp_rope(c->tape, x, 2, c->option ? 3 : 2, position, qp_tensor_of(8, 2, table)));
}

/* Distance vectors: gradients of the query, or the weights, and the table; option: bands of wider matrices. */
static const int32_t near_start[] = {0, 3, 4}, far_start[] = {0, 3, 9};
static const qp_sequences near_rows = {.count = 2, .start = near_start}, far_rows = {.count = 2, .start = far_start};

static void distance_scores(gradient_case *c)
{
    qp_tensor query = gradient_input(c, 5, c->option ? 7 : 6), table = gradient_input(c, 5, c->option ? 4 : 3);
    if (c->option) query = qp_tensor_columns(query, 1, 6), table = qp_tensor_columns(table, 1, 3);
    gradient_output(c, qp_distance_scores(c->tape, query, table, near_rows, far_rows, 2, (qp_real)0.7));
}

static void distance_values(gradient_case *c)
{
    qp_tensor weights = gradient_input(c, 2 * (9 + 6), 1), table = gradient_input(c, 5, 3);
    gradient_output(c, qp_distance_values(c->tape, weights, table, near_rows, far_rows, 2, 5));
}

static void bag(gradient_case *c)
{
    static const int32_t start[] = {0, 3, 3, 5}, id[] = {1, 4, 0, 4, 2};
    static const qp_real weight[] = {1, (qp_real)0.5, 2, 1, (qp_real)0.25};
    const qp_ids ids = {.sequences = {.count = 3, .start = start}, .id = id};
    qp_tensor table = gradient_input(c, 5, 3), bias = gradient_input(c, 1, 3);
    gradient_output(c, qp_bag(c->tape, table, bias, ids, weight));
}

static void overlap(gradient_case *c)
{
    qp_tensor a = gradient_input(c, 7, 1);
    gradient_output(c, qp_attention_overlap(c->tape, a, gradient_input(c, 7, 1)));
}

/* A constant [rows, 3]. */
static qp_tensor still_points(qp_tape *tape, int rows)
{
    qp_tensor made = qp_tape_constant(tape, rows, 3);
    for (int i = 0; made.value && i < rows * 3; i++) made.value[i] = (qp_real)0.17 * (qp_real)(i * 5 % 11 - 5);
    return made;
}

/* The term of z alone: from the loss with beta, the one without it is taken, which has the same value and no gradient
 * here. */
static void quantize_rows(gradient_case *c)
{
    qp_tensor z = gradient_input(c, 5, 3), same = z, codebook = still_points(c->tape, 4), loss[2];
    const int32_t *code;
    same.node = NULL;
    qp_quantize(c->tape, z, codebook, NULL, (qp_real)0.25, &code, &loss[0]);
    qp_quantize(c->tape, same, codebook, NULL, 0, &code, &loss[1]);
    gradient_output(c, qp_add(c->tape, loss[0], qp_scale(c->tape, loss[1], -1)));
}

static void quantize_codebook(gradient_case *c)
{
    static const bool alive[] = {true, true, false, true};
    qp_tensor codebook = gradient_input(c, 4, 3), loss;
    const int32_t *code;
    qp_quantize(c->tape, still_points(c->tape, 5), codebook, alive, 0, &code, &loss);
    gradient_output(c, loss);
}

const gradient_row gradient_rows_places[] = {
    {"qp_bag", "one empty", bag, 0},
    {"qp_rope", "two heads", rope, 0},
    {"qp_rope", "band, columns that stay", rope_part, 0},
    {"qp_rope", "columns of each head that stay", rope_part, 1},
    {"qp_quantize", "the rows", quantize_rows, 0},
    {"qp_quantize", "the codebook", quantize_codebook, 0},
    {"qp_attention_overlap", "columns", overlap, 0},
    {"qp_distance_scores", "two heads", distance_scores, 0},
    {"qp_distance_scores", "bands", distance_scores, 1},
    {"qp_distance_values", "two heads", distance_values, 0},
    {0},
};
