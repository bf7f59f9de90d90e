#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/text/characters.h"
#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_bert.h"

/* Splitters that look at one character at a time. Each cuts a text that begins at byte `shift` of the output. */

/* A kind of splitter whose function is cut(self, text, shift, ranges), around the copy that all of them make. */
#define SPLIT(name, cut)                                                                                               \
    static qp_status name(const void *self, qp_stage_scratch *scratch, qp_stretch s, qp_mapped_text *out,              \
                          qp_ranges *ranges)                                                                           \
    {                                                                                                                  \
        size_t start = out->bytes;                                                                                     \
        (void)scratch;                                                                                                 \
        QP_TRY(qp_changes_copy(s.from, s.begin, s.end, out));                                                          \
        return cut(self, (qp_text){out->text + start, out->bytes - start}, start, ranges);                             \
    }

static bool is_space(int32_t code, int32_t wanted) { return (void)wanted, qp_is_white_space(code); }
static bool is_punctuation(int32_t code, int32_t wanted) { return (void)wanted, qp_is_bert_punctuation(code); }
static bool is_equal(int32_t code, int32_t wanted) { return code == wanted; }

static bool is_numeric(int32_t code, int32_t wanted)
{
    (void)wanted;
    utf8proc_category_t c = utf8proc_category(code); /* -1 has none */
    return c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO;
}

/* ---- Whitespace: \\w+|[^\\w\\s]+ ---- */

static qp_status cut_words(const void *self, qp_text text, size_t shift, qp_ranges *out)
{
    (void)self;
    int before = 0;
    size_t begin = 0;
    for (size_t at = 0, length; at < text.bytes; at += length) {
        int32_t code = qp_utf8_next(text.text + at, text.bytes - at, &length);
        int now = qp_is_white_space(code) ? 0 : qp_is_word_character(code) ? 1 : 2;
        if (now == before) continue;
        if (before) QP_TRY(qp_ranges_add(out, shift + begin, shift + at, -1));
        begin = at;
        before = now;
    }
    return before ? qp_ranges_add(out, shift + begin, shift + text.bytes, -1) : QP_OK;
}

SPLIT(split_words, cut_words)
const qp_stage_kind qp_stage_whitespace = {.role = QP_ROLE_SPLITTER, .type = "Whitespace", .split = split_words};

/* ---- WhitespaceSplit ---- */

static qp_status cut_spaces(const void *self, qp_text text, size_t shift, qp_ranges *out)
{
    (void)self;
    return qp_cut_characters(is_space, 0, QP_SPLIT_REMOVED, text, shift, out);
}

SPLIT(split_spaces, cut_spaces)
const qp_stage_kind qp_stage_whitespace_split = {
    .role = QP_ROLE_SPLITTER, .type = "WhitespaceSplit", .split = split_spaces};

/* ---- Digits ---- */

static qp_status read_digits(const char *place, const json_t *json, void *self)
{
    return qp_json_flag(place, json, "individual_digits", false, self);
}

static qp_status write_digits(const void *self, qp_text_buffer *out)
{
    qp_json_write_flag(out, "individual_digits", *(const bool *)self);
    return QP_OK;
}

static qp_status cut_digits(const void *self, qp_text text, size_t shift, qp_ranges *out)
{
    bool individual = *(const bool *)self;
    return qp_cut_characters(is_numeric, 0, individual ? QP_SPLIT_ISOLATED : QP_SPLIT_CONTIGUOUS, text, shift, out);
}

SPLIT(split_digits, cut_digits)
const qp_stage_kind qp_stage_digits = {.role = QP_ROLE_SPLITTER,
                                       .type = "Digits",
                                       .bytes = sizeof(bool),
                                       .read = read_digits,
                                       .write = write_digits,
                                       .split = split_digits};

/* ---- Punctuation ---- */

static qp_status read_punctuation(const char *place, const json_t *json, void *self)
{
    qp_split_behavior *behavior = self;
    *behavior = QP_SPLIT_ISOLATED;
    return json_object_get(json, "behavior") ? qp_json_behavior(place, json, behavior) : QP_OK;
}

static qp_status write_punctuation(const void *self, qp_text_buffer *out)
{
    const char *name = qp_behavior_name[*(const qp_split_behavior *)self];
    qp_json_write_text(out, "behavior", name, strlen(name));
    return QP_OK;
}

static qp_status cut_punctuation(const void *self, qp_text text, size_t shift, qp_ranges *out)
{
    return qp_cut_characters(is_punctuation, 0, *(const qp_split_behavior *)self, text, shift, out);
}

SPLIT(split_punctuation, cut_punctuation)
const qp_stage_kind qp_stage_punctuation = {.role = QP_ROLE_SPLITTER,
                                            .type = "Punctuation",
                                            .bytes = sizeof(qp_split_behavior),
                                            .read = read_punctuation,
                                            .write = write_punctuation,
                                            .split = split_punctuation};

/* ---- CharDelimiterSplit ---- */

static qp_status read_delimiter(const char *place, const json_t *json, void *self)
{
    return qp_json_character(place, json, "delimiter", &((qp_delimiter *)self)->character);
}

static qp_status write_delimiter(const void *self, qp_text_buffer *out)
{
    const qp_delimiter *d = self;
    qp_json_write_text(out, "delimiter", d->character.text, d->character.bytes);
    return QP_OK;
}

static void release_delimiter(void *self) { free(((qp_delimiter *)self)->character.text); }

static qp_status cut_delimiter(const void *self, qp_text text, size_t shift, qp_ranges *out)
{
    const qp_delimiter *d = self;
    size_t length;
    int32_t code = qp_utf8_next(d->character.text, d->character.bytes, &length);
    return qp_cut_characters(is_equal, code, QP_SPLIT_REMOVED, text, shift, out);
}

SPLIT(split_delimiter, cut_delimiter)
const qp_stage_kind qp_stage_delimiter = {.role = QP_ROLE_SPLITTER,
                                          .type = "CharDelimiterSplit",
                                          .bytes = sizeof(qp_delimiter),
                                          .read = read_delimiter,
                                          .write = write_delimiter,
                                          .release = release_delimiter,
                                          .split = split_delimiter};

/* ---- UnicodeScripts ---- */

/* Scripts as Hugging Face groups them: kana with Han; space and unassigned characters join any script. */
static int script_group(int32_t code)
{
    int script = code == ' ' ? QP_SCRIPT_NONE : qp_script_of(code);
    bool han = code == 0x30FC || script == QP_SCRIPT_HIRAGANA || script == QP_SCRIPT_KATAKANA;
    return han ? QP_SCRIPT_HAN : script;
}

/* A cut before every character of another script than the last one that had any. Characters before the first one with
 * a script are dropped, as Hugging Face drops them. */
static qp_status cut_scripts(const void *self, qp_text text, size_t shift, qp_ranges *out)
{
    (void)self;
    int before = QP_SCRIPT_NONE;
    size_t begin = text.bytes;
    for (size_t at = 0, length; at < text.bytes; at += length) {
        int now = script_group(qp_utf8_next(text.text + at, text.bytes - at, &length));
        if (now == QP_SCRIPT_NONE) continue;
        if (now != before) {
            if (begin < at) QP_TRY(qp_ranges_add(out, shift + begin, shift + at, -1));
            begin = at;
        }
        before = now;
    }
    return qp_ranges_add(out, shift + begin, shift + text.bytes, -1);
}

SPLIT(split_scripts, cut_scripts)
const qp_stage_kind qp_stage_scripts = {.role = QP_ROLE_SPLITTER, .type = "UnicodeScripts", .split = split_scripts};

/* ---- FixedLength: so many characters ---- */

static qp_status read_length(const char *place, const json_t *json, void *self)
{
    int *characters = self;
    *characters = 5;
    if (json_object_get(json, "length")) QP_TRY(qp_json_count(place, json, "length", characters));
    return *characters > 0 ? QP_OK : qp_fail(QP_EDATA, "%s: FixedLength has a length of 0", place);
}

static qp_status write_length(const void *self, qp_text_buffer *out)
{
    qp_text_format(out, ", \"length\": %d", *(const int *)self);
    return QP_OK;
}

static qp_status cut_length(const void *self, qp_text text, size_t shift, qp_ranges *out)
{
    int characters = *(const int *)self;
    for (size_t at = 0, begin = 0, length; at < text.bytes; begin = at) {
        for (int i = 0; i < characters && at < text.bytes; i++, at += length)
            qp_utf8_next(text.text + at, text.bytes - at, &length);
        QP_TRY(qp_ranges_add(out, shift + begin, shift + at, -1));
    }
    return QP_OK;
}

SPLIT(split_length, cut_length)
const qp_stage_kind qp_stage_fixed_length = {.role = QP_ROLE_SPLITTER,
                                             .type = "FixedLength",
                                             .bytes = sizeof(int),
                                             .read = read_length,
                                             .write = write_length,
                                             .split = split_length};
