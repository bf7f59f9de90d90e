#define _GNU_SOURCE
#include "cli/base/model_table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/package/package.h"
#include "tests/cli/small_model.h"

static qp_module_cost module[] = {
    {"layers.0-1.linear", 2, 3, 4, 24, 999}, {"norm", 1, 1, 5, 5, 0}, {"attention", 1, 0, 0, 0, 12345678}};
static const qp_model_cost cost = {module, 3, 29, 2e9};

Test(model_table, modules_and_sums)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    cr_assert_eq(qp_model_table_print(stream, &cost), QP_OK);
    fclose(stream);
    cr_assert_str_eq(strstr(text, "module"), "module                 shape       parameters  forward  training\n"
                                             "layers.0-1.linear      2 x [3, 4]          24      999    3.00 k\n"
                                             "norm                   [5]                  5        0         0\n"
                                             "attention              -                    0   12.3 M    37.0 M\n"
                                             "all, per target token                      29   2.00 G    6.00 G\n");
    free(text);
}

Test(model_table, json)
{
    qp_text_buffer out = {0};
    qp_model_table_json(&cost, &out);
    qp_text_add(&out, ""); /* ends the text */
    cr_assert_not(out.failed);
    cr_assert(strstr(out.text, "\"copies\":2,\"shape\":[3,4],\"parameters\":24,"), "%s", out.text);
    cr_assert(strstr(out.text, "\"shape\":[5]") && strstr(out.text, "\"shape\":null"), "%s", out.text);
    qp_text_free(&out);
}

Test(model_table, memory_grows_with_the_batch_and_the_threads, .fini = small_model_clean)
{
    qp_package *m;
    qp_optimizer_config optimizer; /* Adam: two moments */
    qp_training_memory small, large;
    small_model_write("m.safetensors", false);
    cr_assert_eq(qp_package_load("m.safetensors", &m), QP_OK, "%s", qp_error_message());
    qp_config_defaults(&qp_optimizer_fields, &optimizer);
    qp_training_shape shape = {
        .batch_rows = 4096, .source_length = 8, .target_length = 8, .threads = 1, .optimizer = &optimizer};
    cr_assert_eq(qp_training_memory_of(m->model, &shape, &small), QP_OK, "%s", qp_error_message());
    double weights = (double)qp_params_elements(qp_model_params(m->model)) * sizeof(qp_real);
    cr_assert_geq(small.weights, weights); /* rows are padded */
    cr_assert_eq(small.moments, 2 * small.weights);
    cr_assert_gt(small.activations, 0);
    cr_assert_float_eq(small.total, small.weights + small.moments + small.gradients + small.activations, 1);
    shape.threads = 4;
    cr_assert_eq(qp_training_memory_of(m->model, &shape, &large), QP_OK, "%s", qp_error_message());
    cr_assert_eq(large.weights, small.weights);
    cr_assert_gt(large.gradients, small.gradients);
    cr_assert_gt(large.activations, 3 * small.activations);
    qp_package_free(m);
}

Test(model_table, the_largest_update_decides, .fini = small_model_clean)
{
    qp_package *m;
    qp_optimizer_config optimizer;
    qp_training_memory mean, largest;
    small_model_write("m.safetensors", false);
    cr_assert_eq(qp_package_load("m.safetensors", &m), QP_OK, "%s", qp_error_message());
    qp_config_defaults(&qp_optimizer_fields, &optimizer);
    qp_training_shape shape = {
        .batch_rows = 100, .source_length = 8, .target_length = 8, .threads = 1, .optimizer = &optimizer};
    cr_assert_eq(qp_training_memory_of(m->model, &shape, &mean), QP_OK, "%s", qp_error_message());
    cr_assert_eq(mean.gradients, mean.weights);
    shape.most_shards = 4; /* 0 + 1, 2 and 3 */
    shape.longest_shard = 200;
    cr_assert_eq(qp_training_memory_of(m->model, &shape, &largest), QP_OK, "%s", qp_error_message());
    cr_assert_eq(largest.gradients, 3 * mean.weights);
    cr_assert_float_eq(largest.activations, 2 * mean.activations, 0.01 * mean.activations);
    qp_package_free(m);
}
