#include "tokenizer/stages/stage_characters.h"

#include <utf8proc.h>

#include "lib/text/utf8.h"
#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/stages/stage_list.h"

/* stage_characters — what the stages for characters do to every one of them. */

enum { BLOCK = 0x80, END = 0x31400, ROOM = BLOCK * 64 };

/* The text after the one stage of this JSON, NUL-terminated; until the next call. */
static const char *normal_of(const char *json, const char *text, size_t bytes)
{
    static char out[ROOM];
    qp_stage_list list = {0};
    qp_stage_scratch scratch = {0};
    qp_mapped_text from = {.mapped = true}, to = {.mapped = true};
    json_t *root = json_loads(json, 0, NULL);
    cr_assert_eq(qp_stages_read("test", root, QP_ROLE_NORMALIZER, &list), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_mapped_text_add(&from, text, bytes, 0, bytes, true), QP_OK);
    const qp_stage *stage = &list.stage[0];
    cr_assert_eq(stage->kind->normalize(stage->self, &scratch, (qp_stretch){&from, 0, bytes}, &to), QP_OK);
    cr_assert_lt(to.bytes, sizeof out);
    if (to.bytes > 0) memcpy(out, to.text, to.bytes);
    out[to.bytes] = '\0';
    qp_mapped_text_free(&from);
    qp_mapped_text_free(&to);
    qp_stage_scratch_free(&scratch);
    qp_stages_free(&list);
    json_decref(root);
    return out;
}

static bool is_surrogate(int32_t code) { return code >= 0xD800 && code < 0xE000; }

/* Blocks of characters without a normal form of their own, or, of the syllables, with the same rule. */
static bool is_dull(int32_t first)
{
    return (first >= 0x3400 && first < 0xAC00) || (first >= 0xAD00 && first < 0xD700) ||
           (first >= 0xE000 && first < 0xF900) || (first >= 0x12000 && first < 0x1D000) ||
           (first >= 0x1F300 && first < 0x2F800) || first >= 0x2FA80;
}

/* A normal form of a letter, the character, its double, marks in both orders, and Hangul: as utf8proc has it. */
Test(stage_characters, normal_forms)
{
    static const struct {
        const char *json;
        int options;
    } form[] = {{"{\"type\":\"NFC\"}", UTF8PROC_COMPOSE},
                {"{\"type\":\"NFD\"}", UTF8PROC_DECOMPOSE},
                {"{\"type\":\"NFKC\"}", UTF8PROC_COMPOSE | UTF8PROC_COMPAT},
                {"{\"type\":\"NFKD\"}", UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT}};
    static char text[ROOM];
    for (int32_t first = 0x80; first < END; first += BLOCK) {
        size_t bytes = is_dull(first) ? 0 : (size_t)sprintf(text, "\u0301\u0323"); /* marks of nothing */
        for (int32_t code = first; !is_dull(first) && code < first + BLOCK; code++) {
            if (is_surrogate(code) || code == 0x11A7) continue; /* utf8proc joins U+11A7, which is no final */
            bytes += (size_t)sprintf(text + bytes, "e");
            bytes += qp_utf8_write(code, text + bytes);
            bytes += qp_utf8_write(code, text + bytes);
            bytes += (size_t)sprintf(text + bytes, "\u0323\u0301\u0327가");
            bytes += qp_utf8_write(code, text + bytes);
        }
        for (int i = 0; i < 4; i++) {
            utf8proc_uint8_t *wanted;
            utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes, &wanted,
                         (utf8proc_option_t)(UTF8PROC_STABLE | form[i].options));
            if (bytes)
                cr_assert_str_eq(normal_of(form[i].json, text, bytes), (const char *)wanted, "%s of U+%04X..",
                                 form[i].json, (unsigned)first);
            free(wanted);
        }
    }
}

/* What a stage makes of every character: the function's text, "" for nothing. */
static void expect_all(const char *json, const char *(*made)(int32_t code, const char *text))
{
    static char text[ROOM], wanted[ROOM];
    for (int32_t first = 0; first < END; first += BLOCK) {
        size_t bytes = 0, used = 0;
        for (int32_t code = first; code < first + BLOCK; code++) {
            char one[5] = "";
            if (is_surrogate(code) || code == 0) continue;
            size_t length = qp_utf8_write(code, one);
            memcpy(text + bytes, one, length);
            bytes += length;
            used += (size_t)sprintf(wanted + used, "%s", made(code, one));
        }
        if (bytes == 0) continue;
        cr_assert_str_eq(normal_of(json, text, bytes), wanted, "%s of U+%04X..", json, (unsigned)first);
    }
}

static bool among(int32_t code, const int32_t range[][2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= range[i][0] && code <= range[i][1]) return true;
    return false;
}

/* sentencepiece's nmt rules: some controls are dropped, some characters are spaces. */
static const char *nmt(int32_t code, const char *text)
{
    static const int32_t gone[][2] = {{0x1, 0x8}, {0xB, 0xB}, {0xE, 0x1F}, {0x7F, 0x7F}, {0x8F, 0x8F}, {0x9F, 0x9F}};
    static const int32_t space[][2] = {{0x9, 0xA},       {0xC, 0xD},       {0x1680, 0x1680}, {0x200B, 0x200F},
                                       {0x2028, 0x2029}, {0x2581, 0x2581}, {0xFEFF, 0xFEFF}, {0xFFFD, 0xFFFD}};
    if (among(code, gone, sizeof gone / sizeof *gone)) return "";
    return among(code, space, sizeof space / sizeof *space) ? " " : text;
}

/* BERT's clean text: no controls, formats, private or replaced characters; white space is a space. */
static const char *clean(int32_t code, const char *text)
{
    static const int32_t space[][2] = {{0x9, 0xA}, {0xD, 0xD}, {0x20, 0x20}};
    utf8proc_category_t c = utf8proc_category(code);
    if (among(code, space, 3) || c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL || c == UTF8PROC_CATEGORY_ZP)
        return " ";
    return c == UTF8PROC_CATEGORY_CC || c == UTF8PROC_CATEGORY_CF || c == UTF8PROC_CATEGORY_CO || code == 0xFFFD ? ""
                                                                                                                 : text;
}

/* CJK ideographs of BERT's own list get spaces around them. */
static const char *han(int32_t code, const char *text)
{
    static char alone[8];
    static const int32_t range[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
                                       {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
    snprintf(alone, sizeof alone, " %s ", text);
    return among(code, range, sizeof range / sizeof *range) ? alone : text;
}

static const char *lower(int32_t code, const char *text)
{
    static char small[5];
    memset(small, 0, sizeof small);
    if (code == 0x130) return "i\u0307";
    qp_utf8_write(utf8proc_tolower(code), small);
    (void)text;
    return small;
}

/* StripAccents drops marks of all kinds. */
static const char *bare(int32_t code, const char *text)
{
    utf8proc_category_t c = utf8proc_category(code);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME ? "" : text;
}

#define BERT(clean, han, strip, lower)                                                                                 \
    "{\"type\":\"BertNormalizer\",\"clean_text\":" clean ",\"handle_chinese_chars\":" han ",\"strip_accents\":" strip  \
    ",\"lowercase\":" lower "}"

Test(stage_characters, every_character)
{
    expect_all("{\"type\":\"Nmt\"}", nmt);
    expect_all("{\"type\":\"StripAccents\"}", bare);
    expect_all("{\"type\":\"Lowercase\"}", lower);
    expect_all(BERT("true", "false", "false", "false"), clean);
    expect_all(BERT("false", "true", "false", "false"), han);
    expect_all(BERT("false", "false", "false", "true"), lower);
}
