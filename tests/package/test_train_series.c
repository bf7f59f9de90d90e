#include "lib/run/train_series.h"

#include <criterion/criterion.h>

/* A model must have a place for every row of a window; a larger --max-length stays. */
Test(train_series, the_model_is_as_long_as_a_window)
{
    static const int asked[] = {4, 8, 9}, made[] = {8, 8, 9};
    qp_package package = {.scaling = {.columns = 3, .window = 8}};
    const qp_train_data data = {.package = &package};
    for (int i = 0; i < 3; i++) {
        qp_model_config model = {.max_length = asked[i]};
        qp_series_sizes(&data, &model);
        cr_expect_eq(model.max_length, made[i], "of %d", asked[i]);
        cr_expect_eq(model.features, 3);
    }
}
