#include <criterion/criterion.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "lib/model/model_file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("a.safetensors", false); }

TestSuite(cmd_average, .init = set_up, .fini = small_model_clean);

#define AVERAGE(...) RUN(qp_cmd_average, NULL, "average", __VA_ARGS__)

/* Adds `sum` to the first weight of a.safetensors, saves that as `name` if there is one, and returns the weight. */
static double first_weight(const char *path, double sum, const char *name)
{
    qp_model *model;
    qp_model_texts texts;
    cr_assert_eq(qp_model_file_load(path, &model, &texts), QP_OK, "%s", qp_error_message());
    qp_real *weight = qp_params_value(qp_model_params(model), 0);
    weight[0] += (qp_real)sum;
    double value = (double)weight[0];
    if (name) cr_assert_eq(qp_model_file_save(name, model, &texts), QP_OK, "%s", qp_error_message());
    qp_model_free(model);
    qp_model_texts_free(&texts);
    return value;
}

Test(cmd_average, mean_of_the_weights)
{
    double first = first_weight("a.safetensors", 0, NULL);
    double second = first_weight("a.safetensors", 3, "b.safetensors");
    cr_assert_eq(AVERAGE("-o", "mean.safetensors", "a.safetensors", "a.safetensors", "b.safetensors"), 0, "%s",
                 small_err);
    cr_assert_float_eq(first_weight("mean.safetensors", 0, NULL), (2 * first + second) / 3, 1e-5);
    cr_assert_eq(RUN(qp_cmd_translate, "the cat\n", "translate", "-m", "mean.safetensors"), 0, "%s", small_err);
}

Test(cmd_average, mistakes)
{
    cr_assert_eq(AVERAGE("a.safetensors"), 2);
    cr_assert(strstr(small_err, "name it with -o MODEL"), "%s", small_err);
    cr_assert_eq(AVERAGE("-o", "mean.safetensors"), 2);
    cr_assert(strstr(small_err, "no checkpoints"), "%s", small_err);
    cr_assert_eq(AVERAGE("-o", "mean.safetensors", "a.safetensors", "nowhere"), 66, "%s", small_err);
    small_model_write("language.safetensors", true);
    cr_assert_eq(AVERAGE("-o", "mean.safetensors", "a.safetensors", "language.safetensors"), 65, "%s", small_err);
    cr_assert(strstr(small_err, "language.safetensors"), "%s", small_err);
    cr_assert_not(qp_file_exists("mean.safetensors"));
}
