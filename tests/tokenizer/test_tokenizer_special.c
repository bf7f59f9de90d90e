#include "tokenizer/tokenizer_special.h"

#include <xxhash.h>

#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/tokenizer_formats.h"
#include "tokenizer/tokenizer_json.h"

static const char words[] = "{\"model\": {\"type\": \"WordLevel\", \"unk_token\": \"?\", \"vocab\": "
                            "{\"?\": 0, \"a\": 1, \"b\": 2, \"[SEP]\": 3, \"<eos>\": 4, \"<mask>\": 5}}}";

static qp_tokenizer *open_words(void)
{
    qp_tokenizer *t;
    qp_status status = qp_tokenizer_of_content(QP_FORMAT_HUGGINGFACE, "words", words, sizeof words - 1, &t);
    cr_assert_eq(status, QP_OK, "%s", qp_error_message());
    return t;
}

static void expect(const qp_tokenizer *t, qp_special_ids wanted)
{
    const qp_special_ids *s = qp_tokenizer_special(t);
    cr_expect_eq(s->pad, wanted.pad);
    cr_expect_eq(s->begin, wanted.begin);
    cr_expect_eq(s->end, wanted.end);
    cr_expect_eq(s->unknown, wanted.unknown);
    cr_expect_eq(s->mask, wanted.mask);
}

/* A name that is earlier in the list of a role wins, whatever its id; without a begin the end is the begin. */
Test(tokenizer_special, found_by_usual_names)
{
    qp_tokenizer *t = open_words();
    expect(t, (qp_special_ids){.pad = -1, .begin = 3, .end = 3, .unknown = 0, .mask = 5});
    qp_tokenizer_free(t);
}

Test(tokenizer_special, named_and_appended_and_saved)
{
    qp_tokenizer *t = open_words(), *again;
    cr_assert_eq(qp_tokenizer_set_special(t, "end=<eos>,pad=<nothing>"), QP_OK, "%s", qp_error_message());
    qp_special_ids wanted = {.pad = 6, .begin = 4, .end = 4, .unknown = 0, .mask = 5};
    expect(t, wanted);
    cr_assert_eq(qp_tokenizer_size(t), 7);
    cr_assert_str_eq(qp_tokenizer_piece(t, 6), "<nothing>");
    char *json, *text;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_to_json(t, &json, &bytes), QP_OK);
    cr_assert_eq(qp_tokenizer_from_json("again", json, bytes, &again), QP_OK, "%s", qp_error_message());
    expect(again, wanted);
    const int32_t id[] = {1, 6, 2};
    cr_assert_eq(qp_tokenizer_decode(again, id, 3, &text, &bytes), QP_OK);
    cr_expect_str_eq(text, "a b", "an appended token gives no text");
    free(text);
    free(json);
    qp_tokenizer_free(t);
    qp_tokenizer_free(again);
}

Test(tokenizer_special, needed_roles_are_appended_once)
{
    static const char bare[] = "{\"model\": {\"type\": \"WordLevel\", \"unk_token\": \"?\", \"vocab\": {\"a\": 0}}}";
    qp_tokenizer *t;
    cr_assert_eq(qp_tokenizer_of_content(QP_FORMAT_HUGGINGFACE, "bare", bare, sizeof bare - 1, &t), QP_OK);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(qp_tokenizer_need_special(t, true, true), QP_OK, "%s", qp_error_message());
        expect(t, (qp_special_ids){.pad = -1, .begin = 1, .end = 1, .unknown = 2, .mask = 3});
        cr_assert_eq(qp_tokenizer_size(t), 4);
    }
    qp_text_buffer out = {0};
    char *line;
    qp_tokenizer_put_special(t, &out);
    cr_assert_eq(qp_text_finish(&out, &line, NULL), QP_OK);
    cr_expect_str_eq(line, "begin </s> (appended), end </s> (appended), unknown <unk> (appended), "
                           "mask <mask> (appended)");
    free(line);
    qp_tokenizer_free(t);
}

Test(tokenizer_special, own_vocabularies_are_fixed)
{
    static const char *const line[] = {"the cat"};
    qp_tokenizer_config config = test_config("char", 300);
    qp_tokenizer *t = test_train(&config, line, 1);
    expect(t, (qp_special_ids){QP_PAD, QP_BOS, QP_EOS, QP_UNK, -1});
    cr_expect_eq(qp_tokenizer_set_special(t, "end=a"), QP_EUSAGE);
    cr_expect_eq(qp_tokenizer_need_special(t, true, true), QP_OK);
    cr_expect(qp_tokenizer_is_own(t));
    qp_tokenizer_free(t);
}

Test(tokenizer_special, refused_lists)
{
    static const char *const list[] = {"end", "end=", "stop=a", "=a", "end=a,", "begin=a,end"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        qp_tokenizer *t = open_words();
        qp_status status = qp_tokenizer_set_special(t, list[i]);
        if (i != 4) cr_expect_eq(status, QP_EUSAGE, "%s", list[i]); /* a comma at the end is harmless */
        qp_tokenizer_free(t);
    }
}

Test(tokenizer_special, ids_of_a_file_are_checked)
{
    static const char *const special[] = {"[9, 1, 1, 1, 1]", "[1, 1, 1, 1]", "[-2, 1, 1, 1, 1]", "[]", "[x"};
    qp_tokenizer *t = open_words();
    char *json;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_set_special(t, "end=<eos>"), QP_OK);
    cr_assert_eq(qp_tokenizer_to_json(t, &json, &bytes), QP_OK);
    const char *list = strstr(json, "[-1, "), *type = strstr(json, "\"type\": \"pipeline\"");
    cr_assert(list && type && list > type, "%s", json);
    cr_expect(list < json + 400);
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        char *edited = malloc(bytes + 64);
        size_t head = (size_t)(list - json);
        memcpy(edited, json, head);
        size_t length = (size_t)sprintf(edited + head, "%s%s", special[i], strchr(list, ']') + 1) + head;
        char *key = strstr(edited, "\"checksum\""), *sum = strstr(key, "xxh3:") + 5, digits[20];
        snprintf(digits, sizeof digits, "%016llx", (unsigned long long)XXH3_64bits(edited, (size_t)(key - edited)));
        memcpy(sum, digits, 16);
        qp_tokenizer *again;
        cr_expect_eq(qp_tokenizer_from_json("edited", edited, length, &again), QP_EDATA, "%s", special[i]);
        cr_expect(strstr(qp_error_message(), "five ids"), "%s", qp_error_message());
        free(edited);
    }
    free(json);
    qp_tokenizer_free(t);
}
