#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "tests/cli/small_model.h"

static void set_up(void)
{
    small_model_write("unused.safetensors", false); /* also writes the text "corpus" */
    static const char *const type[] = {"word", "bpe", "unigram"};
    for (int i = 0; i < 3; i++)
        cr_assert_eq(RUN(qp_tokenizer_train_main, NULL, "train", "--type", type[i], "--vocab-size", "40",
                         "--byte-fallback", "false", "-o", type[i], "corpus"),
                     0, "%s", small_err);
}

TestSuite(cmd_tokenizer_encode, .init = set_up, .fini = small_model_clean);

#define ENCODE(type, input, ...) RUN(qp_tokenizer_encode_main, input, "encode", "-m", type, __VA_ARGS__)

/* A no-break space has two bytes. A piece includes the white space before it. */
Test(cmd_tokenizer_encode, forms_of_a_line)
{
    static const char line[] = "the cat\xc2\xa0sees\n";
    cr_assert_eq(ENCODE("word", "the cat sees\n", "--pieces"), 0, "%s", small_err);
    char *pieces = strdup(small_out);
    cr_assert_eq(ENCODE("word", "the cat sees\n", "--ids"), 0, "%s", small_err);
    char *ids = strdup(small_out);
    int a, b, c;
    cr_assert_eq(sscanf(ids, "%d %d %d\n", &a, &b, &c), 3, "%s", ids);
    cr_assert_eq(ENCODE("word", "the cat sees\n", "--offsets"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "0:3 3:7 7:12\n");
    char text[200];
    snprintf(text, sizeof text, "%d@0:3 %d@3:7 %d@7:12\n", a, b, c);
    cr_assert_eq(ENCODE("word", "the cat sees\n", "--offsets", "--ids"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, text);
    cr_assert_eq(ENCODE("word", line, "--offsets", "--pieces"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "@0:3 ") && strstr(small_out, ":13\n"), "bytes: %s", small_out);
    cr_assert_eq(ENCODE("word", line, "--characters", "--pieces"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "@0:3 ") && strstr(small_out, ":12\n"), "characters: %s", small_out);
    free(pieces);
    free(ids);
}

Test(cmd_tokenizer_encode, json)
{
    cr_assert_eq(ENCODE("word", "the cat\n\n", "--json"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "],\"pieces\":["), "%s", small_out);
    cr_assert(strstr(small_out, "\n{\"ids\":[],\"pieces\":[]}\n"), "%s", small_out);
    cr_assert_eq(ENCODE("word", "a\xc3\xa4 the\n", "--json", "--offsets"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "[3,7]],\"characters\":["), "%s", small_out);
    cr_assert(strstr(small_out, "[2,6]]}\n"), "%s", small_out);
    cr_assert_eq(ENCODE("word", "the\tcat\n", "--json", "--special", "--pairs"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "\"type_ids\":["), "%s", small_out);
}

/* The best segmentation first, the same as without --n-best; lines are counted from 0. */
Test(cmd_tokenizer_encode, n_best_and_samples)
{
    cr_assert_eq(ENCODE("unigram", "the bird\nsees\n", "--pieces"), 0, "%s", small_err);
    char first[200], expected[220], *plain = strdup(small_out);
    snprintf(first, sizeof first, "%.*s", (int)strcspn(plain, "\n"), plain);
    snprintf(expected, sizeof expected, "0 ||| %s ||| ", first);
    cr_assert_eq(ENCODE("unigram", "the bird\nsees\n", "--pieces", "--n-best", "3"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, expected), "%s", small_out);
    cr_assert(strstr(small_out, "\n0 ||| ") && strstr(small_out, "\n1 ||| "), "%s", small_out);
    double before = 0, score;
    int line = 0, number;
    for (char *rest = small_out, *at; (at = strsep(&rest, "\n")) && *at; before = score, line = number) {
        cr_assert_eq(sscanf(at, "%d", &number), 1);
        score = atof(strrchr(at, '|') + 1);
        cr_assert(number == line ? score <= before : number == line + 1, "%s", at);
    }
    cr_assert_eq(ENCODE("unigram", "the bird\n", "--n-best", "2", "--json"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"line\":0,\"score\":-"), "%s", small_out);
    static const char *const random[][2] = {{"unigram", "--sample"}, {"bpe", "--dropout=0.5"}};
    for (int i = 0; i < 2; i++) {
        static const char many[] = "the bird sees the fish\nthe bird sees the fish\nthe bird sees the fish\n";
        cr_assert_eq(ENCODE(random[i][0], many, "--alpha=0", random[i][1], "--seed=3"), 0, "%s", small_err);
        char *one = strdup(small_out);
        cr_assert_eq(ENCODE(random[i][0], many, "--alpha=0", random[i][1], "--seed=3", "-t2"), 0, "%s", small_err);
        cr_assert_str_eq(small_out, one);
        cr_assert_eq(ENCODE(random[i][0], many, "--alpha=0", random[i][1], "--seed=4"), 0, "%s", small_err);
        cr_assert_str_neq(small_out, one);
        free(one);
    }
    free(plain);
}

/* A line of more than 128 kB is cut for the threads; its ids are those of its words. */
Test(cmd_tokenizer_encode, a_long_line)
{
    enum { WORDS = 40000 };
    char *text = malloc(4 * WORDS + 2);
    for (int i = 0; i < WORDS; i++) memcpy(text + 4 * (size_t)i, i % 2 ? "cat " : "dog ", 4);
    memcpy(text + 4 * (size_t)WORDS, "\n", 2);
    cr_assert_eq(ENCODE("bpe", "dog cat dog cat\n", "--ids"), 0, "%s", small_err);
    char *few = strdup(small_out);
    cr_assert_eq(ENCODE("bpe", text, "--ids", "-t2"), 0, "%s", small_err);
    char *two = strdup(small_out);
    cr_assert_eq(strncmp(two, few, strlen(few) - 1), 0, "%.60s", two);
    cr_assert_eq(ENCODE("bpe", text, "--ids", "-t1"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, two);
    free(text);
    free(few);
    free(two);
}

Test(cmd_tokenizer_encode, options_that_contradict_each_other)
{
    static const char *const row[][5] = {
        {"word", "--pairs", NULL, NULL, "add --special"},
        {"word", "--pairs", "--special", "--characters", "remove --pairs"},
        {"word", "--parse-special", "--special", NULL, "--parse-special cannot be combined"},
        {"unigram", "--parse-special", "--sample", NULL, "--parse-special cannot be combined"},
        {"bpe", "--parse-special", "--dropout=0.1", NULL, "--parse-special cannot be combined"},
        {"unigram", "--parse-special", "--n-best=2", NULL, "--parse-special cannot be combined"},
        {"unigram", "--sample", "--n-best=2", NULL, "--sample and --dropout cannot be combined"},
        {"bpe", "--dropout=0.1", "--special", NULL, "--sample and --dropout cannot be combined"},
        {"unigram", "--n-best=2", "--offsets", NULL, "--n-best cannot be combined"},
        {"unigram", "--n-best=2", "--characters", NULL, "--n-best cannot be combined"},
        {"unigram", "--n-best=2", "--special", NULL, "--n-best cannot be combined"},
        {"bpe", "--sample", NULL, NULL, "--sample needs a unigram one, this one --dropout"},
        {"word", "--sample", NULL, NULL, "--sample needs a unigram one\n"},
        {"unigram", "--dropout=0.1", NULL, NULL, "--dropout needs a bpe one, this one --sample"},
        {"word", "--dropout=0.1", NULL, NULL, "--dropout needs a bpe one\n"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        cr_expect_eq(ENCODE(row[i][0], "a\n", row[i][1], row[i][2], row[i][3]), 2, "%s %s", row[i][1], row[i][2]);
        cr_expect(strstr(small_err, row[i][4]), "%s", small_err);
        cr_expect_str_empty(small_out);
    }
}
