#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/run/common_pieces.h"
#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/tokenizer_formats.h"

static qp_tokenizer *words(const char *json)
{
    qp_tokenizer *t;
    cr_assert_eq(qp_tokenizer_of_content(QP_FORMAT_HUGGINGFACE, "words", json, strlen(json), &t), QP_OK, "%s",
                 qp_error_message());
    return t;
}

/* By form, and special ids by role, whatever they are called. */
Test(common_pieces, by_form_and_by_role)
{
    qp_tokenizer *ours = words("{\"model\": {\"type\": \"WordLevel\", \"unk_token\": \"[UNK]\", \"vocab\": "
                               "{\"[UNK]\": 0, \"b\": 1, \"a\": 2, \"[SEP]\": 3, \"new\": 4}}}");
    qp_tokenizer *theirs = words("{\"model\": {\"type\": \"WordLevel\", \"unk_token\": \"<unk>\", \"vocab\": "
                                 "{\"a\": 0, \"</s>\": 1, \"b\": 2, \"<unk>\": 3, \"old\": 4}}}");
    static const int32_t expected[] = {3, 2, 0, 1, -1};
    int32_t *id;
    int common;
    cr_assert_eq(qp_common_pieces(ours, theirs, &id, &common), QP_OK);
    cr_expect_eq(common, 4);
    cr_expect_arr_eq(id, expected, sizeof expected);
    free(id);
    qp_tokenizer_free(ours);
    qp_tokenizer_free(theirs);
}

/* Hashed n-grams all look alike: only the special ids have a counterpart. */
Test(common_pieces, a_form_of_several_pieces_matches_nothing)
{
    static const char *const line[] = {"a b"};
    qp_tokenizer_config config = test_config("ngram", 64);
    qp_tokenizer *ours = test_train(&config, line, 1);
    int32_t *id;
    int common;
    cr_assert_eq(qp_common_pieces(ours, ours, &id, &common), QP_OK);
    cr_expect_eq(common, QP_SPECIAL_COUNT);
    free(id);
    qp_tokenizer_free(ours);
}

/* By the text that a piece adds after another one: a word with its space is the same word however the space is written.
 */
Test(common_pieces, by_text)
{
    qp_tokenizer *ours = words(
        "{\"decoder\": {\"type\": \"Metaspace\", \"replacement\": \"\u2581\", \"prepend_scheme\": "
        "\"always\"}, \"model\": {\"type\": \"WordLevel\", \"unk_token\": \"u\", \"vocab\": "
        "{\"u\": 0, \"\u2581dog\": 1, \"dog\": 2, \"\u2581cat\": 3, \"s\": 4}}}");
    qp_tokenizer *theirs = words("{\"decoder\": {\"type\": \"ByteLevel\"}, \"model\": {\"type\": \"WordLevel\", "
                                 "\"unk_token\": \"u\", \"vocab\": {\"dog\": 0, \"s\": 1, \"u\": 2, \"cat\": 3, "
                                 "\"\u0120dog\": 4}}}");
    static const int32_t expected[] = {2, 4, 0, -1, 1};
    int32_t *id;
    int common;
    cr_assert_eq(qp_common_pieces(ours, theirs, &id, &common), QP_OK);
    cr_expect_arr_eq(id, expected, sizeof expected);
    cr_expect_eq(common, 4);
    free(id);
    qp_tokenizer_free(ours);
    qp_tokenizer_free(theirs);
}
