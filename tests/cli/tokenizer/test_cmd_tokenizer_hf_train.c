#include <criterion/criterion.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "tests/cli/small_model.h"

static const char text[] = "abc abd abc\nabc abd abc\nabc abd abc\n";
static const char like[] =
    "{\"version\": \"1.0\", \"added_tokens\": [{\"id\": 0, \"content\": \"<x>\", \"single_word\": false, \"lstrip\": "
    "false, \"rstrip\": false, \"normalized\": true, \"special\": false}], \"normalizer\": null, \"pre_tokenizer\": "
    "{\"type\": \"Whitespace\"}, \"model\": {\"type\": \"BPE\", \"unk_token\": null, \"vocab\": {}, \"merges\": []}}";
static const char unigram[] = "{\"model\": {\"type\": \"Unigram\"}}";

static void set_up(void)
{
    small_model_write("unused.safetensors", false);
    small_file("text", text, strlen(text));
    small_file("like.json", like, strlen(like));
    small_file("unigram.json", unigram, strlen(unigram));
}

TestSuite(cmd_tokenizer_hf_train, .init = set_up, .fini = small_model_clean);

#define TRAIN(...) RUN(qp_tokenizer_hf_train_main, NULL, "hf-train", "--vocab-size", "8", __VA_ARGS__)

static void encoded(const char *input, const char *form, const char *expected)
{
    cr_assert_eq(RUN(qp_tokenizer_encode_main, input, "encode", "-m", "hf.json", "--special", form), 0, "%s",
                 small_err);
    cr_assert_str_eq(small_out, expected);
}

Test(cmd_tokenizer_hf_train, the_file_encodes)
{
    cr_assert_eq(TRAIN("--like", "like.json", "--special-tokens", "<s>", "-o", "hf.json", "text"), 0, "%s", small_err);
    encoded("abc <x> abd\n", "--pieces", "abc <x> abd\n");
    encoded("<s> a b c d ab abc\n", "--ids", "0 1 2 3 4 5 6\n"); /* special, alphabet, merges */
    encoded("abd<x>\n", "--ids", "7 8\n");                       /* added tokens follow the vocabulary */
}

Test(cmd_tokenizer_hf_train, rare_pairs_are_dropped)
{
    cr_assert_eq(TRAIN("--like", "like.json", "--min-frequency", "4", "-o", "hf.json", "text"), 0, "%s", small_err);
    encoded("abc abd\n", "--pieces", "abc ab d\n");
}

/* jansson cannot read a key with NUL in it; the old vocabulary is replaced, so the key does not matter. */
Test(cmd_tokenizer_hf_train, like_a_vocabulary_with_nul)
{
    static const char nul[] =
        "{\"pre_tokenizer\": {\"type\": \"Whitespace\"}, \"model\": {\"type\": \"BPE\", "
        "\"vocab\": {\"\\u0000\": 0}, \"merges\": []}}";
    small_file("nul.json", nul, sizeof nul - 1);
    cr_assert_eq(TRAIN("--like", "nul.json", "-o", "hf.json", "text"), 0, "%s", small_err);
    encoded("abc\n", "--pieces", "abc\n");
}

Test(cmd_tokenizer_hf_train, mistakes)
{
    cr_assert_eq(TRAIN("text"), 2);
    cr_assert(strstr(small_err, "add --like TOKENIZER.json"), "%s", small_err);
    cr_assert_eq(TRAIN("--like", "unigram.json", "text"), 65);
    cr_assert(strstr(small_err, "unigram.json: its model is Unigram; this command trains"), "%s", small_err);
    cr_assert_eq(TRAIN("--like", "text", "text"), 65, "%s", small_err);
    cr_assert_eq(TRAIN("--like", "nowhere", "text"), 66, "%s", small_err);
}
