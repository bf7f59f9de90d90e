#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); /* also writes the text "corpus" */ }

TestSuite(dry_run, .init = set_up, .fini = small_model_clean);

#define DRY_RUN(...)                                                                                                   \
    RUN(qp_cmd_train, NULL, "train", "--dry-run", "-q", "--task", "lm", "--decoder", "gru", "--layers", "1",           \
        "--emb-size", "16", "--tokenizer", "word", "-t1", "--train", "corpus", "-m", "m.safetensors", __VA_ARGS__)

Test(dry_run, reports_and_writes_nothing)
{
    cr_assert_eq(DRY_RUN("--valid", "none", "--steps", "5"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "\ntraining: 4 lines, 4 used; 0 empty, 0 too long, 0 cut\n"), "%s", small_out);
    cr_assert(strstr(small_out, " 23 tokens, 0.00 % unknown; length mean 5.8, median 6, "), "%s", small_out);
    cr_assert(strstr(small_out, "\nall, per target token ") && strstr(small_out, "\nmemory  "), "%s", small_out);
    cr_assert(strstr(small_out, "\ntime: "), "%s", small_out);
    cr_assert(strstr(small_out, "\n  there is no validation data"), "%s", small_out);
    cr_assert_not(strstr(small_out, "\nvalidation: ") || strstr(small_out, "overlap"), "%s", small_out);
    cr_assert_not(qp_file_exists("m.safetensors") || qp_file_exists("m.run"));
}

Test(dry_run, validation_lines_in_the_training_text)
{
    static const char other[] = "a cat sees the bird\nwe see one bird\n";
    small_file("other", other, strlen(other));
    cr_assert_eq(DRY_RUN("--valid", "other", "--steps", "5", "--lm-window", "0"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "\noverlap: 50.0 % of the validation lines"), "%s", small_out);
    cr_assert(strstr(small_out, "\n  1 of 2 validation lines are training lines"), "%s", small_out);
    cr_assert_not(strstr(small_out, "no validation data"), "%s", small_out);
}

Test(dry_run, warnings_of_learning)
{
    cr_assert_eq(DRY_RUN("--valid", "none", "--steps", "5", "--lr-schedule", "inv-sqrt", "--lr-warmup", "9",
                         "--batch-type", "sentence", "--batch-size", "400"),
                 0, "%s", small_err);
    cr_assert(strstr(small_out, "--lr-warmup 9 does not end within --steps 5"), "%s", small_out);
    cr_assert(strstr(small_out, "smaller than one batch (4 of --batch-size 400)"), "%s", small_out);
    cr_assert(strstr(small_out, "weights for 23 tokens: the model will learn the text by heart"), "%s", small_out);
}

/* Bytes of the blocks of gradients, and of the weights. */
static void memory_blocks(double *weights, double *gradients)
{
    const char *line = strstr(small_out, "\nmemory ");
    cr_assert(line, "%s", small_out);
    const char *first = strstr(line, "weights "), *second = strstr(line, "gradients ");
    cr_assert(first && second, "%s", line);
    *weights = strtod(first + strlen("weights "), NULL);
    *gradients = strtod(second + strlen("gradients "), NULL);
}

/* Eight batches of one line are one shard each: an update of all of them sums 0-3, 4-5, 6 and 7. */
Test(dry_run, accumulated_batches_need_more_blocks)
{
    double weights, gradients;
    small_file("eight", "a b\na b\na b\na b\na b\na b\na b\na b\n", 32);
    cr_assert_eq(DRY_RUN("--train", "eight", "--valid", "none", "--steps", "5", "--lm-window", "0", "--batch-type",
                         "sentence", "--batch-size", "1"),
                 0, "%s", small_err);
    memory_blocks(&weights, &gradients);
    cr_assert_float_eq(gradients, weights, 0.02 * weights, "%s", small_out);
    cr_assert_eq(DRY_RUN("--train", "eight", "--valid", "none", "--steps", "5", "--lm-window", "0", "--batch-type",
                         "sentence", "--batch-size", "1", "--accum", "8"),
                 0, "%s", small_err);
    memory_blocks(&weights, &gradients);
    cr_assert_float_eq(gradients, 4 * weights, 0.02 * 4 * weights, "%s", small_out);
}
