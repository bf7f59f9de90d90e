#include "lib/nn/embedding.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { VOCABULARY = 6, WIDTH = 8, WORDS = 4, POSITIONS = 1200, ROWS = 5 };

static const int32_t start[] = {0, 3, ROWS};
static const qp_sequences sequences = {.count = 2, .start = start};
static const int32_t id[ROWS] = {1, 5, 0, 2, 5}, segment[ROWS] = {0, 1, 1, 2, 0};

static double weight_at(qp_params *params, const char *name, int index)
{
    int i = qp_params_find(params, name);
    cr_assert_geq(i, 0, "%s", name);
    return (double)qp_params_value(params, i)[index];
}

/* Element i of the table of Vaswani et al. 2017 and its relatives at a position, d columns. */
static double sinusoid(const qp_embedding_config *c, int position, int i, int d)
{
    bool halves = c->order != QP_SINUSOID_INTERLEAVED;
    int k = halves ? i % (d / 2) : i / 2;
    double power = c->order == QP_SINUSOID_FAIRSEQ ? k / (d / 2.0 - 1) : 2.0 * k / d;
    double angle = (c->first_position + position) * pow(10000, -power);
    return (halves ? i >= d / 2 : i % 2) ? cos(angle) : sin(angle);
}

/* y = W (scale E[id] + P + S) + b, or W scale E[id] + P + S, in double. */
static void plain(const qp_embedding_config *c, qp_params *params, int r, int position, double *y)
{
    int words = c->words ? c->words : c->width, width = c->words && c->sum_first ? c->words : c->width;
    double scale = c->scaled ? sqrt(c->width) : 1, x[WIDTH];
    for (int i = 0; i < words; i++) x[i] = scale * weight_at(params, "e.weight", id[r] * words + i);
    bool first = c->words && !c->sum_first;
    for (int o = 0; first && o < c->width; o++) {
        y[o] = 0;
        for (int i = 0; i < words; i++) y[o] += weight_at(params, "e.word_map.weight", o * words + i) * x[i];
    }
    if (first) memcpy(x, y, sizeof x);
    for (int i = 0; i < width; i++) {
        if (c->position_kind == QP_POSITION_SINUSOIDAL) x[i] += sinusoid(c, position, i, width);
        if (c->position_kind == QP_POSITION_LEARNED)
            x[i] += weight_at(params, "e.positions.weight", position * width + i);
        if (c->segments) x[i] += weight_at(params, "e.segments.weight", segment[r] * width + i);
    }
    if (!c->words || first) {
        memcpy(y, x, sizeof x);
        return;
    }
    for (int o = 0; o < c->width; o++) {
        y[o] = weight_at(params, "e.word_map.bias", o);
        for (int i = 0; i < words; i++) y[o] += weight_at(params, "e.word_map.weight", o * words + i) * x[i];
    }
}

static void check(const char *what, const qp_embedding_config *c, int offset)
{
    qp_params *params = qp_params_new();
    qp_embedding_module embedding;
    int weight = qp_embedding_add_weight(params, VOCABULARY, c->words ? c->words : c->width, c->scaled, "e");
    cr_assert_eq(qp_embedding_init(&embedding, params, c, weight, "e"), QP_OK);
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, 7);
    int bias = qp_params_find(params, "e.word_map.bias");
    for (int i = 0; bias >= 0 && i < WIDTH; i++) qp_params_value(params, bias)[i] = (qp_real)(0.1 * (i + 1));
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor y = c->segments ? qp_embedding_forward_segments(&embedding, tape, params, sequences, ROWS, id, segment)
                              : qp_embedding_forward(&embedding, tape, params, sequences, ROWS, id, offset);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s: %s", what, qp_tape_message(tape));
    cr_assert(y.rows == ROWS && y.columns == WIDTH);
    for (int r = 0; r < ROWS; r++) {
        double expected[WIDTH];
        plain(c, params, r, offset + r - start[r >= start[1]], expected);
        for (int i = 0; i < WIDTH; i++)
            cr_expect_float_eq((double)qp_tensor_row(y, r)[i], expected[i], 2e-6, "%s: row %d, column %d", what, r, i);
    }
    qp_tape_free(tape);
    qp_embedding_free(&embedding);
    qp_params_free(params);
}

Test(embedding, it_is_a_plain_loop)
{
    const qp_embedding_config base = {.width = WIDTH, .positions = POSITIONS, .scaled = true};
    qp_embedding_config c = base;
    check("words alone", &c, 0);
    c.scaled = false;
    check("not scaled", &c, 0);
    c.position_kind = QP_POSITION_LEARNED;
    check("learned", &c, 0);
    check("learned, later", &c, 7);
    c = base;
    c.position_kind = QP_POSITION_SINUSOIDAL;
    for (int order = QP_SINUSOID_INTERLEAVED; order <= QP_SINUSOID_FAIRSEQ; order++) {
        c.order = (qp_sinusoid)order;
        check("sinusoidal", &c, 0);
        check("sinusoidal, far", &c, 1100);
        c.first_position = 2;
        check("sinusoidal, from 2", &c, 3);
        c.first_position = 0;
    }
    c.segments = 3;
    check("segments", &c, 0);
    c.words = WORDS;
    check("another width of words", &c, 0);
    c.sum_first = true;
    check("the sum is mapped", &c, 0);
}

/* What is outside a table is reported, not read. */
Test(embedding, what_is_outside_is_refused)
{
    static const int32_t unknown[ROWS] = {1, VOCABULARY, 0, 2, 5}, negative[ROWS] = {1, -1, 0, 2, 5};
    const qp_embedding_config c = {.width = WIDTH, .positions = 4, .position_kind = QP_POSITION_LEARNED};
    qp_params *params = qp_params_new();
    qp_embedding_module embedding;
    cr_assert_eq(
        qp_embedding_init(&embedding, params, &c, qp_embedding_add_weight(params, VOCABULARY, WIDTH, true, "e"), "e"),
        QP_OK);
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_tape *tape = qp_tape_new();
    const struct {
        const int32_t *id;
        int offset;
        qp_status status;
    } row[] = {{id, 0, QP_OK}, {id, 1, QP_OK}, {id, 2, QP_ESHAPE}, {unknown, 0, QP_ESHAPE}, {negative, 0, QP_ESHAPE}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_tape_begin(tape, QP_INFER, 0);
        qp_embedding_forward(&embedding, tape, params, sequences, ROWS, row[i].id, row[i].offset);
        cr_expect_eq(qp_tape_status(tape), row[i].status, "row %zu", i);
    }
    qp_tape_free(tape);
    qp_embedding_free(&embedding);
    qp_params_free(params);
}
