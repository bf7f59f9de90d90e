#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/model/model_check.h"

/* --init and --init-gain reach every kind of matrix but embeddings. */

typedef struct {
    double deviation, largest;
} spread;

static spread spread_of(const qp_model *model, const char *name)
{
    qp_params *params = qp_model_params(model);
    int index = qp_params_find(params, name);
    cr_assert_geq(index, 0, "%s", name);
    const qp_real *value = qp_params_value(params, index);
    int count = qp_params_at(params, index)->rows * qp_params_at(params, index)->columns;
    double squares = 0, largest = 0;
    for (int i = 0; i < count; i++) {
        squares += (double)value[i] * (double)value[i];
        largest = fmax(largest, fabs((double)value[i]));
    }
    return (spread){sqrt(squares / count), largest};
}

/* One matrix of each part that draws some: encoder layers, recurrent layers, attention, convolutions. */
static const struct {
    const char *encoder, *decoder, *name;
    bool recurrent;
} part[] = {
    {"encoder=transformer", "decoder=transformer", "encoder.layers.0.linear1.weight", false},
    {"encoder=transformer", "decoder=transformer", "decoder.layers.1.multihead_attn.kv_proj_weight", false},
    {"encoder=gru", "decoder=lstm", "encoder.weight_ih_l0", true},
    {"encoder=gru", "decoder=lstm", "decoder.weight_hh_l0", true},
    {"encoder=conv", "decoder=gru", "encoder.layers.0.convolution.weight", false},
};
enum { PARTS = sizeof part / sizeof *part };

Test(model_init, auto_is_xaviers_and_one_over_the_root_of_the_state)
{
    for (int i = 0; i < PARTS; i++) {
        qp_model *model = model_small((const char *const[]){part[i].encoder, part[i].decoder}, 2);
        spread seen = spread_of(model, part[i].name);
        cr_expect_float_eq(seen.deviation, seen.largest / sqrt(3), 0.1 * seen.deviation, "%s: uniform", part[i].name);
        if (part[i].recurrent) cr_expect_float_eq(seen.largest, 1 / sqrt(32), 0.01, "%s", part[i].name);
        qp_model_free(model);
    }
}

Test(model_init, a_kind_reaches_every_part)
{
    for (int i = 0; i < PARTS; i++) {
        qp_model *model =
            model_small((const char *const[]){part[i].encoder, part[i].decoder, "init=normal", "init_gain=0.05"}, 4);
        spread seen = spread_of(model, part[i].name);
        cr_expect_float_eq(seen.deviation, 0.05, 0.004, "%s: %g", part[i].name, seen.deviation);
        cr_expect_gt(seen.largest, 0.05 * 2.5, "%s: no normal has so small a largest value", part[i].name);
        qp_model_free(model);
    }
}

/* Each name of --init draws with the deviation of its equation. */
Test(model_init, names_are_their_equations)
{
    const double in = 32, out = 48;
    const struct {
        const char *setting;
        double deviation;
    } kind[] = {{"init=uniform", 1 / sqrt(3)},
                {"init=normal", 1},
                {"init=xavier-uniform", sqrt(2 / (in + out))},
                {"init=xavier-normal", sqrt(2 / (in + out))},
                {"init=he-uniform", sqrt(2 / in)},
                {"init=he-normal", sqrt(2 / in)},
                {"init=lecun-uniform", sqrt(1 / in)},
                {"init=lecun-normal", sqrt(1 / in)},
                {"init=orthogonal", sqrt(1 / out)}};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        qp_model *model =
            model_small((const char *const[]){"encoder=transformer", "decoder=transformer", kind[i].setting}, 3);
        spread seen = spread_of(model, "encoder.layers.0.linear1.weight");
        cr_expect_float_eq(seen.deviation, kind[i].deviation, 0.05 * kind[i].deviation, "%s: %g", kind[i].setting,
                           seen.deviation);
        bool uniform = fabs(seen.largest / seen.deviation - sqrt(3)) < 0.1;
        if (!strstr(kind[i].setting, "orthogonal")) cr_expect_eq(uniform, strstr(kind[i].setting, "uniform") != NULL);
        qp_model_free(model);
    }
}
