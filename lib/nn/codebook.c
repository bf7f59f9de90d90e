#include "lib/nn/codebook.h"

#include <math.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/grad/op_quantize.h"
#include "lib/grad/penalty.h"
#include "lib/nn/statistic.h"

static const double KEEP = 0.99;

/* A code that is used less often than this an update starts again, with a weight that keeps it for some updates. */
static const qp_real RARE = (qp_real)0.02, AGAIN = 4, COMMITMENT = (qp_real)0.25;

qp_codebook qp_codebook_add(qp_params *params, int codes, int width, int parts, const char *name)
{
    int sums = qp_statistic_add(params, codes, 1 + width / parts, KEEP, name);
    return (qp_codebook){.sums = sums, .codes = codes, .width = width, .parts = parts};
}

/* x as one row a part. */
static qp_tensor split(const qp_codebook *c, qp_tensor x)
{
    x.rows *= c->parts;
    x.columns = x.stride = c->width / c->parts;
    return x;
}

/* The codebook, and which of its rows are codes; returns how many. */
static int read_codes(qp_tensor sums, qp_tensor codebook, bool *alive)
{
    int count = 0;
    for (int i = 0; i < sums.rows; i++) {
        const qp_real *from = qp_tensor_row(sums, i);
        alive[i] = from[0] > 0;
        count += alive[i];
        for (int k = 0; k < codebook.columns; k++)
            qp_tensor_row(codebook, i)[k] = alive[i] ? from[1 + k] / from[0] : 0;
    }
    return count;
}

static void count(qp_real *seen, int columns, const qp_real *z, qp_real weight)
{
    seen[0] += weight;
    for (int k = 0; k < columns; k++) seen[1 + k] += weight * z[k];
}

/* What this shard saw: every part at its code, and a random part at every code that is rarely used. */
static void observe(const qp_codebook *c, qp_tape *tape, const qp_params *params, qp_tensor z, const int32_t *code)
{
    const qp_tensor sums = qp_param(tape, params, c->sums);
    const size_t all = (size_t)sums.rows * (size_t)sums.columns;
    uint64_t key = qp_tape_next_key(tape);
    size_t mark = qp_tape_mark(tape);
    qp_real *seen = qp_tape_memory(tape, all * sizeof *seen);
    if (seen && z.rows > 0) {
        memset(seen, 0, all * sizeof *seen);
        for (int r = 0; code && r < z.rows; r++)
            count(seen + (size_t)code[r] * (size_t)sums.columns, z.columns, qp_tensor_row(z, r), 1);
        for (int i = 0; i < c->codes; i++) {
            int row = (int)qp_random_below(key, (uint64_t)i, (uint64_t)z.rows);
            if (qp_tensor_row(sums, i)[0] >= RARE) continue;
            count(seen + (size_t)i * (size_t)sums.columns, z.columns, qp_tensor_row(z, row), AGAIN);
        }
        qp_statistic_observe(tape, params, c->sums, seen);
    }
    qp_tape_rewind(tape, mark);
}

qp_tensor qp_codebook_forward(const qp_codebook *c, qp_tape *tape, const qp_params *params, qp_tensor x,
                              const int32_t **code)
{
    qp_tensor z = split(c, x), codebook = qp_tape_constant(tape, c->codes, c->width / c->parts), loss;
    bool *alive = qp_tape_memory(tape, (size_t)c->codes * sizeof *alive);
    *code = NULL;
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    bool empty = read_codes(qp_param(tape, params, c->sums), codebook, alive) == 0;
    qp_tensor y = empty ? z : qp_quantize(tape, z, codebook, alive, COMMITMENT, code, &loss);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!empty) qp_penalty_add(tape, loss, 1);
    if (qp_tape_training(tape)) observe(c, tape, params, z, *code);
    y.rows = x.rows;
    y.columns = y.stride = x.columns;
    return y;
}

qp_tensor qp_codebook_vectors(const qp_codebook *c, qp_tape *tape, const qp_params *params, qp_ids code)
{
    const int width = c->width / c->parts;
    qp_tensor codebook = qp_tape_constant(tape, c->codes, width);
    qp_tensor made = qp_tape_constant(tape, code.sequences.count, c->width);
    bool *alive = qp_tape_memory(tape, (size_t)c->codes * sizeof *alive);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    read_codes(qp_param(tape, params, c->sums), codebook, alive);
    for (int i = 0; i < made.rows; i++) {
        const int32_t *id = code.id + code.sequences.start[i];
        bool whole = qp_sequence_length(code.sequences, i) == c->parts + 1;
        for (int k = 0; k < c->parts; k++) {
            if (!whole || id[k] < 0 || id[k] >= c->codes || !alive[id[k]])
                return qp_tape_fail(tape, QP_EDATA, "a line of codes needs %d numbers, all of codes in use", c->parts);
            memcpy(qp_tensor_row(made, i) + (ptrdiff_t)k * width, qp_tensor_row(codebook, id[k]),
                   (size_t)width * sizeof *made.value);
        }
    }
    return made;
}

int qp_codebook_use(const qp_parameter *p, const qp_real *value, double *perplexity)
{
    double sum = 0, entropy = 0;
    int used = 0;
    for (int i = 0; i < p->rows; i++) sum += (double)value[(ptrdiff_t)i * p->columns];
    for (int i = 0; i < p->rows; i++) {
        double share = sum > 0 ? (double)value[(ptrdiff_t)i * p->columns] / sum : 0;
        used += share > 0;
        if (share > 0) entropy -= share * log(share);
    }
    *perplexity = exp(entropy);
    return used;
}
