#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); /* also writes the text "corpus" */ }

TestSuite(ngram_job, .init = set_up, .fini = small_model_clean);

#define TRAIN(...)                                                                                                     \
    RUN(qp_cmd_train, NULL, "train", "--task", "lm", "--decoder", "ngram", "--order", "2", "--tokenizer", "space",     \
        "--train", "corpus", __VA_ARGS__)

Test(ngram_job, validation_has_the_perplexity_of_evaluate)
{
    cr_assert_eq(TRAIN("--valid", "corpus", "-m", "m.safetensors"), 0, "%s", small_err);
    const char *found = strstr(small_err, "\nvalidation perplexity ");
    cr_assert(found && strstr(found, " 23 tokens, 0 unknown\n"), "%s", small_err);
    double perplexity = atof(found + strlen("\nvalidation perplexity "));
    cr_assert_eq(
        RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "m.safetensors", "--test", "corpus", "--json"), 0,
        "%s", small_err);
    found = strstr(small_out, "\"score\":");
    cr_assert(found, "%s", small_out);
    cr_assert_float_eq(atof(found + strlen("\"score\":")), perplexity, 1e-3, "%s", small_out);
}

/* Eleven words, <unk>, <s> and </s>; the pairs counted by hand. */
Test(ngram_job, n_grams_of_every_order_are_counted_from_the_first)
{
    cr_assert_eq(TRAIN("-m", "m.safetensors"), 0, "%s", small_err);
    const char *first = strstr(small_err, "\n1-grams    14\n2-grams    21\n");
    cr_assert(first, "%s", small_err);
    cr_assert_not(strstr(small_err, "0-grams") || strstr(small_err, "3-grams"), "%s", small_err);
}

Test(ngram_job, quiet)
{
    cr_assert_eq(TRAIN("--valid", "corpus", "-q", "-m", "m.safetensors"), 0, "%s", small_err);
    cr_assert_str_eq(small_err, "");
    cr_assert(qp_file_exists("m.safetensors"));
}

Test(ngram_job, mistakes)
{
    cr_assert_eq(TRAIN("-q"), 2);
    cr_assert(strstr(small_err, "no model file to write"), "%s", small_err);
    cr_assert_eq(TRAIN("-q", "--valid", "nowhere", "-m", "m.safetensors"), 66, "%s", small_err);
    cr_assert_not(qp_file_exists("m.safetensors"));
    cr_assert_eq(TRAIN("-q", "-m", "nowhere/m.safetensors"), 73, "%s", small_err);
}
