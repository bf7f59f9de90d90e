#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/huggingface/pipeline.h"

static const char byte_level[] =
    "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,"
    "\"added_tokens\":[{\"id\":9,\"content\":\"<end>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
    "\"normalized\":false,\"special\":true}],\"normalizer\":{\"type\":\"Lowercase\"},"
    "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true},"
    "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
    "{\"SpecialToken\":{\"id\":\"<end>\",\"type_id\":1}}],\"pair\":[],\"special_tokens\":{\"<end>\":{\"id\":\"<end>\","
    "\"ids\":[9],\"tokens\":[\"<end>\"]}}},\"decoder\":{\"type\":\"ByteLevel\"},"
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"\\u0120\":2,\"ab\":3,\"\\u0120ab\":4},"
    "\"merges\":[[\"a\",\"b\"],\"\\u0120 ab\"]}}";

static qp_pipeline *open_text(const char *text)
{
    qp_pipeline *p;
    cr_assert_eq(qp_pipeline_read_huggingface("test", text, strlen(text), &p), QP_OK, "%s", qp_error_message());
    return p;
}

Test(pipeline, byte_level_with_added_token_and_template)
{
    static const struct {
        int32_t id;
        uint32_t begin, end;
    } wanted[] = {{3, 0, 2}, {4, 2, 5}, {9, 5, 10}, {1, 10, 11}, {9, 0, 0}};
    qp_pipeline *p = open_text(byte_level);
    qp_encoding list = {0};
    const char *text = "AB aB<end>b";
    cr_assert_eq(qp_pipeline_encode(p, text, strlen(text), true, true, &list), QP_OK);
    cr_assert_eq(list.count, 5);
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(list.id[i], wanted[i].id);
        cr_assert(list.begin[i] == wanted[i].begin && list.end[i] == wanted[i].end);
        cr_assert_eq((list.sequence[i] < 0), i == 4);
    }
    const int32_t id[] = {3, 4, 9, 1, 9};
    char *back;
    size_t bytes;
    cr_assert_eq(qp_pipeline_decode(p, id, 5, true, &back, &bytes), QP_OK);
    cr_assert_str_eq(back, "ab abb");
    free(back);
    cr_assert_eq(qp_pipeline_decode(p, id, 5, false, &back, &bytes), QP_OK);
    cr_assert_str_eq(back, "ab ab<end>b<end>");
    free(back);
    qp_encoding_free(&list);
    qp_pipeline_free(p);
}

/* The words that the trainers of Hugging Face's tokenizers count: what its pre_tokenizers 0.23.3 give. */
static void same_words(const char *stages, const char *text, const char *wanted)
{
    char json[600], found[200];
    qp_word_counts words = {0};
    size_t made = 0;
    snprintf(json, sizeof json, "{%s,\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]}}", stages);
    qp_pipeline *p = open_text(json);
    cr_assert_eq(qp_pipeline_count_words(p, text, strlen(text), &words), QP_OK, "%s", qp_error_message());
    for (size_t w = 0; w < words.count; w++)
        made += (size_t)snprintf(found + made, sizeof found - made, "%s%.*s %d", w ? "|" : "", (int)words.word[w].bytes,
                                 words.text + words.word[w].start, (int)words.word[w].count);
    cr_expect_str_eq(found, wanted, "%s: %s", stages, found);
    qp_word_counts_free(&words);
    qp_pipeline_free(p);
}

#define BYTES "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}"

Test(pipeline, words_for_the_trainers)
{
    same_words("\"normalizer\":{\"type\":\"Lowercase\"},\"pre_tokenizer\":{\"type\":\"Whitespace\"}",
               "Ab b  AB\u00e9 b", "ab 1|b 2|ab\u00e9 1");
    same_words("\"pre_tokenizer\":" BYTES, "Ab b  AB\u00e9 b", "Ab 1|\u0120b 2|\u0120 1|\u0120AB\u00c3\u00a9 1");
    same_words("\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\","
               "\"individual_digits\":true}," BYTES "]}",
               "a12 \u00e9", "a 1|1 1|2 1|\u0120\u00c3\u00a9 1");
}

Test(pipeline, wordpiece)
{
    qp_pipeline *p = open_text(
        "{\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
        "\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true},"
        "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\","
        "\"vocab\":{\"[UNK]\":0,\"un\":1,\"##able\":2,\".\":3,\"a\":4}}}");
    qp_encoding list = {0};
    const int32_t wanted[] = {1, 2, 3, 0, 4};
    cr_assert_eq(qp_pipeline_encode(p, "Un\u0301able. xyz a", 15, true, true, &list), QP_OK);
    cr_assert_eq(list.count, 5);
    for (size_t i = 0; i < 5; i++) cr_assert_eq(list.id[i], wanted[i]);
    char *back;
    size_t bytes;
    cr_assert_eq(qp_pipeline_decode(p, wanted, 3, true, &back, &bytes), QP_OK);
    cr_assert_str_eq(back, "unable.");
    free(back);
    qp_encoding_free(&list);
    qp_pipeline_free(p);
}

/* Results of tokenizers 0.23.3. */
Test(pipeline, ids_of_unusual_files)
{
#define WHOLE_BYTES "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false},"
#define LETTERS "\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"?\",\"vocab\":{\"?\":0,\"a\":1,\"b\":2}}"
#define EACH "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"String\":\"\"},\"behavior\":\"Isolated\"},"
#define FILL(n)                                                                                                        \
    "\"padding\":{\"strategy\":{\"Fixed\":" n "},\"pad_to_multiple_of\":2,\"pad_id\":0,\"pad_token\":\"?\"},"
    static const struct {
        const char *file, *text, *ids;
    } row[] = {
        {"{" WHOLE_BYTES "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"?\",\"continuing_subword_prefix\":\"##\","
         "\"max_input_chars_per_word\":5,\"vocab\":{\"?\":0,\"\u00e3\":1,\"##\u0122\":2}}}",
         "\u3000", "1 2 2 "},
        {"{" WHOLE_BYTES
         "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"?\",0],[\"\u00e3\",-1],[\"\u0122\",-1]]}}",
         "\u3000", "1 2 2 "},
        {"{" EACH LETTERS "}", "abca", "1 2 0 1 "},
        {"{" FILL("3") EACH LETTERS "}", "abb", "1 2 2 0 "},
        {"{" FILL("0") EACH LETTERS "}", "abb", "1 2 2 "},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char ids[100] = "";
        qp_pipeline *p = open_text(row[i].file);
        qp_encoding list = {0};
        cr_assert_eq(qp_pipeline_encode(p, row[i].text, strlen(row[i].text), true, true, &list), QP_OK);
        for (int k = 0; k < list.count; k++) sprintf(ids + strlen(ids), "%d ", list.id[k]);
        cr_expect_str_eq(ids, row[i].ids, "%s: %s", row[i].file, ids);
        qp_encoding_free(&list);
        qp_pipeline_free(p);
    }
}

Test(pipeline, tiktoken_ranks)
{
    char file[256 * 16 + 64];
    size_t made = 0;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 256; i++)
        made += (size_t)snprintf(file + made, sizeof file - made, "%c%c== %d\n", letters[i >> 2], letters[(i & 3) << 4],
                                 i);
    made += (size_t)snprintf(file + made, sizeof file - made, "YWI= 256\nYWFi 257\n"); /* "ab", "aab" */
    qp_pipeline *p;
    qp_encoding list = {0};
    cr_assert_eq(qp_pipeline_read_tiktoken("test", file, made, "\\S+|\\s+", &p), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_pipeline_encode(p, "aab \xFF", 5, false, false, &list), QP_OK);
    cr_assert_eq(list.count, 3);
    cr_assert(list.id[0] == 257 && list.id[1] == 32 && list.id[2] == 255);
    const int32_t id[] = {257, 32, 255};
    char *back;
    size_t bytes;
    cr_assert_eq(qp_pipeline_decode(p, id, 3, false, &back, &bytes), QP_OK);
    cr_assert(bytes == 5 && memcmp(back, "aab \xFF", 5) == 0);
    free(back);
    qp_encoding_free(&list);
    qp_pipeline_free(p);
    cr_assert_eq(qp_pipeline_read_tiktoken("test", file, made - 30, "\\S+|\\s+", &p), QP_EDATA);
    cr_assert_eq(qp_pipeline_read_tiktoken("test", "YWI= 0\n", 7, "\\S+", &p), QP_EDATA);
}

Test(pipeline, damaged_files_do_no_harm)
{
    size_t bytes = strlen(byte_level);
    for (size_t cut = 0; cut < bytes; cut++) {
        char *copy = malloc(cut + 1);
        memcpy(copy, byte_level, cut);
        qp_pipeline *p;
        cr_assert_eq(qp_pipeline_read_huggingface("test", copy, cut, &p), QP_EDATA);
        cr_assert_null(p);
        free(copy);
    }
}
