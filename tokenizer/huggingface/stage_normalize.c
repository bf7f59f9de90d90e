#define _GNU_SOURCE /* memmem */
#include "tokenizer/huggingface/stage_normalize.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/text/characters.h"
#include "lib/text/byte_letters.h"
#include "lib/base/array.h"
#include "lib/text/utf8.h"

void qp_stage_scratch_free(qp_stage_scratch *scratch)
{
    qp_changes_free(&scratch->changes);
    qp_regex_scratch_free(&scratch->regex);
}

/* ---- normal forms ---- */

static int class_of(int32_t code) { return code < 0 ? 0 : (int)utf8proc_get_property(code)->combining_class; }

static qp_status decompose(qp_changes *c, int32_t code, bool compatible)
{
    int32_t made[32];
    int boundary = 0;
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0);
    utf8proc_ssize_t count = code < 0 ? 0 : utf8proc_decompose_char(code, made, 32, options, &boundary);
    if (count <= 0 || count > 32) return qp_changes_add(c, code, 0);
    for (utf8proc_ssize_t i = 0; i < count; i++) QP_TRY(qp_changes_add(c, made[i], i > 0));
    return QP_OK;
}

static int by_class(const void *left, const void *right)
{
    const struct qp_change *a = left, *b = right;
    int x = class_of(a->code), y = class_of(b->code);
    if (x != y) return x < y ? -1 : 1;
    return a < b ? -1 : 1;
}

/* Runs of marks in canonical order, stable; each mark keeps its change. Merge sort by halves of a copy. */
static qp_status order_run(struct qp_change *run, size_t count)
{
    bool sorted = true;
    for (size_t i = 1; i < count; i++) sorted = sorted && by_class(&run[i - 1], &run[i]) < 0;
    if (sorted) return QP_OK;
    struct qp_change *copy = malloc(count * sizeof *copy);
    if (!copy) return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    size_t made = 0;
    for (int class = 1; class < 256; class ++) {
        for (size_t i = 0; i < count; i++) {
            if (class_of(run[i].code) == class) copy[made++] = run[i];
        }
    }
    memcpy(run, copy, count * sizeof *copy);
    free(copy);
    return QP_OK;
}

static qp_status order_marks(qp_changes *c)
{
    for (size_t i = 0; i < c->count;) {
        size_t end = i;
        while (end < c->count && class_of(c->list[end].code) != 0) end++;
        if (end > i + 1) QP_TRY(order_run(c->list + i, end - i));
        i = end > i ? end : i + 1;
    }
    return QP_OK;
}

/* The composition of two code points, or -1. */
static int32_t compose_two(int32_t first, int32_t second)
{
    if (first < 0 || second < 0xC0 || second == 0x11A7) return -1;
    if (class_of(second) == 0 && !(second >= 0x1161 && second <= 0x11C2)) {
        utf8proc_category_t category = utf8proc_category(second);
        if (category != UTF8PROC_CATEGORY_MC && category != UTF8PROC_CATEGORY_MN) return -1;
    }
    int32_t pair[3] = {first, second, 0};
    return utf8proc_normalize_utf32(pair, 2, UTF8PROC_COMPOSE | UTF8PROC_STABLE) == 1 ? pair[0] : -1;
}

static void compose(qp_changes *c)
{
    size_t made = 0, starter = SIZE_MAX;
    int last_class = -1;
    for (size_t i = 0; i < c->count; i++) {
        int class = class_of(c->list[i].code);
        if (starter != SIZE_MAX && (last_class < class || last_class == -1)) {
            int32_t both = compose_two(c->list[starter].code, c->list[i].code);
            if (both >= 0) {
                c->list[starter].code = both;
                c->list[starter].change += c->list[i].change - 1;
                continue;
            }
        }
        c->list[made] = c->list[i];
        last_class = class;
        if (class == 0) {
            starter = made;
            last_class = -1;
        }
        made++;
    }
    c->count = made;
}

static qp_status normal_form(qp_form form, qp_changes *c, const qp_mapped_text *from, size_t begin, size_t end,
                             qp_mapped_text *out)
{
    bool plain = form == QP_FORM_NFC || form == QP_FORM_NFKC;
    for (size_t i = begin; plain && i < end; i++) plain = (unsigned char)from->text[i] < 0x80;
    if (plain) return qp_changes_copy(from, begin, end, out);
    c->count = 0;
    for (size_t at = begin, length; at < end; at += length) {
        int32_t code = qp_changes_code(from->text + at, end - at, &length);
        QP_TRY(decompose(c, code, form == QP_FORM_NFKC || form == QP_FORM_NFKD));
    }
    QP_TRY(order_marks(c));
    if (form == QP_FORM_NFC || form == QP_FORM_NFKC) compose(c);
    return qp_changes_apply(c, from, begin, end, 0, out);
}

/* ---- character by character ---- */

static qp_status lower(qp_changes *c, int32_t code)
{
    if (code != 0x130) return qp_changes_add(c, code < 0 ? code : utf8proc_tolower(code), 0);
    QP_TRY(qp_changes_add(c, 'i', 0));
    return qp_changes_add(c, 0x307, 1);
}

static bool is_mark(int32_t code)
{
    utf8proc_category_t c = code < 0 ? UTF8PROC_CATEGORY_CO : utf8proc_category(code);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

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

/* The characters sentencepiece's nmt rules drop (-2), make a space, or leave. */
static int32_t nmt(int32_t c)
{
    if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F) return -2;
    if (c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) || c == 0x2028 ||
        c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD)
        return ' ';
    return c;
}

/* One pass of BertNormalizer or of a simple stage over all characters. */
typedef enum { PASS_LOWER, PASS_DROP_MARKS, PASS_DROP_NONSPACING, PASS_NMT, PASS_CLEAN, PASS_CHINESE } pass;

static qp_status change_one(pass what, qp_changes *c, int32_t code)
{
    switch (what) {
    case PASS_LOWER: return lower(c, code);
    case PASS_DROP_MARKS: return is_mark(code) ? QP_OK : qp_changes_add(c, code, 0);
    case PASS_DROP_NONSPACING: return is_nonspacing(code) ? QP_OK : qp_changes_add(c, code, 0);
    case PASS_NMT: return nmt(code) == -2 ? QP_OK : qp_changes_add(c, nmt(code), 0);
    case PASS_CLEAN:
        if (is_bert_control(code)) return QP_OK;
        return qp_changes_add(c, qp_is_white_space(code) ? ' ' : code, 0);
    default: break;
    }
    if (!is_chinese(code)) return qp_changes_add(c, code, 0);
    QP_TRY(qp_changes_add(c, ' ', 0));
    QP_TRY(qp_changes_add(c, code, 1));
    return qp_changes_add(c, ' ', 1);
}

/* Each character by itself, so dropped ones do not shift the spans of the others. */
static qp_status each_character(pass what, qp_changes *c, const qp_mapped_text *from, size_t begin, size_t end,
                                qp_mapped_text *out)
{
    for (size_t at = begin, length; at < end; at += length) {
        int32_t code = qp_changes_code(from->text + at, end - at, &length);
        c->count = 0;
        QP_TRY(change_one(what, c, code));
        QP_TRY(qp_changes_apply(c, from, at, at + length, 0, out));
    }
    return QP_OK;
}

static qp_status bert(const qp_stage *s, qp_changes *c, const qp_mapped_text *from, size_t begin, size_t end,
                      qp_mapped_text *out)
{
    qp_mapped_text a = {.mapped = true}, b = {.mapped = true};
    qp_status status = qp_changes_copy(from, begin, end, &a);
    const pass order[] = {PASS_CLEAN, PASS_CHINESE, PASS_DROP_NONSPACING, PASS_LOWER};
    const bool wanted[] = {s->left, s->right, s->accents, s->lower};
    for (int i = 0; i < 4 && status == QP_OK; i++) {
        if (!wanted[i]) continue;
        b.bytes = 0;
        if (order[i] == PASS_DROP_NONSPACING) {
            status = normal_form(QP_FORM_NFD, c, &a, 0, a.bytes, &b);
            qp_mapped_text swap = a;
            a = b;
            b = swap;
            b.bytes = 0;
        }
        if (status == QP_OK) status = each_character(order[i], c, &a, 0, a.bytes, &b);
        qp_mapped_text swap = a;
        a = b;
        b = swap;
    }
    if (status == QP_OK) status = qp_changes_copy(&a, 0, a.bytes, out);
    qp_mapped_text_free(&a);
    qp_mapped_text_free(&b);
    return status;
}

/* The letter of every byte; the first of a character stands for it. */
static qp_status letters(qp_changes *c, const qp_mapped_text *from, size_t begin, size_t end, qp_mapped_text *out)
{
    c->count = 0;
    for (size_t at = begin, length; at < end; at += length) {
        qp_utf8_next(from->text + at, end - at, &length);
        for (size_t i = 0; i < length; i++)
            QP_TRY(qp_changes_add(c, qp_byte_letter((unsigned char)from->text[at + i]), i > 0));
    }
    return qp_changes_apply(c, from, begin, end, 0, out);
}

static qp_status strip(const qp_stage *s, const qp_mapped_text *from, size_t begin, size_t end, qp_mapped_text *out)
{
    size_t length;
    while (s->left && begin < end && qp_is_white_space(qp_utf8_next(from->text + begin, end - begin, &length)))
        begin += length;
    while (s->right && end > begin) {
        size_t last = end - 1;
        while (last > begin && ((unsigned char)from->text[last] & 0xC0) == 0x80) last--;
        if (!qp_is_white_space(qp_utf8_next(from->text + last, end - last, &length))) break;
        end = last;
    }
    return qp_changes_copy(from, begin, end, out);
}

/* ---- patterns ---- */

qp_status qp_stage_match(const qp_stage *s, qp_stage_scratch *scratch, const char *text, size_t bytes, size_t *begin,
                         size_t *end, bool *found)
{
    if (s->has_regex) {
        qp_regex_match match;
        QP_TRY(qp_regex_find(&s->regex, &scratch->regex, *begin, &match));
        *found = match.found;
        *begin = match.begin;
        *end = match.end;
        return QP_OK;
    }
    *found = false;
    if (s->text_bytes == 0 || *begin >= bytes) return QP_OK;
    const char *at = memmem(text + *begin, bytes - *begin, s->text, s->text_bytes);
    if (!at) return QP_OK;
    *found = true;
    *begin = (size_t)(at - text);
    *end = *begin + s->text_bytes;
    return QP_OK;
}

qp_status qp_stage_replace(const qp_stage *s, qp_stage_scratch *scratch, const qp_mapped_text *from, size_t begin,
                           size_t end, qp_mapped_text *out)
{
    const char *text = from->text + begin;
    size_t bytes = end - begin, done = 0, next = 0; /* copied so far; where to look from */
    if (s->has_regex) QP_TRY(qp_regex_part(&scratch->regex, text, bytes));
    for (size_t last = SIZE_MAX; next <= bytes;) {
        size_t at = next, after = next, wide;
        bool found = false;
        if (bytes) QP_TRY(qp_stage_match(s, scratch, text, bytes, &at, &after, &found));
        if (!found) break;
        if (at == after) { /* an empty match lets a character pass, and none stands right behind another match */
            next = at + 1;
            if (at < bytes && qp_utf8_next(text + at, bytes - at, &wide) >= 0) next = at + wide;
            if (at == last) continue;
        } else {
            next = after;
        }
        last = after;
        QP_TRY(qp_changes_copy(from, begin + done, begin + at, out));
        scratch->changes.count = 0;
        for (size_t k = 0, length; k < s->content_bytes; k += length)
            QP_TRY(
                qp_changes_add(&scratch->changes, qp_changes_code(s->content + k, s->content_bytes - k, &length), 1));
        QP_TRY(qp_changes_apply(&scratch->changes, from, begin, begin + after, after, out));
        done = after;
    }
    return qp_changes_copy(from, begin + done, end, out);
}

qp_status qp_stage_prepend(const char *prefix, size_t bytes, qp_stage_scratch *scratch, const qp_mapped_text *from,
                           size_t begin, size_t end, qp_mapped_text *out)
{
    if (begin == end) return QP_OK;
    scratch->changes.count = 0;
    for (size_t k = 0, length; k < bytes; k += length)
        QP_TRY(qp_changes_add(&scratch->changes, qp_changes_code(prefix + k, bytes - k, &length), k > 0));
    QP_TRY(qp_changes_apply(&scratch->changes, from, begin, end, 0, out));
    return qp_changes_copy(from, begin, end, out);
}

/* ---- sentencepiece's rules, as Hugging Face applies them: to whole grapheme clusters, else to characters ---- */

static size_t grapheme_at(const char *text, size_t bytes)
{
    size_t at, length;
    utf8proc_int32_t state = 0;
    int32_t before = qp_utf8_next(text, bytes, &at);
    while (at < bytes && before >= 0) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (code < 0 || utf8proc_grapheme_break_stateful(before, code, &state)) break;
        at += length;
        before = code;
    }
    return at;
}

/* The replacement of `part`, by the shortest rule that its beginning fits; false: none. */
static bool rule_for(const qp_stage *s, const char *part, size_t bytes, const char **to, size_t *to_bytes)
{
    for (size_t length = 1; length <= bytes; length++) {
        if (qp_charsmap_longest(&s->charsmap, part, length, to, to_bytes) == length) return true;
    }
    return false;
}

static qp_status change_part(qp_changes *c, const char *old, size_t old_bytes, const char *fresh, size_t fresh_bytes)
{
    int old_count = 0, fresh_count = 0;
    for (size_t i = 0, length; i < old_bytes; i += length, old_count++) qp_utf8_next(old + i, old_bytes - i, &length);
    for (size_t i = 0, length; i < fresh_bytes; i += length, fresh_count++)
        qp_utf8_next(fresh + i, fresh_bytes - i, &length);
    int index = 0;
    for (size_t i = 0, length; i < fresh_bytes; i += length, index++)
        QP_TRY(qp_changes_add(c, qp_changes_code(fresh + i, fresh_bytes - i, &length), index >= old_count));
    if (fresh_count < old_count && c->count > 0) c->list[c->count - 1].change += fresh_count - old_count;
    return QP_OK;
}

static qp_status charsmap(const qp_stage *s, qp_changes *c, const qp_mapped_text *from, size_t begin, size_t end,
                          qp_mapped_text *out)
{
    c->count = 0;
    for (size_t at = begin, length; at < end; at += length) {
        const char *to;
        size_t to_bytes;
        length = grapheme_at(from->text + at, end - at);
        if (length < 6 && rule_for(s, from->text + at, length, &to, &to_bytes)) {
            QP_TRY(change_part(c, from->text + at, length, to, to_bytes));
            continue;
        }
        for (size_t k = at, one; k < at + length; k += one) {
            int32_t code = qp_changes_code(from->text + k, at + length - k, &one);
            if (rule_for(s, from->text + k, one, &to, &to_bytes))
                QP_TRY(change_part(c, from->text + k, one, to, to_bytes));
            else
                QP_TRY(qp_changes_add(c, code, 0));
        }
    }
    return qp_changes_apply(c, from, begin, end, 0, out);
}

qp_status qp_stage_normalize(const qp_stage *s, qp_stage_scratch *scratch, const qp_mapped_text *from, size_t begin,
                             size_t end, qp_mapped_text *out)
{
    qp_changes *c = &scratch->changes;
    switch (s->kind) {
    case QP_STAGE_FORM: return normal_form((qp_form)s->form, c, from, begin, end, out);
    case QP_STAGE_LOWER: return each_character(PASS_LOWER, c, from, begin, end, out);
    case QP_STAGE_STRIP_ACCENTS: return each_character(PASS_DROP_MARKS, c, from, begin, end, out);
    case QP_STAGE_NMT: return each_character(PASS_NMT, c, from, begin, end, out);
    case QP_STAGE_STRIP: return strip(s, from, begin, end, out);
    case QP_STAGE_REPLACE: return qp_stage_replace(s, scratch, from, begin, end, out);
    case QP_STAGE_PREPEND: return qp_stage_prepend(s->text, s->text_bytes, scratch, from, begin, end, out);
    case QP_STAGE_CHARSMAP: return charsmap(s, c, from, begin, end, out);
    case QP_STAGE_BERT_NORMAL: return bert(s, c, from, begin, end, out);
    case QP_STAGE_LETTERS: return letters(c, from, begin, end, out);
    default: return qp_fail(QP_EBUG, "pipeline: stage %d is no normalizer", (int)s->kind);
    }
}
