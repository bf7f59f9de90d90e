#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static const char reference[] = "the cat sees a dog\na bird eats the fish\nwe see one bird\n";
static const char hypothesis[] = "The cat sees a dog\na bird eats fish\nwe see one bird , two\n";

static void set_up(void)
{
    small_model_write("m.safetensors", false);
    small_file("ref", reference, strlen(reference));
    small_file("hyp", hypothesis, strlen(hypothesis));
}

TestSuite(cmd_evaluate, .init = set_up, .fini = small_model_clean);

#define EVALUATE(...) RUN(qp_cmd_evaluate, NULL, "evaluate", "--hyp", "hyp", "--ref", "ref", __VA_ARGS__)

/* Each option reaches its metric: with it another value than without. Without that metric it is refused. */
Test(cmd_evaluate, every_option_reaches_its_metric)
{
    static const char *const option[][3] = {
        {"bleu", "--lower-case"},
        {"chrf", "--lower-case"},
        {"bleu", "--tokenize", "char"},
        {"bleu", "--max-ngram-order", "2"},
        {"bleu", "--smooth-method", "floor"},
        {"chrf", "--chrf-char-order", "3"},
        {"chrf", "--chrf-word-order", "2"},
        {"chrf", "--chrf-beta", "1"},
        {"chrf", "--chrf-whitespace"},
        {"ter", "--ter-no-punct"},
        {"ter", "--ter-case-sensitive"},
    };
    static const char *const metrics[] = {"bleu", "chrf", "ter"};
    char *plain[3];
    for (int k = 0; k < 3; k++) {
        cr_assert_eq(EVALUATE(metrics[k]), 0, "%s", small_err);
        plain[k] = strdup(small_out);
    }
    for (size_t i = 0; i < sizeof option / sizeof *option; i++)
        for (int k = 0; k < 3; k++) {
            bool lower = strcmp(option[i][1], "--lower-case") == 0, own = strcmp(option[i][0], metrics[k]) == 0;
            bool reads = own || (lower && strcmp(metrics[k], "ter") != 0);
            cr_assert_eq(EVALUATE(metrics[k], option[i][1], option[i][2]), reads ? 0 : 2, "%s", small_err);
            if (own) cr_expect_str_neq(small_out, plain[k], "%s: %s", option[i][1], metrics[k]);
            if (!reads) cr_expect(strstr(small_err, option[i][1]), "%s: %s", metrics[k], small_err);
        }
    for (int k = 0; k < 3; k++) free(plain[k]);
}

/* BLEU and chrF by default; the metrics in the order they are asked for. */
Test(cmd_evaluate, the_list_of_metrics)
{
    cr_assert_eq(EVALUATE("--json"), 0, "%s", small_err);
    const char *bleu = strstr(small_out, "\"bleu\""), *chrf = strstr(small_out, "\"chrf\"");
    cr_assert(bleu && chrf && bleu < chrf, "%s", small_out);
    cr_assert_eq(EVALUATE("cer,ter", "--json"), 0, "%s", small_err);
    const char *cer = strstr(small_out, "\"cer\""), *ter = strstr(small_out, "\"ter\"");
    cr_assert(cer && ter && cer < ter && !strstr(small_out, "\"bleu\""), "%s", small_out);
    cr_assert_eq(EVALUATE("blue"), 2);
    cr_assert(strstr(small_err, "bleu"), "%s", small_err);
    cr_assert_eq(EVALUATE("bleu", "ref"), 2);
    cr_assert(strstr(small_err, "unexpected argument 'ref'"), "%s", small_err);
}

/* stdin is read once: as one text, or as the reference of one. */
Test(cmd_evaluate, standard_input)
{
    cr_assert_eq(RUN(qp_cmd_evaluate, hypothesis, "evaluate", "--hyp", "-", "--ref", "ref"), 0, "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_evaluate, reference, "evaluate", "--hyp", "hyp", "--ref", "-"), 0, "%s", small_err);
    static const char *const twice[][5] = {{"--hyp", "hyp", "--hyp", "hyp", NULL},
                                           {"--hyp", "hyp", "--compare", "hyp", NULL},
                                           {"--hyp", "-", NULL},
                                           {"-m", "m.safetensors", "--src", "-", NULL}};
    for (int i = 0; i < 4; i++) {
        const char *const *w = twice[i];
        const char *const word[] = {"evaluate", "--ref", "-", w[0], w[1], w[2], w[2] ? w[3] : NULL, NULL};
        cr_assert_eq(small_run(qp_cmd_evaluate, reference, NULL, word), 2, "row %d", i);
        cr_assert(strstr(small_err, "stdin can be read only once"), "%s", small_err);
    }
}

Test(cmd_evaluate, perplexity_of_a_translator)
{
    cr_assert_eq(
        RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "m.safetensors", "--src", "ref", "--ref", "ref"), 0,
        "%s", small_err);
    cr_assert(strstr(small_out, "perplexity"), "%s", small_out);
    cr_assert_eq(RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "m.safetensors", "--src", "ref"), 2);
    cr_assert_eq(RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "--src", "ref", "--ref", "ref"), 2);
    cr_assert_eq(RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "m.safetensors", "--src", "ref", "--ref",
                     "ref", "--hyp", "hyp"),
                 2);
    cr_assert(strstr(small_err, "give -m MODEL --src FILE --ref FILE"), "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_evaluate, NULL, "evaluate", "-m", "m.safetensors", "--test", "ref", "--ref", "ref"), 2);
    cr_assert(strstr(small_err, "without --hyp, --src and --ref"), "%s", small_err);
}
