#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/penalty.h"
#include "lib/nn/codebook.h"
#include "lib/nn/statistic.h"

enum { CODES = 4, WIDTH = 4, PARTS = 2, ROWS = 2 };

static bool none_frozen(const void *self, const char *name) { return self && name; }

/* Four parts, one at each corner of a square. */
static qp_real corner[ROWS * WIDTH] = {1, 1, -1, 1, -1, -1, 1, -1};

static qp_tensor one_update(const qp_codebook *c, qp_tape *tape, qp_params *params, qp_gradient *gradient, uint64_t key,
                            const int32_t **code)
{
    qp_tape_begin(tape, QP_TRAIN, key);
    qp_gradient_begin(gradient, params);
    qp_tape_bind(tape, gradient->node);
    qp_tensor y = qp_codebook_forward(c, tape, params, qp_tensor_of(ROWS, WIDTH, corner), code);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    qp_gradient_finish(gradient, params);
    const qp_real *block = gradient->block;
    qp_statistic_follow(params, &block, 1, none_frozen, NULL, NULL);
    return y;
}

Test(codebook, codes_follow_what_they_stand_for)
{
    qp_params *params = qp_params_new();
    qp_codebook c = qp_codebook_add(params, CODES, WIDTH, PARTS, "book");
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, 1);
    qp_gradient gradient;
    cr_assert_eq(qp_gradient_init(&gradient, params), QP_OK);
    qp_tape *tape = qp_tape_new();
    const int32_t *code;
    qp_tensor y = one_update(&c, tape, params, &gradient, 1, &code);
    cr_expect_null(code, "nothing was seen yet");
    cr_expect_arr_eq(y.value, corner, sizeof corner);
    y = one_update(&c, tape, params, &gradient, 2, &code);
    double distance = 0;
    for (int i = 0; i < ROWS * WIDTH; i++) distance += pow((double)(y.value[i] - corner[i]), 2) / (ROWS * WIDTH);
    cr_assert_gt(distance, 0.1, "four draws of four parts do not hit all of them");
    const double penalty = (double)qp_penalty_take(tape).value[0];
    cr_expect_float_eq(penalty, 1.25 * distance, 1e-6, "%g: 0.25 of the distance pulls the parts", penalty);
    for (int i = 0; i < 3000; i++) y = one_update(&c, tape, params, &gradient, (uint64_t)i + 3, &code);
    double perplexity;
    int used = qp_codebook_use(qp_params_at(params, c.sums), qp_params_value(params, c.sums), &perplexity);
    cr_expect_eq(used, CODES);
    cr_expect_gt(perplexity, 2);
    qp_tape_begin(tape, QP_INFER, 1);
    y = qp_codebook_forward(&c, tape, params, qp_tensor_of(ROWS, WIDTH, corner), &code);
    int32_t line[2 * (PARTS + 1)];
    static const int32_t start[] = {0, PARTS + 1, 2 * (PARTS + 1)};
    for (int i = 0; i < 2; i++) {
        memcpy(line + i * (PARTS + 1), code + i * PARTS, PARTS * sizeof *line);
        line[i * (PARTS + 1) + PARTS] = QP_EOS;
    }
    qp_ids ids = {{.count = 2, .start = start}, line};
    qp_tensor again = qp_codebook_vectors(&c, tape, params, ids);
    cr_expect_arr_eq(again.value, y.value, ROWS * WIDTH * sizeof(qp_real), "codes give the vectors back");
    line[0] = CODES;
    cr_expect_null(qp_codebook_vectors(&c, tape, params, ids).value, "no such code");
    cr_expect_eq(qp_tape_status(tape), QP_EDATA);
    qp_gradient_free(&gradient);
    qp_tape_free(tape);
    qp_params_free(params);
}
