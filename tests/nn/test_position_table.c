#include "lib/nn/position_table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* The equations of position_table.h, in plain loops. */

enum { POSITIONS = 70, WIDTH = 12, HALF = WIDTH / 2, LENGTH = 16 };

static double frequency_of(const qp_position_table_config *c, double base, int i)
{
    const qp_rope_scaling *s = &c->scaling;
    double f = c->order == QP_SINUSOID_FAIRSEQ ? pow(base, -i / (HALF - 1.0)) : pow(base, -2.0 * i / WIDTH), share = 1;
    double turns = s->length * f / (2 * M_PI);
    if (s->kind == QP_ROPE_LINEAR) share = 0;
    if (s->kind == QP_ROPE_LLAMA3) {
        share = turns < s->slow ? 0 : turns > s->fast ? 1 : (turns - s->slow) / (s->fast - s->slow);
    }
    if (s->kind == QP_ROPE_YARN) { /* the index whose frequency turns so many times in the length, rounded outwards */
        double low = floor(WIDTH / 2.0 * log(s->length / (2 * M_PI * s->fast)) / log(base));
        double high = ceil(WIDTH / 2.0 * log(s->length / (2 * M_PI * s->slow)) / log(base));
        if (low < 0) low = 0;
        if (high > WIDTH - 1) high = WIDTH - 1;
        share = i <= low ? 1 : i >= high ? 0 : 1 - (i - low) / (high - low);
    }
    return share * f + (1 - share) * f / s->factor;
}

/* Row `row` of the table has the waves of position first + row. */
static void check_row(const qp_position_table_config *c, double base, int row, const qp_real *value)
{
    double magnitude = 1;
    if (c->scaling.kind == QP_ROPE_YARN)
        magnitude = c->scaling.magnitude > 0 ? c->scaling.magnitude : 1 + log(c->scaling.factor) / 10;
    for (int i = 0; i < HALF; i++) {
        double angle = (c->first + row) * frequency_of(c, base, i);
        bool pairs = c->order == QP_SINUSOID_INTERLEAVED;
        double sine = (double)value[pairs ? 2 * i : i], cosine = (double)value[pairs ? 2 * i + 1 : HALF + i];
        cr_expect_float_eq(sine, magnitude * sin(angle), 2e-6, "order %d, kind %d, row %d, sine %d: %g", (int)c->order,
                           (int)c->scaling.kind, row, i, sine);
        cr_expect_float_eq(cosine, magnitude * cos(angle), 2e-6, "order %d, kind %d, row %d, cosine %d: %g",
                           (int)c->order, (int)c->scaling.kind, row, i, cosine);
    }
}

Test(position_table, orders_and_scalings_are_their_equations)
{
    static const qp_position_table_config tables[] = {
        {POSITIONS, WIDTH, 0, 10000, QP_SINUSOID_INTERLEAVED, {.kind = QP_ROPE_PLAIN}},
        {POSITIONS, WIDTH, 2, 10000, QP_SINUSOID_HALVES, {.kind = QP_ROPE_PLAIN}},
        {POSITIONS, WIDTH, 2, 10000, QP_SINUSOID_FAIRSEQ, {.kind = QP_ROPE_PLAIN}},
        {POSITIONS, WIDTH, 0, 500, QP_SINUSOID_HALVES, {.kind = QP_ROPE_LINEAR, .factor = 4, .length = LENGTH}},
        {POSITIONS,
         WIDTH,
         0,
         10,
         QP_SINUSOID_HALVES,
         {.kind = QP_ROPE_LLAMA3, .factor = 4, .slow = 0.5, .fast = 2, .length = LENGTH}},
        {POSITIONS,
         WIDTH,
         0,
         10,
         QP_SINUSOID_HALVES,
         {.kind = QP_ROPE_YARN, .factor = 4, .slow = 0.5, .fast = 2, .length = LENGTH}},
        {POSITIONS,
         WIDTH,
         0,
         10,
         QP_SINUSOID_HALVES,
         {.kind = QP_ROPE_YARN, .factor = 4, .slow = 0.5, .fast = 2, .magnitude = 0.75, .length = LENGTH}},
    };
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        qp_position_table_config c = tables[t];
        if (c.scaling.factor == 0) c.scaling.factor = 1;
        qp_position_table *table;
        cr_assert_eq(qp_position_table_new(&c, &table), QP_OK, "%s", qp_error_message());
        static const int wanted[] = {1, 3, POSITIONS, POSITIONS + 5};
        for (int k = 0; k < 4; k++) {
            qp_tensor all = qp_position_table_rows(table, wanted[k]);
            cr_assert(all.rows == POSITIONS && all.columns == WIDTH);
            for (int r = 0; r < wanted[k] && r < POSITIONS; r++) check_row(&c, c.base, r, qp_tensor_row(all, r));
        }
        cr_expect_eq(qp_position_table_width(table), WIDTH);
        cr_expect_not(qp_position_table_stretched(table, POSITIONS), "only dynamic ones");
        qp_position_table_free(table);
    }
}

/* A text longer than the learned length turns by a larger base, which follows from its length. */
Test(position_table, dynamic_scaling_depends_on_the_text)
{
    const qp_position_table_config c = {
        POSITIONS, WIDTH, 0, 100, QP_SINUSOID_HALVES, {.kind = QP_ROPE_DYNAMIC, .factor = 3, .length = LENGTH}};
    qp_position_table *table;
    qp_real row[5 * WIDTH];
    cr_assert_eq(qp_position_table_new(&c, &table), QP_OK, "%s", qp_error_message());
    cr_expect_not(qp_position_table_stretched(table, LENGTH));
    cr_expect(qp_position_table_stretched(table, LENGTH + 1));
    for (int r = 0; r < LENGTH; r++) check_row(&c, c.base, r, qp_tensor_row(qp_position_table_rows(table, LENGTH), r));
    for (int tokens = LENGTH + 1; tokens < 60; tokens += 21) {
        double base = c.base * pow(3.0 * tokens / LENGTH - 2, (double)WIDTH / (WIDTH - 2));
        cr_assert_eq(qp_position_table_stretch(table, tokens, 7, 5, row), QP_OK, "%s", qp_error_message());
        for (int r = 0; r < 5; r++) check_row(&c, base, 7 + r, row + r * WIDTH);
    }
    qp_position_table_free(table);
}
