#include "tests/tokenizer/tokenizer_help.h"

#include <unistd.h>

#include "lib/text/base64.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_formats.h"
#include "tokenizer/own/own.h"

static const char *const corpus[] = {"the cat sat on the mat",          "the cat, the hat and the bat 1234 '12",
                                     "학교에 간다 학교에서 온다",       "It's the CAT's hat; they'll see, we'RE here!!",
                                     "a#### b#### ###c #### ####",      "caf\u00E9 na\u00EFve \u00E9t\u00E9",
                                     "東京は日本の首都です。 CD를 샀다"};
enum { LINES = sizeof corpus / sizeof *corpus };

/* Texts that trip writers: specials and bytes by their names, ##, signs, marks, spaces at both ends, digits. */
static const char *const text[] = {"",
                                   " ",
                                   "the cat",
                                   "  the  cat ",
                                   "</s> <unk> <0x41>",
                                   "a##b ### ##a ##### x####y",
                                   "\u2581the",
                                   "\u0130\u00C9 e\u0301 \u0301x",
                                   "it's I'LL 'Sx they'RE",
                                   "1234567 1a2b",
                                   "학교에서 \u1112\u1161\u11A8 CD를 東京は。",
                                   "tab\tand\u00A0more",
                                   "zebra \U0001F600"};
enum { TEXTS = sizeof text / sizeof *text };

static qp_tokenizer *train(const char *type, const char *const *option, int count)
{
    qp_tokenizer_config config = test_config(type, 420);
    for (int i = 0; i < count; i += 2) {
        const qp_field *field = qp_config_find(&qp_tokenizer_fields, option[i]);
        cr_assert_eq(qp_config_set(field, &config, "test", option[i + 1]), QP_OK, "%s", qp_error_message());
    }
    return test_train(&config, corpus, LINES);
}

static qp_tokenizer *reopened(const qp_export *out, const char *pattern)
{
    char path[2][40] = {"/tmp/qp_formats_XXXXXX", "/tmp/qp_formats_XXXXXX"};
    qp_import in = {.pattern = pattern};
    qp_tokenizer *t = NULL;
    for (int i = 0; i < 2 && out->text[i]; i++) {
        int file = mkstemp(path[i]);
        cr_assert_eq(write(file, out->text[i], out->bytes[i]), (ssize_t)out->bytes[i]);
        close(file);
        in.path[in.count++] = path[i];
    }
    cr_assert_eq(qp_tokenizer_import(&in, &t), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < in.count; i++) unlink(path[i]);
    return t;
}

/* Equal ids and text on every line; spans in characters where `spans` says so. */
static void same(const qp_tokenizer *a, const qp_tokenizer *b, bool spans)
{
    for (int i = 0; i < TEXTS; i++) {
        qp_encoding x = {.spans = true}, y = {.spans = true};
        char *x_text, *y_text;
        size_t bytes = strlen(text[i]), x_bytes, y_bytes;
        cr_assert_eq(qp_tokenizer_encode_into(a, text[i], bytes, &x), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_tokenizer_encode_into(b, text[i], bytes, &y), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_encoding_characters(text[i], bytes, &x), QP_OK);
        cr_assert_eq(qp_encoding_characters(text[i], bytes, &y), QP_OK);
        cr_assert_eq(x.count, y.count, "\"%s\": %d and %d ids", text[i], x.count, y.count);
        for (int k = 0; k < x.count; k++) {
            cr_assert_eq(x.id[k], y.id[k], "\"%s\", token %d: %d and %d", text[i], k, x.id[k], y.id[k]);
            cr_assert(!spans ||
                          (x.first_character[k] == y.first_character[k] && x.last_character[k] == y.last_character[k]),
                      "\"%s\", token %d", text[i], k);
        }
        cr_assert_eq(qp_tokenizer_decode(a, x.id, x.count, &x_text, &x_bytes), QP_OK);
        cr_assert_eq(qp_tokenizer_decode(b, y.id, y.count, &y_text, &y_bytes), QP_OK);
        cr_assert(x_bytes == y_bytes && memcmp(x_text, y_text, x_bytes) == 0, "\"%s\" and \"%s\"", x_text, y_text);
        free(x_text);
        free(y_text);
        qp_encoding_free(&x);
        qp_encoding_free(&y);
    }
}

/* Written, opened again, and kept in our own file: always the same. */
static void round_trip(const qp_tokenizer *t, qp_tokenizer_format format, const char *pattern, bool spans)
{
    qp_export out;
    char *json;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_export(t, format, &out), QP_OK, "%s", qp_error_message());
    qp_tokenizer *other = reopened(&out, pattern), *kept;
    same(t, other, spans);
    cr_assert_eq(qp_tokenizer_to_json(other, &json, &bytes), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_tokenizer_from_json("kept", json, bytes, &kept), QP_OK, "%s", qp_error_message());
    same(other, kept, true);
    qp_export again;
    cr_assert_eq(qp_tokenizer_export(kept, format, &again), QP_OK, "%s", qp_error_message());
    qp_tokenizer *third = reopened(&again, pattern);
    same(other, third, true);
    free(json);
    qp_export_free(&out);
    qp_export_free(&again);
    qp_tokenizer_free(other);
    qp_tokenizer_free(kept);
    qp_tokenizer_free(third);
}

static void refused(const qp_tokenizer *t, qp_tokenizer_format format, const char *what)
{
    qp_export out;
    cr_assert_eq(qp_tokenizer_export(t, format, &out), QP_EDATA, "written, although %s", what);
    cr_assert_null(out.text[0]);
    cr_assert_not_null(strstr(qp_error_message(), what), "\"%s\" does not name \"%s\"", qp_error_message(), what);
}

static const struct {
    const char *type, *option[8];
    int count;
} as_huggingface[] = {{"char", {0}, 0},
                      {"byte", {0}, 0},
                      {"bpe", {0}, 0},
                      {"bpe", {"lower_case", "true", "strip_accents", "true"}, 4},
                      {"bpe", {"normalization", "none", "lower_case", "true"}, 4},
                      {"bpe", {"digits", "single", "byte_fallback", "false"}, 4},
                      {"bpe", {"pattern", "spaces"}, 2},
                      {"bpe", {"pattern", "gpt4", "normalization", "nfkc"}, 4},
                      {"bpe", {"pattern", "none"}, 2},
                      {"byte-bpe", {"pattern", "gpt2"}, 2},
                      {"byte-bpe", {"pattern", "gpt4"}, 2},
                      {"word", {0}, 0},
                      {"wordpiece", {"byte_fallback", "false"}, 2}}; /* with pieces that begin with ## */

Test(tokenizer_formats, ours_as_tokenizer_json)
{
    for (size_t i = 0; i < sizeof as_huggingface / sizeof *as_huggingface; i++) {
        qp_tokenizer *t = train(as_huggingface[i].type, as_huggingface[i].option, as_huggingface[i].count);
        round_trip(t, QP_FORMAT_HUGGINGFACE, NULL, false);
        qp_tokenizer_free(t);
    }
}

Test(tokenizer_formats, ours_as_sentencepiece)
{
    static const char *const option[] = {"pattern", "spaces", "normalization", "none", "space_first", "false"};
    static const char *const type[] = {"char", "bpe", "unigram"};
    for (int i = 0; i < 3; i++) {
        for (int count = 4; count <= 6; count += 2) {
            qp_tokenizer *t = train(type[i], option, count);
            round_trip(t, QP_FORMAT_SENTENCEPIECE, NULL, false);
            qp_tokenizer_free(t);
        }
    }
}

Test(tokenizer_formats, ours_as_gpt2_and_tiktoken)
{
    static const char *const option[] = {"pattern", "gpt2", "normalization", "none"};
    qp_tokenizer *t = train("byte-bpe", option, 4);
    round_trip(t, QP_FORMAT_GPT2, NULL, true);
    round_trip(t, QP_FORMAT_TIKTOKEN, "gpt2", true);
    qp_tokenizer_free(t);
    static const char *const other[] = {"pattern", "gpt4", "normalization", "none"};
    t = train("byte-bpe", other, 4);
    round_trip(t, QP_FORMAT_TIKTOKEN, "gpt4", true);
    refused(t, QP_FORMAT_GPT2, "another pattern");
    qp_tokenizer_free(t);
}

Test(tokenizer_formats, bert)
{
    static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\nmat\na\n##b\n,\ncafe\n";
    qp_export out = {.text = {(char *)(uintptr_t)vocabulary}, .bytes = {sizeof vocabulary - 1}}, written;
    qp_tokenizer *t = reopened(&out, NULL);
    cr_assert_str_eq(test_pieces(t, "The cats, caf\u00E9 ab zebra"), "the cat ##s , cafe a ##b [UNK]");
    round_trip(t, QP_FORMAT_BERT, NULL, true);
    round_trip(t, QP_FORMAT_HUGGINGFACE, NULL, true);
    cr_assert_eq(qp_tokenizer_export(t, QP_FORMAT_BERT, &written), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(written.text[0], vocabulary);
    qp_export_free(&written);
    refused(t, QP_FORMAT_GPT2, "not BPE");
    refused(t, QP_FORMAT_SENTENCEPIECE, "stages");
    qp_encoding e = {0};
    cr_assert_eq(qp_tokenizer_encode_pair(t, "the cat", 7, "a mat", 5, &e), QP_OK, "%s", qp_error_message());
    static const int32_t id[] = {2, 5, 6, 3, 9, 8, 3}, type[] = {0, 0, 0, 0, 1, 1, 1};
    cr_assert_eq(e.count, 7);
    cr_assert_arr_eq(e.id, id, sizeof id);
    cr_assert_arr_eq(e.type_id, type, sizeof type);
    qp_encoding_free(&e);
    qp_tokenizer_free(t);
}

Test(tokenizer_formats, codes)
{
    static const char json[] =
        "{\"version\":\"1.0\",\"model\":{\"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"a\":0,\"b\":1,"
        "\"b</w>\":2,\"ab</w>\":3,\"ab\":4},\"merges\":[\"a b</w>\",\"a b\"]},"
        "\"pre_tokenizer\":{\"type\":\"CharDelimiterSplit\",\"delimiter\":\" \"}}";
    qp_export out = {.text = {(char *)(uintptr_t)json}, .bytes = {sizeof json - 1}}, written;
    qp_tokenizer *t = reopened(&out, NULL);
    cr_assert_eq(qp_tokenizer_export(t, QP_FORMAT_SUBWORD_NMT, &written), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(written.text[0], "#version: 0.2\na b</w>\na b\n");
    qp_export_free(&written);
    qp_tokenizer_free(t);
}

Test(tokenizer_formats, what_cannot_be_said_is_named)
{
    static const struct {
        const char *type, *option[4];
        int count;
        qp_tokenizer_format format;
        const char *what;
    } row[] = {{"bpe", {0}, 0, QP_FORMAT_SENTENCEPIECE, "normal form"},
               {"bpe", {"normalization", "none"}, 2, QP_FORMAT_SENTENCEPIECE, "this pattern"},
               {"bpe", {0}, 0, QP_FORMAT_SUBWORD_NMT, "byte fallback"},
               {"bpe", {0}, 0, QP_FORMAT_BERT, "not WordPiece"},
               {"bpe", {"case_fold", "true"}, 2, QP_FORMAT_HUGGINGFACE, "case folding"},
               {"bpe", {"jamo", "true"}, 2, QP_FORMAT_HUGGINGFACE, "jamo"},
               {"unigram", {0}, 0, QP_FORMAT_HUGGINGFACE, "unigram"},
               {"word", {"byte_fallback", "true"}, 2, QP_FORMAT_HUGGINGFACE, "byte fallback"},
               {"wordpiece", {0}, 0, QP_FORMAT_HUGGINGFACE, "byte fallback"},
               {"byte-bpe", {0}, 0, QP_FORMAT_TIKTOKEN, "NFC"},
               {"byte-bpe", {"normalization", "none"}, 2, QP_FORMAT_TIKTOKEN, "space before the text"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_tokenizer *t = train(row[i].type, row[i].option, row[i].count);
        refused(t, row[i].format, row[i].what);
        qp_tokenizer_free(t);
    }
}

/* Every setting comes back from our own file, and decoding gives the normal form. */
Test(tokenizer_formats, settings_of_ours)
{
    static const struct {
        const char *option[4];
        int count;
    } row[] = {{{"jamo", "true"}, 2},
               {{"jamo", "true", "normalization", "nfkc"}, 4},
               {{"case_fold", "true"}, 2},
               {{"strip_accents", "true"}, 2},
               {{"strip_accents", "true", "case_fold", "true"}, 4},
               {{"pattern", "spaces"}, 2},
               {{"pattern", "gpt2"}, 2},
               {{"pattern", "gpt4", "space_first", "true"}, 4},
               {{"pattern", "none", "digits", "together"}, 4}};
    static const char *const type[] = {"char", "bpe", "byte-bpe", "unigram", "wordpiece"};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        for (int k = 0; k < 5; k++) {
            char *json;
            size_t bytes;
            qp_tokenizer *t = train(type[k], row[i].option, row[i].count), *kept;
            cr_assert_eq(qp_tokenizer_to_json(t, &json, &bytes), QP_OK);
            cr_assert_eq(qp_tokenizer_from_json("kept", json, bytes, &kept), QP_OK, "%s", qp_error_message());
            same(t, kept, true);
            for (int n = 0; n < TEXTS; n++) {
                char *back, *normal;
                int32_t *id;
                int count;
                size_t back_bytes, normal_bytes;
                cr_assert_eq(qp_tokenizer_encode(t, text[n], strlen(text[n]), &id, &count), QP_OK);
                cr_assert_eq(qp_tokenizer_decode(t, id, count, &back, &back_bytes), QP_OK);
                cr_assert_eq(qp_tokenizer_normalize(t, text[n], strlen(text[n]), &normal, &normal_bytes), QP_OK);
                cr_assert_str_eq(back, normal, "%s, row %zu: \"%s\" came back as \"%s\"", type[k], i, normal, back);
                free(id);
                free(back);
                free(normal);
            }
            free(json);
            qp_tokenizer_free(t);
            qp_tokenizer_free(kept);
        }
    }
}

static void spans_are(const qp_tokenizer *t, const char *line, const char *expected)
{
    qp_encoding e = {.spans = true};
    char said[400] = "";
    cr_assert_eq(qp_tokenizer_encode_into(t, line, strlen(line), &e), QP_OK);
    cr_assert_eq(qp_encoding_characters(line, strlen(line), &e), QP_OK);
    for (int i = 0; i < e.count; i++) {
        size_t used = strlen(said);
        snprintf(said + used, sizeof said - used, "%s%u:%u/%u:%u", i ? " " : "", e.begin[i], e.end[i],
                 e.first_character[i], e.last_character[i]);
    }
    cr_assert_str_eq(said, expected, "\"%s\"", line);
    qp_encoding_free(&e);
}

/* Through normal forms, folding and jamo, which change lengths: bytes and characters of the text as given. */
Test(tokenizer_formats, spans_in_bytes_and_characters)
{
    static const char *const option[] = {"normalization", "nfkc", "strip_accents", "true", "case_fold", "true"};
    qp_tokenizer *t = train("char", option, 6);
    spans_are(t, "\u00C9\u00DFe\u0301x", "0:2/0:1 2:4/1:2 2:4/1:2 4:7/2:4 7:8/4:5");
    spans_are(t, "a\uFB01b", "0:1/0:1 1:4/1:2 1:4/1:2 4:5/2:3");
    qp_tokenizer_free(t);
    static const char *const jamo[] = {"jamo", "true"};
    t = train("char", jamo, 2);
    spans_are(t, "\uAC00 e\u0301\uB2E4", "0:3/0:1 0:3/0:1 3:4/1:2 4:7/2:4 7:10/4:5 7:10/4:5");
    qp_tokenizer_free(t);
}

Test(tokenizer_formats, told_apart_by_content)
{
    static const struct {
        const char *content;
        qp_tokenizer_format format;
    } row[] = {{"{\"format\": \"quipu-tokenizer\"}", QP_FORMAT_QUIPU},
               {" {\"version\":\"1.0\",\"model\" : {}}", QP_FORMAT_HUGGINGFACE},
               {"{\"a\": 0, \"model\": 19849}", QP_FORMAT_GPT2},
               {"IQ== 0\nIg== 1\n", QP_FORMAT_TIKTOKEN},
               {"[PAD]\n[UNK]\nthe\n", QP_FORMAT_BERT},
               {"#version: 0.2\na b\n", QP_FORMAT_SUBWORD_NMT},
               {"\n\x0e\n\x05<unk>", QP_FORMAT_SENTENCEPIECE},
               {"the cat sat\n", QP_FORMAT_AUTO},
               {"", QP_FORMAT_AUTO}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        cr_assert_eq(qp_tokenizer_format_of(row[i].content, strlen(row[i].content)), row[i].format, "row %zu", i);
}

/* A file of `count` ranks: all bytes, then pairs, then three bytes. */
static qp_status load_ranks(size_t count, qp_tokenizer **t)
{
    char path[] = "/tmp/qp_formats_XXXXXX";
    qp_text_buffer ranks = {0};
    for (size_t i = 0; i < count; i++) {
        const size_t bytes = i < 256 ? 1 : i < 65792 ? 2 : 3, number = i - (i < 256 ? 0 : i < 65792 ? 256 : 65792);
        const unsigned char token[] = {number & 255, number >> 8 & 255, number >> 16 & 255};
        qp_base64_write(&ranks, token, bytes);
        qp_text_format(&ranks, " %zu\n", i);
    }
    int file = mkstemp(path);
    cr_assert(!ranks.failed && write(file, ranks.text, ranks.bytes) == (ssize_t)ranks.bytes);
    close(file);
    qp_text_free(&ranks);
    qp_status status = qp_tokenizer_load(path, t);
    unlink(path);
    return status;
}

/* OpenAI's encodings are known by the number of their ranks. GPT-2's keep all digits together, GPT-4's three. */
Test(tokenizer_formats, published_encodings)
{
    static const struct {
        size_t ranks;
        int pieces; /* of "111111"; 0: not a published encoding */
    } row[] = {{256, 0}, {50255, 0}, {50256, 3}, {50257, 0}, {50280, 3}, {100256, 4}, {100257, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_tokenizer *t = NULL;
        qp_encoding e = {0};
        qp_status status = load_ranks(row[i].ranks, &t);
        cr_expect_eq(status, row[i].pieces ? QP_OK : QP_EUSAGE, "%zu ranks: %d %s", row[i].ranks, status,
                     qp_error_message());
        if (status != QP_OK) continue;
        cr_assert_eq(qp_tokenizer_encode_into(t, "111111", 6, &e), QP_OK);
        cr_expect_eq(e.count, row[i].pieces, "%zu ranks: %d", row[i].ranks, e.count);
        qp_encoding_free(&e);
        qp_tokenizer_free(t);
    }
}
