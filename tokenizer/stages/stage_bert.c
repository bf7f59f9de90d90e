#include "tokenizer/stages/stage_bert.h"

#include <utf8proc.h>

#include "lib/text/characters.h"
#include "tokenizer/stages/stage_characters.h"
#include "tokenizer/stages/stage_form.h"

static bool is_nonspacing(int32_t code) { return code >= 0 && utf8proc_category(code) == UTF8PROC_CATEGORY_MN; }

static bool is_chinese(int32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static bool is_bert_control(int32_t code)
{
    if (code == '\t' || code == '\n' || code == '\r') return false;
    if (code <= 0 || code == 0xFFFD) return true;
    utf8proc_category_t c = utf8proc_category(code);
    return c == UTF8PROC_CATEGORY_CC || c == UTF8PROC_CATEGORY_CF || c == UTF8PROC_CATEGORY_CO ||
           c == UTF8PROC_CATEGORY_CS;
}

bool qp_is_bert_punctuation(int32_t code)
{
    if (code < 0) return false;
    if (code < 0x80)
        return (code >= 33 && code <= 47) || (code >= 58 && code <= 64) || (code >= 91 && code <= 96) ||
               (code >= 123 && code <= 126);
    utf8proc_category_t c = utf8proc_category(code);
    return c >= UTF8PROC_CATEGORY_PC && c <= UTF8PROC_CATEGORY_PO;
}

/* ---- BertNormalizer ---- */

static qp_status clean(qp_changes *c, int32_t code)
{
    if (is_bert_control(code)) return QP_OK;
    return qp_changes_add(c, qp_is_white_space(code) ? ' ' : code, 0);
}

static qp_status isolate_han(qp_changes *c, int32_t code)
{
    if (!is_chinese(code)) return qp_changes_add(c, code, 0);
    QP_TRY(qp_changes_add(c, ' ', 0));
    QP_TRY(qp_changes_add(c, code, 1));
    return qp_changes_add(c, ' ', 1);
}

static qp_status drop_nonspacing(qp_changes *c, int32_t code)
{
    return is_nonspacing(code) ? QP_OK : qp_changes_add(c, code, 0);
}

/* Two texts: a pass reads text[0] and writes text[1], which then change places. */
static qp_status pass(qp_character_change change, qp_changes *c, qp_mapped_text text[2])
{
    const qp_stretch all = {&text[0], 0, text[0].bytes};
    text[1].bytes = 0;
    QP_TRY(change ? qp_change_characters(change, c, all, &text[1]) : qp_form_stretch(QP_FORM_NFD, c, all, &text[1]));
    qp_mapped_text read = text[0];
    text[0] = text[1];
    text[1] = read;
    return QP_OK;
}

static qp_status normalize(const void *self, qp_stage_scratch *scratch, qp_stretch s, qp_mapped_text *out)
{
    const qp_bert_normalizer *b = self;
    qp_changes *c = &scratch->changes;
    qp_mapped_text text[2] = {{.mapped = true}, {.mapped = true}};
    qp_status status = qp_changes_copy(s.from, s.begin, s.end, &text[0]);
    if (status == QP_OK && b->clean) status = pass(clean, c, text);
    if (status == QP_OK && b->isolates_han) status = pass(isolate_han, c, text);
    if (status == QP_OK && b->strips_accents) status = pass(NULL, c, text);
    if (status == QP_OK && b->strips_accents) status = pass(drop_nonspacing, c, text);
    if (status == QP_OK && b->lowers) status = pass(qp_lower_character, c, text);
    if (status == QP_OK) status = qp_changes_copy(&text[0], 0, text[0].bytes, out);
    qp_mapped_text_free(&text[0]);
    qp_mapped_text_free(&text[1]);
    return status;
}

static qp_status read(const char *place, const json_t *json, void *self)
{
    qp_bert_normalizer *b = self;
    QP_TRY(qp_json_flag(place, json, "clean_text", true, &b->clean));
    QP_TRY(qp_json_flag(place, json, "handle_chinese_chars", true, &b->isolates_han));
    QP_TRY(qp_json_flag(place, json, "lowercase", true, &b->lowers));
    return qp_json_flag(place, json, "strip_accents", b->lowers, &b->strips_accents);
}

static qp_status write(const void *self, qp_text_buffer *out)
{
    const qp_bert_normalizer *b = self;
    qp_json_write_flag(out, "clean_text", b->clean);
    qp_json_write_flag(out, "handle_chinese_chars", b->isolates_han);
    qp_json_write_flag(out, "strip_accents", b->strips_accents);
    qp_json_write_flag(out, "lowercase", b->lowers);
    return QP_OK;
}

const qp_stage_kind qp_stage_bert_normalizer = {.role = QP_ROLE_NORMALIZER,
                                                .type = "BertNormalizer",
                                                .bytes = sizeof(qp_bert_normalizer),
                                                .read = read,
                                                .write = write,
                                                .normalize = normalize};

/* ---- BertPreTokenizer: words between white space, punctuation marks alone ---- */

static bool is_space(int32_t code, int32_t wanted) { return (void)wanted, qp_is_white_space(code); }
static bool is_punctuation(int32_t code, int32_t wanted) { return (void)wanted, qp_is_bert_punctuation(code); }

static qp_status split(const void *self, qp_stage_scratch *scratch, qp_stretch s, qp_mapped_text *out,
                       qp_ranges *ranges)
{
    (void)self;
    (void)scratch;
    qp_ranges words = {0};
    size_t start = out->bytes;
    QP_TRY(qp_changes_copy(s.from, s.begin, s.end, out));
    const qp_text all = {out->text + start, out->bytes - start};
    qp_status status = qp_cut_characters(is_space, 0, QP_SPLIT_REMOVED, all, 0, &words);
    for (size_t i = 0; i < words.count && status == QP_OK; i++) {
        size_t begin = words.range[i].begin;
        const qp_text word = {all.text + begin, words.range[i].end - begin};
        status = qp_cut_characters(is_punctuation, 0, QP_SPLIT_ISOLATED, word, start + begin, ranges);
    }
    qp_ranges_free(&words);
    return status;
}

const qp_stage_kind qp_stage_bert_splitter = {.role = QP_ROLE_SPLITTER, .type = "BertPreTokenizer", .split = split};
