#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

/* Normalized: P(the|<s>) 0.7, P(cat|the) 0.6, P(</s>|cat) 0.7; one word: </s> 0.4, the 0.3, cat 0.2, <unk> 0.1. */
static const char arpa[] =
    "\\data\\\nngram 1=5\nngram 2=3\n\n\\1-grams:\n-1\t<unk>\t0\n0\t<s>\t-0.367977\n-0.397940\t"
    "</s>\t0\n-0.522879\tthe\t-0.301030\n-0.698970\tcat\t-0.301030\n\n\\2-grams:\n-0.154902\t<s> "
    "the\n-0.221849\tthe cat\n-0.154902\tcat </s>\n\n\\end\\\n";

static void set_up(void)
{
    small_model_write("unused.safetensors", false);
    small_file("n.arpa", arpa, strlen(arpa));
}

TestSuite(cmd_import, .init = set_up, .fini = small_model_clean);

#define IMPORT(...) RUN(qp_cmd_import, NULL, "import", __VA_ARGS__)

/* The probability of one line. */
static double probability(const char *line)
{
    cr_assert_eq(RUN(qp_cmd_score, line, "score", "-m", "m.safetensors"), 0, "%s", small_err);
    return exp(atof(small_out));
}

Test(cmd_import, probabilities_are_those_of_the_file)
{
    static const double known = 0.7 * 0.6 * 0.7, backed_off = 0.3 / 0.7 * 0.2 * 0.7,
                        unknown = 0.3 / 0.7 * 0.1 * 0.1 * 0.4;
    cr_assert_eq(IMPORT("n.arpa", "-o", "m.safetensors"), 0, "%s", small_err);
    cr_assert_float_eq(probability("the cat\n"), known, 1e-4 * known);
    cr_assert_float_eq(probability("cat\n"), backed_off, 1e-4 * backed_off);
    cr_assert_float_eq(probability("THE CAT\n"), unknown, 1e-4 * unknown);
    cr_assert_eq(IMPORT("n.arpa", "--lower-case", "-m", "m.safetensors"), 0, "%s", small_err);
    cr_assert_float_eq(probability("THE CAT\n"), known, 1e-4 * known);
}

Test(cmd_import, mistakes)
{
    cr_assert_eq(IMPORT("n.arpa"), 2);
    cr_assert(strstr(small_err, "no model file to write"), "%s", small_err);
    cr_assert_eq(IMPORT("-o", "m.safetensors"), 2);
    cr_assert(strstr(small_err, "name one file to read"), "%s", small_err);
    cr_assert_eq(IMPORT("corpus", "-o", "m.safetensors"), 65, "%s", small_err);
    cr_assert(strstr(small_err, "ARPA"), "%s", small_err);
    cr_assert_eq(IMPORT("nowhere", "-o", "m.safetensors"), 66, "%s", small_err);
    cr_assert_eq(IMPORT(".", "-o", "m.safetensors"), 65, "%s", small_err);
    cr_assert(strstr(small_err, "no config.json in this folder"), "%s", small_err);
    cr_assert_eq(IMPORT("n.arpa", "--tokenizer", "nowhere.json", "-o", "m.safetensors"), 66, "%s", small_err);
    cr_assert_not(qp_file_exists("m.safetensors"));
}
