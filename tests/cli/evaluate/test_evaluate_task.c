#include <criterion/criterion.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

TestSuite(evaluate_task, .fini = small_model_clean);

static int evaluate(const char *metrics, const char *file)
{
    return RUN(qp_cmd_evaluate, NULL, "evaluate", metrics, "-m", "m.safetensors", "--test", file);
}

Test(evaluate_task, labels)
{
    small_task_train("classify", 90);
    cr_assert_eq(evaluate("accuracy", "texts"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "accuracy          100.00  answers that are right\n");
    cr_assert_eq(evaluate("bleu", "texts"), 2);
    cr_assert(strstr(small_err, "for labels"), "%s", small_err);
}

Test(evaluate_task, tags)
{
    small_task_train("tag", 120);
    cr_assert_eq(evaluate("accuracy,entity-f1", "words.conll"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "entity-f1         100.00"), "%s", small_out);
}

Test(evaluate_task, forecasts_beside_simple_ones)
{
    small_task_train("regress", 5);
    cr_assert_eq(evaluate("mae", "days.csv"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "mae\n") && strstr(small_out, "\nmodel ") && strstr(small_out, "\nnaive "), "%s",
              small_out);
    cr_assert_not(strstr(small_out, "\nseasonal "));
    cr_assert_eq(evaluate("f1", "days.csv"), 2);
    cr_assert(strstr(small_err, "mae, rmse, mse, r2"), "%s", small_err);
}

Test(evaluate_task, masks)
{
    small_task_train("mlm", 5);
    cr_assert_eq(evaluate("accuracy,loss", "lines"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "accuracy ") && strstr(small_out, "\nloss "), "%s", small_out);
    cr_assert(strstr(small_out, "60 lines"), "%s", small_out);
}

Test(evaluate_task, translators_need_references)
{
    small_model_write("m.safetensors", false);
    cr_assert_eq(evaluate("accuracy", "corpus"), 2, "%s", small_err);
}
