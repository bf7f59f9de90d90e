#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static const char reference[] = "the cat sees a dog\na bird eats the fish\nwe see one bird\n";
static const char hypothesis[] = "the cat sees a dog\na bird eats fish\nwe see two birds\n";

static void set_up(void)
{
    small_model_write("m.safetensors", false);
    small_file("ref", reference, strlen(reference));
    small_file("hyp", hypothesis, strlen(hypothesis));
}

TestSuite(evaluate_texts, .init = set_up, .fini = small_model_clean);

#define EVALUATE(input, ...) RUN(qp_cmd_evaluate, input, "evaluate", __VA_ARGS__)

/* 1 of 3 lines; 4 of 14 words are wrong: one is left out, two are others, and the last line has one of each. */
Test(evaluate_texts, every_line_meets_its_reference)
{
    cr_assert_eq(EVALUATE(NULL, "accuracy,wer", "--hyp", "hyp", "--ref", "ref"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "accuracy       33.33") && strstr(small_out, "wer            21.43"), "%s", small_out);
    cr_assert_eq(EVALUATE(hypothesis, "accuracy", "--hyp", "-", "--ref", "ref", "--ref", "hyp"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "accuracy      100.00"), "either reference counts: %s", small_out);
}

Test(evaluate_texts, scores_of_every_line)
{
    cr_assert_eq(EVALUATE(NULL, "accuracy,wer", "--hyp", "hyp", "--ref", "ref", "--sentence-level"), 0, "%s",
                 small_err);
    cr_assert_str_eq(small_out, "100.0000\t0.0000\n0.0000\t20.0000\n0.0000\t50.0000\n");
    cr_assert_eq(EVALUATE(NULL, "wer", "--hyp", "hyp", "--ref", "ref", "--sentence-level", "--json"), 0);
    cr_assert_str_eq(small_out, "{\"wer\":0.0}\n{\"wer\":20.0}\n{\"wer\":50.0}\n");
}

Test(evaluate_texts, unequal_files_are_counted_to_their_ends)
{
    small_file("long", "a\nb\nc\nd\ne\n", 10);
    cr_assert_eq(EVALUATE(NULL, "--hyp", "hyp", "--ref", "long"), 65);
    cr_assert(strstr(small_err, "long: 5 lines, but hyp has 3"), "%s", small_err);
    cr_assert_eq(EVALUATE(NULL, "--hyp", "long", "--ref", "ref"), 65);
    cr_assert(strstr(small_err, "ref: 3 lines, but long has 5"), "%s", small_err);
    small_file("none", "", 0);
    cr_assert_eq(EVALUATE(NULL, "--hyp", "none", "--ref", "none"), 65);
    cr_assert(strstr(small_err, "no lines to compare"), "%s", small_err);
}

/* The translations of a model are scored as a file of them would be. */
Test(evaluate_texts, a_model_translates_the_source)
{
    cr_assert_eq(RUN(qp_cmd_translate, reference, "translate", "-m", "m.safetensors"), 0, "%s", small_err);
    small_file("made", small_out, strlen(small_out));
    cr_assert_eq(EVALUATE(NULL, "chrf,wer", "--hyp", "made", "--ref", "ref", "--json"), 0, "%s", small_err);
    char *file = strdup(small_out);
    cr_assert_eq(EVALUATE(NULL, "chrf,wer", "-m", "m.safetensors", "--src", "ref", "--ref", "ref", "--json"), 0, "%s",
                 small_err);
    cr_assert_str_eq(small_out, file);
    free(file);
}

Test(evaluate_texts, mistakes)
{
    cr_assert_eq(EVALUATE(NULL, "--hyp", "hyp"), 2);
    cr_assert_eq(EVALUATE(NULL, "--ref", "ref"), 2);
    cr_assert_eq(EVALUATE(NULL, "--ref", "ref", "--hyp", "hyp", "-m", "m.safetensors", "--src", "ref"), 2);
    cr_assert_eq(EVALUATE(NULL, "--ref", "-", "--hyp", "-"), 2);
    cr_assert(strstr(small_err, "only once"), "%s", small_err);
    cr_assert_eq(EVALUATE(NULL, "--ref", "ref", "--hyp", "hyp", "--compare", "hyp", "--sentence-level"), 2);
}
