#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

static void set_up(void) { small_task_train("mlm", 5); }

TestSuite(predict_masks, .init = set_up, .fini = small_model_clean);

#define PREDICT(input, ...) RUN(qp_cmd_predict, input, "predict", "-m", "m.safetensors", __VA_ARGS__)

Test(predict_masks, only_masks_are_replaced)
{
    cr_assert_eq(PREDICT("w0 [MASK] w2\nw1 w2\n\n", "-t1"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 3);
    cr_assert(STARTS(small_out, "w0 w") && strstr(small_out, " w2\nw1 w2\n\n"), "%s", small_out);
}

Test(predict_masks, candidates_most_probable_first)
{
    cr_assert_eq(PREDICT("w0 [MASK] w2\n", "--top", "2"), 0, "%s", small_err);
    char *tab = strchr(small_out, '\t'), first[20], second[20];
    double p, q;
    cr_assert(tab && sscanf(tab, "%19s %lf, %19s %lf", first, &p, second, &q) == 4, "%s", small_out);
    cr_assert(p >= q && q > 0 && p + q <= 1.0001, "%s", small_out);
}
