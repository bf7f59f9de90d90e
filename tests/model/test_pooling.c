#include <criterion/criterion.h>
#include <math.h>

#include "lib/base/random.h"
#include "lib/model/pooling.h"

/* Each pooling against a plain loop, over sources of 1, 4 and 2 rows. */

enum { WIDTH = 5, ROWS = 7 };
static const int32_t start[] = {0, 1, 5, 7};

static qp_real output_value(int r, int c) { return (qp_real)(2 * qp_random_uniform(3, (uint64_t)(r * WIDTH + c)) - 1); }

static qp_encoded encoded_on(qp_tape *tape)
{
    qp_encoded e = {.sequences = {.count = 3, .start = start}, .output = qp_tape_constant(tape, ROWS, WIDTH)};
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < WIDTH; c++) qp_tensor_row(e.output, r)[c] = output_value(r, c);
    return e;
}

typedef struct {
    qp_params *params;
    qp_pooling pooling;
} pooled;

static pooled make(int kind)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.pooling = kind;
    config.attention_size = 3;
    const qp_encoder encoder = {.output_width = WIDTH, .summary_width = WIDTH};
    pooled p = {.params = qp_params_new()};
    p.pooling = qp_pooling_add(p.params, &config, &encoder);
    cr_assert_eq(qp_params_finish(p.params), QP_OK);
    qp_params_initialise(p.params, 4);
    return p;
}

static double expected(int kind, int i, int c)
{
    double sum = 0, most = -INFINITY;
    for (int r = start[i]; r < start[i + 1]; r++) {
        sum += (double)output_value(r, c);
        most = fmax(most, (double)output_value(r, c));
    }
    switch (kind) {
    case QP_POOLING_LAST: return (double)output_value(start[i + 1] - 1, c);
    case QP_POOLING_CLASS_TOKEN: return (double)output_value(start[i], c);
    case QP_POOLING_MAX: return most;
    default: return sum / (start[i + 1] - start[i]);
    }
}

Test(test_pooling, rows_are_taken_or_put_together)
{
    for (int kind = QP_POOLING_AUTO; kind <= QP_POOLING_CLASS_TOKEN; kind++) {
        if (kind == QP_POOLING_ATTENTION) continue;
        pooled p = make(kind);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_INFER, 0);
        qp_encoded encoded = encoded_on(tape);
        qp_tensor y = qp_pooling_forward(&p.pooling, tape, &encoded, NULL);
        cr_assert(y.rows == 3 && y.columns == WIDTH && p.pooling.width == WIDTH && !p.pooling.from_states);
        for (int i = 0; i < 3; i++)
            for (int c = 0; c < WIDTH; c++)
                cr_expect_float_eq((double)qp_tensor_row(y, i)[c], expected(kind, i, c), 1e-6, "kind %d", kind);
        qp_tape_free(tape);
        qp_params_free(p.params);
    }
}

/* energy . tanh(key m_r + query) */
static double score(pooled *p, int r)
{
    const qp_real *query = qp_params_value(p->params, p->pooling.query),
                  *key = qp_params_value(p->params, p->pooling.key);
    const qp_real *energy = qp_params_value(p->params, p->pooling.energy);
    double sum = 0;
    for (int a = 0; a < 3; a++) {
        double inner = (double)query[a];
        for (int c = 0; c < WIDTH; c++) inner += (double)key[a * WIDTH + c] * (double)output_value(r, c);
        sum += (double)energy[a] * tanh(inner);
    }
    return sum;
}

Test(test_pooling, attention_weighs_by_a_small_network)
{
    pooled p = make(QP_POOLING_ATTENTION);
    for (int a = 0; a < 3; a++) qp_params_value(p.params, p.pooling.query)[a] = (qp_real)(0.3 * a - 0.2);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_encoded encoded = encoded_on(tape);
    qp_tensor y = qp_pooling_forward(&p.pooling, tape, &encoded, NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    for (int i = 0; i < 3; i++)
        for (int c = 0; c < WIDTH; c++) {
            double sum = 0, whole = 0;
            for (int r = start[i]; r < start[i + 1]; r++) {
                sum += exp(score(&p, r)) * (double)output_value(r, c);
                whole += exp(score(&p, r));
            }
            cr_expect_float_eq((double)qp_tensor_row(y, i)[c], sum / whole, 1e-5);
        }
    qp_tape_free(tape);
    qp_params_free(p.params);
}

Test(test_pooling, an_empty_source_is_refused)
{
    static const int32_t empty[] = {0, 3, 3, 7};
    pooled p = make(QP_POOLING_MEAN);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_encoded encoded = encoded_on(tape);
    encoded.sequences.start = empty;
    qp_pooling_forward(&p.pooling, tape, &encoded, NULL);
    cr_expect_eq(qp_tape_status(tape), QP_ESHAPE);
    qp_tape_free(tape);
    qp_params_free(p.params);
}
