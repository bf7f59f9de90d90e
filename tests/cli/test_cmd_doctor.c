#include <criterion/criterion.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); }

TestSuite(cmd_doctor, .init = set_up, .fini = small_model_clean);

#define DOCTOR() RUN(qp_cmd_doctor, NULL, "doctor")

Test(cmd_doctor, the_exit_code_says_whether_there_is_something_to_do)
{
    static const char *const subject[] = {"CPU ", "BLAS ", "threads ", "memory ", "disk ", "locale "};
    int code = DOCTOR();
    const char *at = small_out;
    for (int i = 0; i < 6; i++) cr_assert(at = strstr(at, subject[i]), "%s: %s", subject[i], small_out);
    bool found = STARTS(small_out, "!! ") || strstr(small_out, "\n!! ");
    cr_assert_eq(code, found ? 1 : 0, "%s", small_out);
    cr_assert_eq(strstr(small_out, "\nnothing to do\n") != NULL, !found, "%s", small_out);
    cr_assert_str_eq(small_err, "");
}

Test(cmd_doctor, findings_say_what_to_do)
{
    setenv("QUIPU_CPU", "zebra", 1);
    setenv("LC_ALL", "zebra_ZZ", 1);
    omp_set_num_threads(5000);
    cr_assert_eq(DOCTOR(), 1);
    cr_assert(STARTS(small_out, "!! CPU ") && strstr(small_out, "QUIPU_CPU=zebra is not possible"), "%s", small_out);
    cr_assert(strstr(small_out, "\n!! threads  5000, but "), "%s", small_out);
    cr_assert(strstr(small_out, "\n!! locale ") && strstr(small_out, "export LC_ALL=C.UTF-8"), "%s", small_out);
    cr_assert_not(strstr(small_out, "nothing to do"), "%s", small_out);
}
