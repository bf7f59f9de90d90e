#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

enum { LINES = 40 };

/* "good" has every line right, "bad" every other one. */
static void set_up(void)
{
    char good[1000] = "", bad[1000] = "";
    small_model_write("unused.safetensors", false);
    for (int i = 0; i < LINES; i++) {
        sprintf(good + strlen(good), "line %d of it\n", i);
        sprintf(bad + strlen(bad), i % 2 ? "line %d of it\n" : "line %d is bad\n", i);
    }
    small_file("good", good, strlen(good));
    small_file("bad", bad, strlen(bad));
}

TestSuite(score_table, .init = set_up, .fini = small_model_clean);

#define EVALUATE(...) RUN(qp_cmd_evaluate, NULL, "evaluate", "--ref", "good", __VA_ARGS__)

static double number(const char *key, int which)
{
    const char *at = small_out;
    for (int i = 0; i <= which; i++) {
        at = strstr(at, key);
        cr_assert(at, "%s: %s", key, small_out);
        at += strlen(key);
    }
    return strtod(at, NULL);
}

Test(score_table, one_text)
{
    cr_assert_eq(EVALUATE("bleu", "--hyp", "good"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "bleu          100.00  nrefs:1|"), "%s", small_out);
    cr_assert(strstr(small_out, "precisions 100.0/100.0/100.0/100.0, brevity penalty 1.000, 160 words for 160\n"), "%s",
              small_out);
    cr_assert_eq(EVALUATE("bleu,accuracy", "--hyp", "bad", "--json"), 0);
    cr_assert_float_eq(number("\"precisions\":[", 0), 75, 1e-6, "two of four words of every other line: %s", small_out);
    cr_assert_eq(number("\"hypothesis_length\":", 0), 160);
    cr_assert_eq(number("\"score\":", 1), 50);
    cr_assert_eq(number("\"lines\":", 0), LINES);
    cr_assert_not(strstr(small_out, "samples"), "%s", small_out);
}

Test(score_table, several_texts)
{
    cr_assert_eq(EVALUATE("accuracy", "--hyp", "bad", "--hyp", "good"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "50.00  bad\n") && strstr(small_out, "100.00  good\n"), "%s", small_out);
    cr_assert_not(strstr(small_out, "change"));
}

Test(score_table, differences_from_a_baseline)
{
    cr_assert_eq(EVALUATE("accuracy", "--compare", "bad", "--hyp", "good"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "change") && strstr(small_out, "+50.00") && strstr(small_out, "  good\n"), "%s",
              small_out);
    cr_assert_eq(EVALUATE("accuracy", "--compare", "bad", "--hyp", "good", "--json"), 0, "%s", small_err);
    cr_assert_eq(number("\"difference\":", 0), 50);
    double low = number("\"interval\":[", 0), p = number("\"p\":", 0);
    cr_assert(low > 25 && low < 50 && p < 0.01, "%s", small_out);
    cr_assert_eq(number("\"samples\":", 0), 1000);
    cr_assert(strstr(small_out, "\"name\":\"bad\"") < strstr(small_out, "\"name\":\"good\""), "%s", small_out);
}
