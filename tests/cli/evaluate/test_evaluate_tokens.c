#include "cli/evaluate/evaluate_tokens.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

TestSuite(evaluate_tokens, .fini = small_model_clean);

#define EVALUATE(metrics, ...)                                                                                         \
    RUN(qp_cmd_evaluate, NULL, "evaluate", metrics, "-m", "m.safetensors", "-t1", "--test", __VA_ARGS__)

/* The score of a metric in the JSON object that was printed. */
static double score(const char *metric)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":{\"score\":", metric);
    const char *found = strstr(small_out, key);
    cr_assert(found, "%s: %s", metric, small_out);
    return atof(found + strlen(key));
}

Test(evaluate_tokens, masks_depend_on_the_seed_alone)
{
    small_task_train("mlm", 5);
    cr_assert_eq(EVALUATE("loss,perplexity", "lines", "--json"), 0, "%s", small_err);
    double loss = score("loss");
    cr_assert_float_eq(score("perplexity"), exp(loss), 1e-3 * exp(loss));
    cr_assert(strstr(small_out, "\"lines\":60,") && !strstr(small_out, "accuracy"), "%s", small_out);
    cr_assert_eq(EVALUATE("loss", "lines", "--json", "--seed", "1"), 0, "%s", small_err);
    cr_assert_eq(score("loss"), loss);
    cr_assert_eq(EVALUATE("loss", "lines", "--json", "--seed", "2"), 0, "%s", small_err);
    cr_assert_neq(score("loss"), loss);
    cr_assert_eq(EVALUATE("divergence", "lines"), 2);
    cr_assert(strstr(small_err, "choose from accuracy, loss, perplexity"), "%s", small_err);
}

static void train_autoencoder(const char *kind)
{
    small_model_write("unused.safetensors", false);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "autoencode", "--train", "corpus", "--valid", "none",
                     "--tokenizer", "word", "--encoder", "gru", "--decoder", "gru", "--layers", "1", "--emb-size", "16",
                     "--steps", "2", "-t1", "-m", "m.safetensors", kind),
                 0, "%s", small_err);
}

Test(evaluate_tokens, copies)
{
    train_autoencoder("--no-variational");
    cr_assert_eq(EVALUATE("token-accuracy,loss,perplexity", "corpus", "--json"), 0, "%s", small_err);
    cr_assert_float_eq(score("perplexity"), exp(score("loss")), 1e-3 * exp(score("loss")));
    double right = score("token-accuracy") * 23 / 100; /* 19 words and 4 ends of lines */
    cr_assert_float_eq(right, round(right), 1e-4);
    cr_assert(strstr(small_out, "\"lines\":4,\"tokens\":23}"), "%s", small_out);
    cr_assert_eq(EVALUATE("divergence", "corpus"), 2);
    cr_assert(strstr(small_err, "for autoencoders"), "%s", small_err);
    cr_assert_eq(EVALUATE("loss", "-"), 2);
    cr_assert(strstr(small_err, "reads its test twice"), "%s", small_err);
}

Test(evaluate_tokens, variational_autoencoders_have_a_divergence)
{
    train_autoencoder("--variational");
    cr_assert_eq(EVALUATE("divergence", "corpus", "--json"), 0, "%s", small_err);
    cr_assert_gt(score("divergence"), 0);
}
