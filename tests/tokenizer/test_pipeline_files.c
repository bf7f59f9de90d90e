#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/huggingface/pipeline.h"

/* Small tokenizer.json files, each with what Hugging Face tokenizers 0.23.3 makes of a text. */

static qp_pipeline *open_json(const char *text)
{
    qp_pipeline *p;
    cr_assert_eq(qp_pipeline_read_huggingface("test", text, strlen(text), &p), QP_OK, "%s", qp_error_message());
    return p;
}

static void expect_list(const qp_encoding *list, const char *wanted)
{
    char got[400];
    size_t made = 0;
    for (int i = 0; i < list->count; i++)
        made += (size_t)snprintf(got + made, sizeof got - made, "%s%d:%u-%u", i ? " " : "", list->id[i],
                                 list->begin[i], list->end[i]);
    got[made] = '\0';
    cr_assert_str_eq(got, wanted);
}

/* wanted: "id:begin-end ...". */
static void expect_text(const char *json, const char *text, const char *wanted)
{
    qp_pipeline *p = open_json(json);
    qp_encoding list = {0};
    cr_assert_eq(qp_pipeline_encode(p, text, strlen(text), true, true, &list), QP_OK, "%s", qp_error_message());
    expect_list(&list, wanted);
    qp_encoding_free(&list);
    qp_pipeline_free(p);
}

#define WORDS "\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"?\",\"vocab\":"
#define ADDED(id, text, right)                                                                                         \
    "{\"id\":" #id ",\"content\":\"" text "\",\"single_word\":false,\"lstrip\":false,\"rstrip\":" right                \
    ",\"normalized\":false,\"special\":false}"

Test(pipeline_files, spaces_taken_by_one_added_token_are_searched_for_others)
{
    expect_text("{\"added_tokens\":[" ADDED(1, ".", "true") "," ADDED(2, "  ", "false") "]," WORDS
                                                                                        "{\"?\":0,\"a\":3}}}",
                "a.  a", "3:0-1 1:1-4 2:2-4 3:4-5");
}

Test(pipeline_files, parts_of_equal_length)
{
    expect_text("{\"pre_tokenizer\":{\"type\":\"FixedLength\",\"length\":2}," WORDS
                "{\"?\":0,\"ab\":1,\"\u00E9c\":2,\"d\":3}}}",
                "ab\u00E9cd", "1:0-2 2:2-5 3:5-6");
}

Test(pipeline_files, empty_matches)
{
#define EDGES(behavior)                                                                                                \
    "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\b\"},\"behavior\":\"" behavior                \
    "\",\"invert\":false}," WORDS "{\"?\":0,\"ab\":1,\" \":2,\"c\":3}}}"
    expect_text(EDGES("MergedWithPrevious"), "ab c", "1:0-2 2:2-3 3:3-4");
    expect_text(EDGES("Isolated"), "ab c", "1:0-2 2:2-3 3:3-4");
    expect_text(EDGES("Contiguous"), "ab c", "1:0-2 2:2-3 3:3-4");
}

Test(pipeline_files, word_level_without_its_unknown_token)
{
    qp_pipeline *p = open_json("{\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"}," WORDS "{\"a\":0,\"b\":1}}}");
    qp_encoding list = {0};
    cr_assert_eq(qp_pipeline_encode(p, "b a", 3, true, true, &list), QP_OK);
    expect_list(&list, "1:0-1 0:2-3");
    cr_assert_eq(qp_pipeline_encode(p, "b x", 3, true, true, &list), QP_EDATA);
    qp_encoding_free(&list);
    qp_pipeline_free(p);
}

#define BYTES_MODEL(fallback)                                                                                          \
    "\"model\":{\"type\":\"BPE\",\"unk_token\":\"?\",\"byte_fallback\":" fallback                                      \
    ",\"vocab\":{\"?\":0,\"a\":1,\"\u0120\":2,\"\u0120a\":3,\"<0xC4>\":4,\"<0x8A>\":5,\"<0xC3>\":6,\"\u00A9\":7},"     \
    "\"merges\":[[\"\u0120\",\"a\"]]}}"

Test(pipeline_files, letters_of_bytes_by_a_normalizer)
{
    expect_text("{\"normalizer\":{\"type\":\"ByteLevel\"}," BYTES_MODEL("false"), "a a\u00E9",
                "1:0-1 3:1-3 0:3-5 7:3-5");
}

/* A byte without a letter in the vocabulary: the letter itself is spelled in bytes. */
Test(pipeline_files, byte_level_with_byte_fallback)
{
    expect_text("{\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},"
                "\"decoder\":{\"type\":\"ByteLevel\"}," BYTES_MODEL("true"),
                "a\n a", "1:0-1 4:1-2 5:1-2 3:2-4");
}

static const char cut_and_filled[] =
    "{\"truncation\":{\"direction\":\"Left\",\"max_length\":3,\"strategy\":\"LongestFirst\",\"stride\":0},"
    "\"padding\":{\"strategy\":{\"Fixed\":4},\"direction\":\"Right\",\"pad_to_multiple_of\":6,\"pad_id\":9,"
    "\"pad_type_id\":0,\"pad_token\":\"<pad>\"},"
    "\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":{\"type\":\"TemplateProcessing\","
    "\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],"
    "\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}],"
    "\"special_tokens\":{\"<s>\":{\"id\":\"<s>\",\"ids\":[8],\"tokens\":[\"<s>\"]}}}," WORDS
    "{\"?\":0,\"a\":1,\"b\":2,\"c\":3,\"<s>\":8,\"<pad>\":9}}}";

Test(pipeline_files, truncation_and_padding)
{
    expect_text(cut_and_filled, "a b c", "8:0-0 2:2-3 3:4-5 9:0-0 9:0-0 9:0-0");
    qp_pipeline *p = open_json(cut_and_filled);
    qp_encoding list = {0};
    cr_assert_eq(qp_pipeline_encode_pair(p, "a b c", 5, "b", 1, true, &list), QP_OK);
    expect_list(&list, "2:2-3 3:4-5 2:0-1 9:0-0 9:0-0 9:0-0");
    qp_encoding_free(&list);
    qp_pipeline_free(p);
}

Test(pipeline_files, ctc)
{
    qp_pipeline *p = open_json("{\"decoder\":{\"type\":\"CTC\",\"pad_token\":\"_\",\"word_delimiter_token\":\"|\","
                               "\"cleanup\":true}," WORDS "{\"?\":0,\"_\":1,\"a\":2,\"b\":3,\"|\":4}}}");
    const int32_t id[] = {2, 2, 1, 2, 4, 4, 3, 1, 1};
    char *text;
    size_t bytes;
    cr_assert_eq(qp_pipeline_decode(p, id, 9, true, &text, &bytes), QP_OK);
    cr_assert_str_eq(text, "aa b");
    free(text);
    qp_pipeline_free(p);
}

/* An unknown byte is shown by the unknown token, which has no spaces to trim. */
Test(pipeline_files, spaces_of_unknown_bytes_stay_in_their_span)
{
    expect_text("{\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},"
                "\"post_processor\":{\"type\":\"ByteLevel\",\"trim_offsets\":true},"
                "\"model\":{\"type\":\"BPE\",\"unk_token\":\"?\",\"vocab\":{\"?\":0,\"a\":1},\"merges\":[]}}",
                "a a", "1:0-1 0:1-2 1:2-3");
}
