#include "tokenizer/huggingface/pipeline_length.h"

#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/huggingface/pipeline.h"

/* Words a to e and A to E with [CLS] and [SEP] around each text, as BERT has them; Hugging Face's tokenizers 0.23.3
 * give the wanted tokens. "[ab]AB]": [CLS] a b [SEP] A B [SEP]; "_": padding; "!": refused. */
static qp_pipeline *pipeline_of(const char *truncation, const char *padding)
{
    char json[2400];
    qp_pipeline *p;
    snprintf(
        json, sizeof json,
        "{\"truncation\":%s,\"padding\":%s,\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":"
        "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},"
        "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}}],\"pair\":["
        "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
        "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":1}},"
        "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":1}}],\"special_tokens\":{"
        "\"[CLS]\":{\"id\":\"[CLS]\",\"ids\":[2],\"tokens\":[\"[CLS]\"]},"
        "\"[SEP]\":{\"id\":\"[SEP]\",\"ids\":[3],\"tokens\":[\"[SEP]\"]}}},"
        "\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"<unk>\",\"vocab\":{\"<unk>\":0,\"<pad>\":1,\"[CLS]\":2,"
        "\"[SEP]\":3,\"a\":4,\"b\":5,\"c\":6,\"d\":7,\"e\":8,\"A\":9,\"B\":10,\"C\":11,\"D\":12,\"E\":13}}}",
        truncation, padding);
    cr_assert_eq(qp_pipeline_read_huggingface("test", json, strlen(json), &p), QP_OK, "%s", qp_error_message());
    return p;
}

static void expect_tokens(const qp_pipeline *p, const char *a, const char *b, const char *wanted)
{
    char found[100] = "!";
    qp_encoding e = {0};
    qp_status status = *b ? qp_pipeline_encode_pair(p, a, strlen(a), b, strlen(b), true, &e)
                          : qp_pipeline_encode(p, a, strlen(a), true, true, &e);
    if (status == QP_OK) {
        for (int i = 0; i < e.count; i++) found[i] = "?_[]abcdeABCDE"[e.id[i]];
        found[e.count] = '\0';
    } else {
        cr_expect_eq(status, QP_EDATA);
    }
    cr_expect_str_eq(found, wanted, "%s / %s: %s instead of %s", a, b, found, wanted);
    qp_encoding_free(&e);
}

static const struct {
    int strategy, left;
    const char *a, *b, *wanted[10]; /* at most 2 to 11 tokens */
} cut[] = {
    {0,
     0,
     "a b c d e",
     "A B C",
     {"[abcde]ABC]", "[]]", "[a]]", "[a]A]", "[ab]A]", "[ab]AB]", "[abc]AB]", "[abc]ABC]", "[abcd]ABC]",
      "[abcde]ABC]"}},
    {0,
     0,
     "a b",
     "A B C D E",
     {"[ab]ABCDE]", "[]]", "[]A]", "[a]A]", "[a]AB]", "[ab]AB]", "[ab]ABC]", "[ab]ABCD]", "[ab]ABCDE]", "[ab]ABCDE]"}},
    {0,
     0,
     "a b c",
     "A B C",
     {"[abc]ABC]", "[]]", "[]A]", "[a]A]", "[a]AB]", "[ab]AB]", "[ab]ABC]", "[abc]ABC]", "[abc]ABC]", "[abc]ABC]"}},
    {0,
     0,
     "a b c d e",
     "",
     {"[]", "[a]", "[ab]", "[abc]", "[abcd]", "[abcde]", "[abcde]", "[abcde]", "[abcde]", "[abcde]"}},
    {0,
     1,
     "a b c d e",
     "A B C",
     {"[abcde]ABC]", "[]]", "[e]]", "[e]C]", "[de]C]", "[de]BC]", "[cde]BC]", "[cde]ABC]", "[bcde]ABC]",
      "[abcde]ABC]"}},
    {0,
     1,
     "a b",
     "A B C D E",
     {"[ab]ABCDE]", "[]]", "[]E]", "[b]E]", "[b]DE]", "[ab]DE]", "[ab]CDE]", "[ab]BCDE]", "[ab]ABCDE]", "[ab]ABCDE]"}},
    {0,
     1,
     "a b c",
     "A B C",
     {"[abc]ABC]", "[]]", "[]C]", "[c]C]", "[c]BC]", "[bc]BC]", "[bc]ABC]", "[abc]ABC]", "[abc]ABC]", "[abc]ABC]"}},
    {0,
     1,
     "a b c d e",
     "",
     {"[]", "[e]", "[de]", "[cde]", "[bcde]", "[abcde]", "[abcde]", "[abcde]", "[abcde]", "[abcde]"}},
    {1,
     0,
     "a b c d e",
     "A B C",
     {"[abcde]ABC]", "[]]", "!", "!", "!", "[a]ABC]", "[ab]ABC]", "[abc]ABC]", "[abcd]ABC]", "[abcde]ABC]"}},
    {1, 0, "a b", "A B C D E", {"[ab]ABCDE]", "[]]", "!", "!", "!", "!", "!", "[a]ABCDE]", "[ab]ABCDE]", "[ab]ABCDE]"}},
    {1,
     0,
     "a b c",
     "A B C",
     {"[abc]ABC]", "[]]", "!", "!", "!", "[a]ABC]", "[ab]ABC]", "[abc]ABC]", "[abc]ABC]", "[abc]ABC]"}},
    {1,
     0,
     "a b c d e",
     "",
     {"[]", "[a]", "[ab]", "[abc]", "[abcd]", "[abcde]", "[abcde]", "[abcde]", "[abcde]", "[abcde]"}},
    {1,
     1,
     "a b c d e",
     "A B C",
     {"[abcde]ABC]", "[]]", "!", "!", "!", "[e]ABC]", "[de]ABC]", "[cde]ABC]", "[bcde]ABC]", "[abcde]ABC]"}},
    {1, 1, "a b", "A B C D E", {"[ab]ABCDE]", "[]]", "!", "!", "!", "!", "!", "[b]ABCDE]", "[ab]ABCDE]", "[ab]ABCDE]"}},
    {1,
     1,
     "a b c",
     "A B C",
     {"[abc]ABC]", "[]]", "!", "!", "!", "[c]ABC]", "[bc]ABC]", "[abc]ABC]", "[abc]ABC]", "[abc]ABC]"}},
    {1,
     1,
     "a b c d e",
     "",
     {"[]", "[e]", "[de]", "[cde]", "[bcde]", "[abcde]", "[abcde]", "[abcde]", "[abcde]", "[abcde]"}},
    {2,
     0,
     "a b c d e",
     "A B C",
     {"[abcde]ABC]", "[]]", "!", "!", "!", "!", "!", "[abcde]A]", "[abcde]AB]", "[abcde]ABC]"}},
    {2,
     0,
     "a b",
     "A B C D E",
     {"[ab]ABCDE]", "[]]", "!", "!", "[ab]A]", "[ab]AB]", "[ab]ABC]", "[ab]ABCD]", "[ab]ABCDE]", "[ab]ABCDE]"}},
    {2,
     0,
     "a b c",
     "A B C",
     {"[abc]ABC]", "[]]", "!", "!", "!", "[abc]A]", "[abc]AB]", "[abc]ABC]", "[abc]ABC]", "[abc]ABC]"}},
    {2, 0, "a b c d e", "", {"[]", "!", "!", "!", "!", "[abcde]", "[abcde]", "[abcde]", "[abcde]", "[abcde]"}},
    {2,
     1,
     "a b c d e",
     "A B C",
     {"[abcde]ABC]", "[]]", "!", "!", "!", "!", "!", "[abcde]C]", "[abcde]BC]", "[abcde]ABC]"}},
    {2,
     1,
     "a b",
     "A B C D E",
     {"[ab]ABCDE]", "[]]", "!", "!", "[ab]E]", "[ab]DE]", "[ab]CDE]", "[ab]BCDE]", "[ab]ABCDE]", "[ab]ABCDE]"}},
    {2,
     1,
     "a b c",
     "A B C",
     {"[abc]ABC]", "[]]", "!", "!", "!", "[abc]C]", "[abc]BC]", "[abc]ABC]", "[abc]ABC]", "[abc]ABC]"}},
    {2, 1, "a b c d e", "", {"[]", "!", "!", "!", "!", "[abcde]", "[abcde]", "[abcde]", "[abcde]", "[abcde]"}},
};

Test(pipeline_length, truncation)
{
    static const char *const strategy[] = {"LongestFirst", "OnlyFirst", "OnlySecond"}, *const side[] = {"Right",
                                                                                                        "Left"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        for (int most = 2; most < 12; most++) {
            char rule[200];
            snprintf(rule, sizeof rule, "{\"direction\":\"%s\",\"max_length\":%d,\"strategy\":\"%s\",\"stride\":0}",
                     side[cut[i].left], most, strategy[cut[i].strategy]);
            qp_pipeline *p = pipeline_of(rule, "null");
            expect_tokens(p, cut[i].a, cut[i].b, cut[i].wanted[most - 2]);
            qp_pipeline_free(p);
        }
}

Test(pipeline_length, padding)
{
    static const struct {
        int left, length, multiple;
        const char *wanted;
    } row[] = {
        {0, 0, 0, "[abc]"},    {0, 7, 0, "[abc]__"},  {0, 3, 0, "[abc]"}, {0, 0, 4, "[abc]___"},
        {0, 6, 4, "[abc]___"}, {0, 8, 4, "[abc]___"}, {0, 0, 5, "[abc]"}, {0, 0, 1, "[abc]"},
        {1, 0, 0, "[abc]"},    {1, 7, 0, "__[abc]"},  {1, 3, 0, "[abc]"}, {1, 0, 4, "___[abc]"},
        {1, 6, 4, "___[abc]"}, {1, 8, 4, "___[abc]"}, {1, 0, 5, "[abc]"}, {1, 0, 1, "[abc]"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char rule[300], strategy[40] = "\"BatchLongest\"", multiple[20] = "null";
        if (row[i].length) snprintf(strategy, sizeof strategy, "{\"Fixed\":%d}", row[i].length);
        if (row[i].multiple) snprintf(multiple, sizeof multiple, "%d", row[i].multiple);
        snprintf(rule, sizeof rule,
                 "{\"strategy\":%s,\"direction\":\"%s\",\"pad_to_multiple_of\":%s,\"pad_id\":1,\"pad_type_id\":1,"
                 "\"pad_token\":\"<pad>\"}",
                 strategy, row[i].left ? "Left" : "Right", multiple);
        qp_pipeline *p = pipeline_of("null", rule);
        expect_tokens(p, "a b c", "", row[i].wanted);
        qp_encoding e = {0};
        cr_assert_eq(qp_pipeline_encode(p, "a b c", 5, true, true, &e), QP_OK);
        for (int k = 0; k < e.count; k++)
            cr_expect(e.type_id[k] == (e.id[k] == 1) && (e.sequence[k] < 0) == (e.id[k] < 4), "token %d", k);
        qp_encoding_free(&e);
        qp_pipeline_free(p);
    }
    qp_pipeline *both = pipeline_of("{\"direction\":\"Right\",\"max_length\":4,\"strategy\":\"LongestFirst\"}",
                                    "{\"strategy\":{\"Fixed\":8},\"direction\":\"Right\",\"pad_id\":1,"
                                    "\"pad_token\":\"<pad>\"}");
    expect_tokens(both, "a b c d", "", "[ab]____");
    qp_pipeline_free(both);
}

/* What is written is what was read; what is damaged is refused. */
Test(pipeline_length, files)
{
    static const struct {
        const char *json, *written; /* NULL: refused */
    } row[] = {
        {"{}", " \"truncation\": null,\n \"padding\": null"},
        {"{\"truncation\":null,\"padding\":null}", " \"truncation\": null,\n \"padding\": null"},
        {"{\"truncation\":{\"direction\":\"Left\",\"max_length\":12,\"strategy\":\"OnlySecond\",\"stride\":3}}",
         " \"truncation\": {\"direction\": \"Left\", \"max_length\": 12, \"strategy\": \"OnlySecond\", \"stride\": "
         "3},\n"
         " \"padding\": null"},
        {"{\"padding\":{\"strategy\":{\"Fixed\":9},\"direction\":\"Left\",\"pad_to_multiple_of\":8,\"pad_id\":7,"
         "\"pad_type_id\":2,\"pad_token\":\"p\"}}",
         " \"truncation\": null,\n \"padding\": {\"strategy\": {\"Fixed\": 9}, \"direction\": \"Left\", "
         "\"pad_to_multiple_of\": 8, \"pad_id\": 7, \"pad_type_id\": 2, \"pad_token\": \"p\"}"},
        {"{\"padding\":{\"strategy\":\"BatchLongest\",\"direction\":\"Right\",\"pad_token\":\"p\"}}",
         " \"truncation\": null,\n \"padding\": {\"strategy\": \"BatchLongest\", \"direction\": \"Right\", "
         "\"pad_to_multiple_of\": null, \"pad_id\": 0, \"pad_type_id\": 0, \"pad_token\": \"p\"}"},
        {"{\"truncation\":{\"strategy\":\"OnlyFirst\"}}", NULL},
        {"{\"truncation\":{\"max_length\":5,\"strategy\":\"first\"}}", NULL},
        {"{\"truncation\":{\"max_length\":5,\"strategy\":\"OnlyFirst\",\"direction\":\"Up\"}}", NULL},
        {"{\"truncation\":{\"max_length\":-5,\"strategy\":\"OnlyFirst\"}}", NULL},
        {"{\"truncation\":{\"max_length\":2147483648,\"strategy\":\"OnlyFirst\"}}", NULL},
        {"{\"truncation\":{\"max_length\":\"5\",\"strategy\":\"OnlyFirst\"}}", NULL},
        {"{\"padding\":{\"strategy\":\"Longest\",\"pad_token\":\"p\"}}", NULL},
        {"{\"padding\":{\"strategy\":{\"fixed\":8},\"pad_token\":\"p\"}}", NULL},
        {"{\"padding\":{\"strategy\":\"BatchLongest\"}}", NULL},
        {"{\"padding\":{\"strategy\":{\"Fixed\":16777217},\"pad_token\":\"p\"}}", NULL},
        {"{\"padding\":{\"strategy\":\"BatchLongest\",\"pad_to_multiple_of\":16777217,\"pad_token\":\"p\"}}", NULL},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_length_rules rules = {0};
        qp_text_buffer out = {0};
        json_t *root = json_loads(row[i].json, 0, NULL);
        cr_assert_not_null(root, "%s", row[i].json);
        qp_status status = qp_pipeline_read_length("file", root, &rules);
        cr_expect_eq(status, row[i].written ? QP_OK : QP_EDATA, "%s: %d", row[i].json, status);
        cr_expect(row[i].written || strncmp(qp_error_message(), "file: ", 6) == 0, "%s", qp_error_message());
        if (status == QP_OK) {
            cr_assert_eq(qp_pipeline_write_length(&rules, &out), QP_OK);
            cr_expect(out.bytes == strlen(row[i].written) && memcmp(out.text, row[i].written, out.bytes) == 0, "%.*s",
                      (int)out.bytes, out.text);
        }
        qp_text_free(&out);
        free(rules.fill_text);
        json_decref(root);
    }
}
