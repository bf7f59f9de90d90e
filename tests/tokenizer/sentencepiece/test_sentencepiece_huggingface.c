#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/sentencepiece/sentencepiece_huggingface.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"

typedef struct {
    const char *text;
    float score;
    int type;
} row;

/* "\u2581the" is made of "\u2581t" and "he"; "\u2581\u2581" lets spaces in front be one piece. */
static const row usual[] = {{"<unk>", 0, QP_SPM_UNKNOWN},
                            {"<s>", 0, QP_SPM_CONTROL},
                            {"</s>", 0, QP_SPM_CONTROL},
                            {"\u2581t", -1, QP_SPM_NORMAL},
                            {"he", -2, QP_SPM_NORMAL},
                            {"\u2581the", -3, QP_SPM_NORMAL},
                            {"\u2581\u2581", -4, QP_SPM_NORMAL},
                            {"aa", -5, QP_SPM_NORMAL},
                            {"\u2581", -6, QP_SPM_NORMAL},
                            {"t", -7, QP_SPM_NORMAL},
                            {"h", -8, QP_SPM_NORMAL},
                            {"e", -9, QP_SPM_NORMAL},
                            {"a", -10, QP_SPM_NORMAL},
                            {"<", -11, QP_SPM_NORMAL},
                            {"s", -12, QP_SPM_NORMAL},
                            {">", -13, QP_SPM_NORMAL}};
enum { USUAL = sizeof usual / sizeof *usual };

static const char *const text[] = {
    "",          " ",        "   ",       "the",           "the the",    "  the   the  ",  "aaaaa",
    "xthe",      " xyzthe",  "\u2581the", "\u2581",        "the \u2581", " \u2581 \u2581", "\u2581\u2581 the",
    "<s>the",    "<unk>",    "\u2047 x",  " \u2047 ",      "x",          "a\u00E9 \u0301", "the\u2581 ",
    "he>the>>h", "a\nthe\n", "학교",      "\u2581 \u2047", "<0x20>the",  "\U0001F600 the"};
enum { TEXTS = sizeof text / sizeof *text };

static void put_all(qp_text_buffer *out, const row *piece, int count, const row *more, bool bytes)
{
    for (int i = 0; i < count; i++)
        qp_spm_put_piece(out, piece[i].text, strlen(piece[i].text), piece[i].score, piece[i].type);
    if (more) qp_spm_put_piece(out, more->text, strlen(more->text), more->score, more->type);
    for (int byte = 0; bytes && byte < 256; byte++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", byte);
        qp_spm_put_piece(out, name, 6, 0, QP_SPM_BYTE);
    }
}

/* The usual pieces and one more, with these settings, as sentencepiece's file and opened. */
static qp_sentencepiece *model(qp_spm_settings s, const row *more)
{
    qp_text_buffer out = {0};
    char *content;
    size_t bytes;
    qp_sentencepiece *m;
    put_all(&out, usual, USUAL, more, s.byte_fallback);
    for (int i = 0; i < 4; i++) s.id[i] = i < 3 ? i : -1;
    s.pieces = USUAL;
    qp_spm_put_settings(&out, &s);
    cr_assert_eq(qp_text_finish(&out, &content, &bytes), QP_OK);
    cr_assert_eq(qp_sentencepiece_read("test.model", content, bytes, &m), QP_OK, "%s", qp_error_message());
    free(content);
    return m;
}

static void same_on(const qp_sentencepiece *m, const qp_pipeline *p, const char *line)
{
    qp_encoding a = {0};
    qp_encoding b = {0};
    char *a_text, *b_text;
    size_t a_bytes, b_bytes;
    cr_assert_eq(qp_sentencepiece_encode(m, line, strlen(line), &a), QP_OK);
    cr_assert_eq(qp_pipeline_encode(p, line, strlen(line), true, true, &b), QP_OK, "%s", qp_error_message());
    cr_assert_eq(a.count, b.count, "\"%s\": %d and %d ids", line, a.count, b.count);
    for (int i = 0; i < a.count; i++)
        cr_assert_eq(a.id[i], b.id[i], "\"%s\", token %d: %d and %d", line, i, a.id[i], b.id[i]);
    cr_assert_eq(qp_sentencepiece_decode(m, a.id, (size_t)a.count, false, &a_text, &a_bytes), QP_OK);
    cr_assert_eq(qp_pipeline_decode(p, b.id, (size_t)b.count, true, &b_text, &b_bytes), QP_OK);
    cr_assert(a_bytes == b_bytes && memcmp(a_text, b_text, a_bytes) == 0, "\"%s\" is \"%s\" and \"%s\"", line, a_text,
              b_text);
    free(a_text);
    free(b_text);
    qp_encoding_free(&a);
    qp_encoding_free(&b);
}

/* Written and read back: the same on every line; control pieces decode to nothing. */
static void round_trip(const qp_sentencepiece *m, const char *decoded)
{
    char *json, *back;
    size_t bytes;
    qp_pipeline *p;
    int32_t control[] = {1, 5, 2};
    cr_assert_eq(qp_sentencepiece_write_huggingface(m, &json, &bytes), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_pipeline_read_huggingface("test", json, bytes, &p), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < TEXTS; i++) same_on(m, p, text[i]);
    cr_assert_eq(qp_pipeline_decode(p, control, 3, true, &back, &bytes), QP_OK);
    cr_assert_str_eq(back, decoded);
    free(back);
    free(json);
    qp_pipeline_free(p);
}

Test(sentencepiece_huggingface, every_setting_of_spaces_and_bytes)
{
    for (int k = 0; k < 16; k++) {
        qp_sentencepiece *m = model((qp_spm_settings){.model_type = k & 8 ? QP_SPM_CHAR : QP_SPM_BPE,
                                                      .add_dummy_prefix = k & 1,
                                                      .remove_extra_spaces = k & 2,
                                                      .byte_fallback = k & 4,
                                                      .escape_spaces = true},
                                    NULL);
        round_trip(m, k & 3 ? "the" : " the");
        qp_sentencepiece_free(m);
    }
}

/* They are found before the model joins anything, so "he>" leaves no "he" to "\u2581the". */
Test(sentencepiece_huggingface, user_defined_pieces)
{
    static const row piece[] = {
        {"he>", 0, QP_SPM_USER_DEFINED}, {"\u2581\u2581\u2581", 0, QP_SPM_USER_DEFINED}, {"x", 0, QP_SPM_USER_DEFINED}};
    for (int k = 0; k < 12; k++) {
        qp_sentencepiece *m = model((qp_spm_settings){.model_type = k & 1 ? QP_SPM_CHAR : QP_SPM_BPE,
                                                      .byte_fallback = k & 2,
                                                      .escape_spaces = true},
                                    &piece[k / 4]);
        round_trip(m, " the");
        qp_sentencepiece_free(m);
    }
}

static void refused(qp_spm_settings s, const row *more, const char *what)
{
    if (!s.model_type) s.model_type = QP_SPM_BPE;
    s.escape_spaces = true;
    qp_sentencepiece *m = model(s, more);
    char *json;
    size_t bytes;
    cr_assert_eq(qp_sentencepiece_write_huggingface(m, &json, &bytes), QP_EDATA, "written, although %s", what);
    cr_assert_null(json);
    cr_assert_not_null(strstr(qp_error_message(), what), "\"%s\" does not name \"%s\"", qp_error_message(), what);
    qp_sentencepiece_free(m);
}

Test(sentencepiece_huggingface, what_cannot_be_said_is_named)
{
    /* One rule: a unit of the trie and its replacement; what it says does not matter. */
    static const char rules[] = "\4\0\0\0\0\0\0\0x";
    refused((qp_spm_settings){.model_type = QP_SPM_UNIGRAM}, NULL, "unigram");
    refused((qp_spm_settings){.model_type = QP_SPM_WORD}, NULL, "words");
    refused((qp_spm_settings){.space_as_suffix = true}, NULL, "after words");
    refused((qp_spm_settings){.unknown_surface = "?"}, NULL, "unknown_surface");
    refused((qp_spm_settings){.rules = rules, .rules_bytes = sizeof rules}, NULL, "normalisation rules");
    refused((qp_spm_settings){.back_rules = rules, .back_rules_bytes = sizeof rules}, NULL, "denormalizer");
    refused((qp_spm_settings){.add_dummy_prefix = true}, &(row){"<x>", 0, QP_SPM_USER_DEFINED}, "user-defined");
    refused((qp_spm_settings){.remove_extra_spaces = true}, &(row){"<x>", 0, QP_SPM_USER_DEFINED}, "user-defined");
    refused((qp_spm_settings){0}, &(row){"< x", 0, QP_SPM_USER_DEFINED}, "not escaped");
    refused((qp_spm_settings){0}, &(row){"ea", -20, QP_SPM_UNUSED}, "unused");
    refused((qp_spm_settings){0}, &(row){"ea", -5, QP_SPM_NORMAL}, "one score");
    refused((qp_spm_settings){0}, &(row){"<s>", -20, QP_SPM_NORMAL}, "like a control piece");
    refused((qp_spm_settings){0}, &(row){"</s>", 0, QP_SPM_CONTROL}, "one name");
    refused((qp_spm_settings){0}, &(row){"~", 0, QP_SPM_CONTROL}, "one character");
    refused((qp_spm_settings){0}, &(row){"\u2047", -20, QP_SPM_NORMAL}, "U+2047");
    refused((qp_spm_settings){0}, &(row){"ax", -20, QP_SPM_NORMAL}, "\"ax\""); /* x alone is no piece */
    refused((qp_spm_settings){0}, &(row){"aaa", -4.5F, QP_SPM_NORMAL}, "\"aaa\"");
}
