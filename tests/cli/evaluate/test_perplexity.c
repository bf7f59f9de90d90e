#include "cli/evaluate/perplexity.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static const char text[] = "the cat sees a dog\n\na zebra eats\n";
static char *const path = (char[]){"text"};

static void set_up(void)
{
    small_model_write("m.safetensors", true);
    small_file("text", text, strlen(text));
}

TestSuite(perplexity, .init = set_up, .fini = small_model_clean);

Test(perplexity, is_that_of_score)
{
    qp_package *package;
    qp_perplexity sums;
    double total = 0;
    cr_assert_eq(RUN(qp_cmd_score, text, "score", "-m", "m.safetensors", "-t1"), 0, "%s", small_err);
    for (char *rest = small_out, *line; (line = strsep(&rest, "\n"));) total += atof(line);
    cr_assert_eq(qp_package_load("m.safetensors", &package), QP_OK, "%s", qp_error_message());
    for (int threads = 1; threads <= 2; threads++) {
        cr_assert_eq(qp_perplexity_measure(package, path, threads, &sums), QP_OK, "%s", qp_error_message());
        cr_assert_float_eq(sums.log_probability, total, 1e-3);
        cr_assert_eq(sums.lines, 2); /* an empty line has no tokens */
        cr_assert_eq(sums.characters, 19 + 13);
        cr_assert_eq(sums.unknown, 1);
        cr_assert_lt(sums.unknown_log_probability, 0);
        cr_assert_float_eq(qp_perplexity_value(&sums), exp(-sums.log_probability / (double)sums.tokens), 1e-9);
        cr_assert_float_eq(qp_perplexity_bits(&sums), -sums.log_probability / log(2) / 32, 1e-9);
    }
    qp_package_free(package);
}

Test(perplexity, needs_text_and_a_language_model)
{
    qp_package *package;
    qp_perplexity sums;
    small_file("text", "\n", 1);
    cr_assert_eq(qp_package_load("m.safetensors", &package), QP_OK);
    cr_assert_eq(qp_perplexity_measure(package, path, 1, &sums), QP_EDATA);
    cr_assert_str_eq(qp_error_message(), "text: no line with text");
    qp_package_free(package);
    small_model_write("translator.safetensors", false);
    cr_assert_eq(qp_package_load("translator.safetensors", &package), QP_OK);
    cr_assert_eq(qp_perplexity_measure(package, path, 1, &sums), QP_EUSAGE);
    qp_package_free(package);
}

/* Of a translator it is that of `score`, over the pairs that have two sides. */
Test(perplexity, of_a_translator)
{
    static const char source[] = "a dog sees the cat\n\na zebra\n  \n";
    static const char target[] = "the cat sees a dog\na dog\na cat\nb\n";
    double total = 0;
    small_model_write("translator.safetensors", false);
    small_file("source", source, strlen(source));
    small_file("target", target, strlen(target));
    cr_assert_eq(RUN(qp_cmd_score, "a dog sees the cat\tthe cat sees a dog\na zebra\ta cat\n", "score", "-m",
                     "translator.safetensors"),
                 0, "%s", small_err);
    for (char *rest = small_out, *line; (line = strsep(&rest, "\n"));) total += atof(line);
    cr_assert_eq(RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "translator.safetensors", "--src", "source",
                     "--ref", "target", "--json"),
                 0, "%s", small_err);
    const char *logprob = strstr(small_out, "\"logprob\":");
    cr_assert_not_null(logprob, "%s", small_out);
    cr_assert_float_eq(atof(logprob + 10), total, 1e-3);
    cr_assert_not_null(strstr(small_out, "\"lines\":2,"), "%s", small_out);
    small_file("target", target, strlen(target) - 2);
    cr_assert_eq(RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "translator.safetensors", "--src", "source",
                     "--ref", "target"),
                 65);
    small_file("source", " \n", 2);
    small_file("target", "a\n", 2);
    cr_assert_eq(RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "translator.safetensors", "--src", "source",
                     "--ref", "target"),
                 65);
    cr_assert_not_null(strstr(small_err, "no pair of lines with text"), "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "m.safetensors", "--src", "source", "--ref",
                     "target"),
                 2);
}
