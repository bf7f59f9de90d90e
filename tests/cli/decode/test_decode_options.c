#include "cli/decode/decode_options.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("m.safetensors", false); }

TestSuite(decode_options, .init = set_up, .fini = small_model_clean);

Test(decode_options, a_model_of_the_right_task)
{
    static const int right[] = {QP_TASK_TRANSLATE, -1}, wrong[] = {QP_TASK_LM, -1};
    qp_decode_options options;
    qp_package *package;
    qp_config_defaults(&qp_decode_fields, &options);
    cr_assert_eq(qp_decode_open(&options, right, &package), QP_EUSAGE); /* no model is named */
    strcpy(options.model, "m.safetensors");
    cr_assert_eq(qp_decode_open(&options, wrong, &package), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "translat"), "%s", qp_error_message());
    cr_assert_eq(qp_decode_open(&options, right, &package), QP_OK, "%s", qp_error_message());
    cr_assert_geq(options.threads, 1); /* 0 was all */
    cr_assert_eq(qp_model_config_of(package->model)->task, QP_TASK_TRANSLATE);
    qp_package_free(package);
}
