#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/stages/stage_kinds.h"
#include "tokenizer/stages/stage_list.h"

static qp_status read_list(qp_stage_role role, const char *text, qp_stage_list *list)
{
    json_t *json = json_loads(text, 0, NULL);
    cr_assert_not_null(json, "%s", text);
    qp_status status = qp_stages_read("test", json, role, list);
    json_decref(json);
    return status;
}

static const char *normalized(const char *json, const char *text)
{
    static char out[256];
    qp_stage_list list = {0};
    qp_stage_scratch scratch = {0};
    qp_mapped_text from = {.mapped = true}, to = {.mapped = true};
    cr_assert_eq(read_list(QP_ROLE_NORMALIZER, json, &list), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_mapped_text_add(&from, text, strlen(text), 0, strlen(text), true), QP_OK);
    cr_assert_eq(qp_regex_text(&scratch.regex, text, strlen(text)), QP_OK);
    for (size_t i = 0; i < list.count; i++) {
        to.bytes = 0;
        cr_assert_eq(list.stage[i].kind->normalize(list.stage[i].self, &scratch, (qp_stretch){&from, 0, from.bytes},
                                                   &to),
                     QP_OK);
        qp_mapped_text swap = from;
        from = to;
        to = swap;
    }
    snprintf(out, sizeof out, "%.*s", (int)from.bytes, from.text);
    qp_mapped_text_free(&from);
    qp_mapped_text_free(&to);
    qp_stage_scratch_free(&scratch);
    qp_stages_free(&list);
    return out;
}

Test(stage_list, normalizers)
{
    cr_assert_str_eq(normalized("{\"type\":\"NFC\"}", "e\u0301"), "\u00E9");
    cr_assert_str_eq(normalized("{\"type\":\"NFKD\"}", "\uFB01\u00E9"), "fie\u0301");
    cr_assert_str_eq(normalized("{\"type\":\"Lowercase\"}", "A\u0130\u03A3"), "ai\u0307\u03C3");
    cr_assert_str_eq(normalized("{\"type\":\"StripAccents\"}", "e\u0301x"), "ex");
    cr_assert_str_eq(normalized("{\"type\":\"Strip\",\"strip_left\":false}", " a "), " a");
    cr_assert_str_eq(normalized("{\"type\":\"Prepend\",\"prepend\":\"_\"}", "a"), "_a");
    cr_assert_str_eq(normalized("{\"type\":\"Nmt\"}", "a\tb\u200Bc\x01"), "a b c");
    cr_assert_str_eq(normalized("{\"type\":\"ByteLevel\"}", "a \u00E9"), "a\u0120\u00C3\u00A9");
    cr_assert_str_eq(normalized("{\"type\":\"BertNormalizer\"}", "\u00C9\u6F22a\x01"), "e \u6F22 a");
    cr_assert_str_eq(normalized("{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\d\"},\"content\":\"0\"}", "a12"),
                     "a00");
    cr_assert_str_eq(normalized("{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},"
                                "{\"type\":\"StripAccents\"}]}",
                                "\u00E9"),
                     "e");
}

/* What is read is written so that the same is read again. */
Test(stage_list, stages_are_written_as_they_are_read)
{
    static const char text[] = "{\"type\": \"Sequence\", \"pretokenizers\": [\n"
                               "  {\"type\": \"Split\", \"pattern\": {\"String\": \"x\"}, \"behavior\": \"Removed\", "
                               "\"invert\": true},\n"
                               "  {\"type\": \"Metaspace\", \"replacement\": \"_\", \"prepend_scheme\": \"first\", "
                               "\"split\": false},\n"
                               "  {\"type\": \"Digits\", \"individual_digits\": true},\n"
                               "  {\"type\": \"FixedLength\", \"length\": 3},\n"
                               "  {\"type\": \"CharDelimiterSplit\", \"delimiter\": \"-\"},\n"
                               "  {\"type\": \"Punctuation\", \"behavior\": \"MergedWithNext\"},\n"
                               "  {\"type\": \"UnicodeScripts\"}]}";
    qp_stage_list list = {0};
    qp_text_buffer out = {0};
    cr_assert_eq(read_list(QP_ROLE_SPLITTER, text, &list), QP_OK, "%s", qp_error_message());
    cr_assert_eq(list.count, 7);
    cr_assert_eq(qp_stages_write(&list, QP_ROLE_SPLITTER, true, &out), QP_OK);
    cr_assert_eq(out.bytes, sizeof text - 1);
    cr_assert_eq(memcmp(out.text, text, out.bytes), 0, "%.*s", (int)out.bytes, out.text);
    qp_text_free(&out);
    qp_stages_free(&list);
}

Test(stage_list, wrong_stages_are_named)
{
    static const char *const wrong[][2] = {
        {"{\"type\":\"Nothing\"}", "test: the pre_tokenizer \"Nothing\" is unknown"},
        {"{}", "test: the pre_tokenizer has no type"},
        {"{\"type\":\"Split\",\"pattern\":{\"String\":\"x\"}}", "test: a stage has an unknown \"behavior\""},
        {"{\"type\":\"FixedLength\",\"length\":0}", "test: FixedLength has a length of 0"},
        {"{\"type\":\"CharDelimiterSplit\",\"delimiter\":\"ab\"}",
         "test: the \"delimiter\" of a stage is not one character"},
        {"{\"type\":\"Sequence\",\"pretokenizers\":[null]}", "test: a Sequence holds a null"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        qp_stage_list list = {0};
        cr_expect_eq(read_list(QP_ROLE_SPLITTER, wrong[i][0], &list), QP_EDATA);
        cr_expect_str_eq(qp_error_message(), wrong[i][1]);
        qp_stages_free(&list);
    }
}
