#include <criterion/criterion.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

static void set_up(void) { small_task_train("tag", 120); }

TestSuite(predict_tags, .init = set_up, .fini = small_model_clean);

#define PREDICT(input, ...) RUN(qp_cmd_predict, input, "predict", "-m", "m.safetensors", __VA_ARGS__)

Test(predict_tags, lines_of_words)
{
    cr_assert_eq(PREDICT("see  Ann\tsee \n\n \nAnn\n", "--input", "text"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "see/O Ann/B-PER see/O\n\n\nAnn/B-PER\n");
}

Test(predict_tags, columns_keep_everything_but_the_tag)
{
    static const char columns[] = "# text\nsee\tx\t?\nAnn\ty\t?\n\nAnn\tz\t?\n";
    small_file("in.conll", columns, strlen(columns));
    cr_assert_eq(PREDICT(NULL, "in.conll"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "# text\nsee\tx\tO\nAnn\ty\tB-PER\n\nAnn\tz\tB-PER\n");
    cr_assert_eq(PREDICT(columns, "--input", "conll", "--json"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 2);
    cr_assert(STARTS(small_out, "{\"words\":[{\"text\":\"see\",\"tag\":\"O\",\"probability\":0."), "%s", small_out);
}

Test(predict_tags, a_tab_in_a_line_of_words_is_suspicious)
{
    cr_assert_eq(PREDICT("see\tO\nAnn\tO\n", "-t1"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "warning: stdin:1: ") && strstr(small_err, "--input conll"), "%s", small_err);
}
