#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

/* Warnings of --dry-run; tests/cli/advice.sh follows their remedies for data of every task. */

static void set_up(void)
{
    setenv("COLUMNS", "999", 1);                    /* a warning is one line */
    small_model_write("unused.safetensors", false); /* also writes the text "corpus" */
}

TestSuite(advice, .init = set_up, .fini = small_model_clean);

#define DRY_RUN(...)                                                                                                   \
    RUN(qp_cmd_train, NULL, "train", "--dry-run", "-q", "--task", "lm", "--decoder", "gru", "--layers", "1", "-t1",    \
        "--train", "corpus", "--valid", "none", "--steps", "5", "-m", "m.safetensors", __VA_ARGS__)

/* Pieces that occur less than 20 times are a warning only for a vocabulary that was asked for. */
Test(advice, rare_pieces)
{
    cr_assert_eq(DRY_RUN("--tokenizer", "bpe", "--vocab-size", "300"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "a piece of the target text occurs "), "%s", small_out);
    cr_assert(strstr(small_out, "fewer than 20 times is not learned well: use --tokenizer char"), "%s", small_out);
    cr_assert_eq(DRY_RUN("--tokenizer", "word"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "use --tokenizer bpe"), "%s", small_out);
    cr_assert_eq(DRY_RUN("--tokenizer", "char"), 0, "%s", small_err);
    cr_assert_not(strstr(small_out, "a piece of the"), "nothing is smaller: %s", small_out);
    cr_assert_eq(DRY_RUN("--emb-size", "8"), 0, "%s", small_err);
    cr_assert_not(strstr(small_out, "a piece of the"), "quipu chose it: %s", small_out);
}

/* Words that the tokenizer does not know: more than one percent of them. */
Test(advice, unknown_words)
{
    cr_assert_eq(DRY_RUN("--tokenizer", "word", "--vocab-size", "8"), 0, "%s", small_err);
    cr_assert(strstr(small_out, " % of the target text are unknown to the tokenizer: use --tokenizer bpe"), "%s",
              small_out);
}

Test(advice, batches_and_weights)
{
    char *remedy;
    cr_assert_eq(DRY_RUN("--tokenizer", "word", "--batch-type", "sentence", "--batch-size", "400"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "smaller than one batch (4 of --batch-size 400): an epoch is one update: use "
                                "--batch-size 1\n"),
              "%s", small_out);
    cr_assert_eq(DRY_RUN("--tokenizer", "word", "--batch-type", "sentence", "--batch-size", "4"), 0, "%s", small_err);
    cr_assert_not(strstr(small_out, "smaller than one batch"), "it is as large: %s", small_out);
    cr_assert_eq(DRY_RUN("--tokenizer", "word", "--emb-size", "256", "--hidden-size", "8"), 0, "%s", small_err);
    cr_assert((remedy = strstr(small_out, "or use --emb-size ")), "%s", small_out);
    int width = atoi(remedy + strlen("or use --emb-size "));
    cr_assert(width >= 16 && width < 256 && width % 8 == 0, "%d", width);
    cr_assert_eq(DRY_RUN("--tokenizer", "word", "--lr-schedule", "inv-sqrt", "--lr-warmup", "5"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "--lr-warmup 5 does not end within --steps 5") &&
                  strstr(small_out, "use --lr-warmup 0"),
              "%s", small_out);
    cr_assert_eq(DRY_RUN("--tokenizer", "word", "--lr-schedule", "inv-sqrt", "--lr-warmup", "4"), 0, "%s", small_err);
    cr_assert_not(strstr(small_out, "does not end within"), "%s", small_out);
}

/* Lines of validation that are training lines, are cut, or are missing; long lines of training. */
Test(advice, lines)
{
    char text[6000] = "";
    for (int i = 0; i < 30; i++) strcat(text, i % 10 ? "the cat\ta dog\n" : "a a a a a a a a a a a a\tthe\n");
    small_file("pairs", text, strlen(text));
    small_file("valid", "a a a a a a a a a a a\tthe\nnew one\tnew\n", 38);
#define PAIRS(...)                                                                                                     \
    RUN(qp_cmd_train, NULL, "train", "--dry-run", "-q", "--train", "pairs", "--tokenizer", "word", "--encoder", "gru", \
        "--decoder", "gru", "--layers", "1", "-t1", "--steps", "5", "-m", "m.safetensors", __VA_ARGS__)
    cr_assert_eq(PAIRS("--valid", "pairs"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "30 of 30 validation lines are training lines"), "%s", small_out);
    cr_assert_eq(PAIRS("--valid", "valid", "--max-length", "8"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "10.0 % of the training lines are longer than --max-length 8 and are left out"), "%s",
              small_out);
    cr_assert(strstr(small_out, "1 validation lines are cut to --max-length 8"), "%s", small_out);
    cr_assert_not(strstr(small_out, "are training lines") || strstr(small_out, "no validation data"), "%s", small_out);
}

Test(advice, nothing_to_say)
{
    char text[40000] = "";
    for (int i = 0; i < 600; i++) sprintf(text + strlen(text), "a b c d e f %d g h i j k l m n o\n", i % 10);
    small_file("corpus", text, strlen(text));
    small_file("valid", "b a d c\n", 8);
    cr_assert_eq(DRY_RUN("--tokenizer", "char", "--emb-size", "16", "--valid", "valid", "--lm-window", "32"), 0, "%s",
                 small_err);
    cr_assert(strstr(small_out, "\nno warnings\n"), "%s", small_out);
    cr_assert_not(strstr(small_out, "\nwarnings\n"), "%s", small_out);
}
