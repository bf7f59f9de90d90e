#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

static void set_up(void)
{
    static const char scored[] = "a1 b1\ty1 x1\t0.9\na2 b2\ty4 x3\t0.1\na3 b3\ty3 x3\t0.8\n";
    static const char binary[] = "a1 b1\ty1 x1\t1\na2 b2\ty4 x3\t0\na3 b3\ty3 x3\t1\n";
    small_task_train("match", 3);
    small_file("scored", scored, strlen(scored));
    small_file("binary", binary, strlen(binary));
}

TestSuite(evaluate_match, .init = set_up, .fini = small_model_clean);

#define EVALUATE(...) RUN(qp_cmd_evaluate, NULL, "evaluate", "-m", "m.safetensors", "--test", __VA_ARGS__)

/* Which metrics there are depends on the pairs: without scores, with scores, with scores 0 and 1. */
Test(evaluate_match, metrics_of_the_pairs)
{
    double recall[3];
    cr_assert_eq(EVALUATE("pairs"), 0, "%s", small_err);
    cr_assert_eq(sscanf(small_out,
                        "recall@1 %lf own text is the most similar one of all\nrecall@5 %lf own text is among the 5 "
                        "most similar of all\nrecall@10 %lf own",
                        &recall[0], &recall[1], &recall[2]),
                 3, "%s", small_out);
    cr_assert(0 <= recall[0] && recall[0] <= recall[1] && recall[1] <= recall[2] && recall[2] <= 100);
    cr_assert(strstr(small_out, "\n60 pairs\n"), "%s", small_out);
    char *log;
    size_t bytes;
    cr_assert_eq(qp_file_read("m.run/metrics.jsonl", 1 << 20, &log, &bytes), QP_OK, "%s", qp_error_message());
    cr_assert(strstr(log, "recall@1\"") && strstr(log, "recall@5\"") && strstr(log, "recall@10\""), "%s", log);
    free(log);
    cr_assert_eq(EVALUATE("scored"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "spearman ") && strstr(small_out, "\n3 pairs\n"), "%s", small_out);
    cr_assert_eq(small_lines(small_out), 2, "%s", small_out);
    cr_assert_eq(EVALUATE("binary"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "spearman ") && strstr(small_out, "\naccuracy "), "%s", small_out);
    cr_assert_eq(small_lines(small_out), 3, "%s", small_out);
}

Test(evaluate_match, a_list_of_metrics_and_json)
{
    cr_assert_eq(EVALUATE("pairs", "--json", "recall@5"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"recall@5\":{\"score\":"), "%s", small_out);
    cr_assert(strstr(small_out, "},\"pairs\":60}\n") && !strstr(small_out, "recall@1\""), "%s", small_out);
    cr_assert_eq(EVALUATE("binary", "accuracy"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "accuracy ") && strstr(small_out, "(the best cut)"), "%s", small_out);
    static const char *const wrong[][3] = {
        {"pairs", "spearman", "spearman is of pairs with scores, which pairs does not have"},
        {"scored", "accuracy", "accuracy is of pairs with scores 0 and 1, which scored does not have"},
        {"scored", "recall@1", "recall@1 is of pairs without scores, which scored does not have"},
        {"pairs", "bleu", "unknown metric 'bleu'"}};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(EVALUATE(wrong[i][0], wrong[i][1]), 2, "%s", wrong[i][2]);
        cr_assert(strstr(small_err, wrong[i][2]), "%s", small_err);
    }
}

Test(evaluate_match, texts_that_are_cut_or_left_out)
{
    char text[4000] = "a1\ty1\na2\t\na3\t";
    for (int i = 0; i < 600; i++) strcat(text, "y3 ");
    small_file("odd", text, strlen(text));
    cr_assert_eq(EVALUATE("odd", "recall@1"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "odd: 1 texts have more tokens than the model reads; cut"), "%s", small_err);
    cr_assert(strstr(small_err, "odd: 1 pairs with an empty text skipped"), "%s", small_err);
    cr_assert(strstr(small_out, "2 pairs\n"), "%s", small_out);
}
