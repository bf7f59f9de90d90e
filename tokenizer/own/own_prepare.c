#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/text/jamo.h"
#include "lib/text/letter_case.h"
#include "lib/text/utf8.h"
#include "tokenizer/own/own.h"
#include "tokenizer/own/own_kind.h"

/* The text before splitting: a space, the normal form, and what else the settings ask for. Each step maps its bytes to
 * those of the step before; chain() maps them to the original text. */

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

/* Replace the spans of `to`, which refer to `from`, by what those of `from` refer to. */
static void chain(const qp_mapped_text *from, qp_mapped_text *to)
{
    for (size_t i = 0; to->mapped && i < to->bytes; i++) {
        uint32_t begin = to->begin[i], end = to->end[i];
        to->begin[i] = from->begin[begin];
        to->end[i] = from->end[end > begin ? end - 1 : begin];
    }
}

/* Remove nonspacing marks; their spans are added to the character before. */
static qp_status strip_marks(const qp_mapped_text *from, qp_mapped_text *out)
{
    size_t last = 0;
    for (size_t at = 0, length; at < from->bytes; at += length) {
        int32_t code = qp_utf8_next(from->text + at, from->bytes - at, &length);
        if (code >= 0x300 && utf8proc_category(code) == UTF8PROC_CATEGORY_MN) {
            for (size_t i = last; out->mapped && i < out->bytes; i++) out->end[i] = (uint32_t)(at + length);
            continue;
        }
        last = out->bytes;
        QP_TRY(qp_mapped_text_add(out, from->text + at, length, at, at + length, true));
    }
    return QP_OK;
}

/* Where pieces show spaces as U+2581, that character itself counts as a space. */
static qp_status signs_to_spaces(const qp_mapped_text *from, qp_mapped_text *out)
{
    for (size_t at = 0; at < from->bytes;) {
        const char *sign = memmem(from->text + at, from->bytes - at, "\xE2\x96\x81", 3);
        size_t end = sign ? (size_t)(sign - from->text) : from->bytes;
        QP_TRY(qp_mapped_text_add(out, from->text + at, end - at, at, end, true));
        if (sign) QP_TRY(qp_mapped_text_add(out, " ", 1, end, end + 3, false));
        at = end + (sign ? 3 : 0);
    }
    return QP_OK;
}

typedef enum { SIGNS, DECOMPOSED, STRIPPED, FOLDED, FORMED, IN_JAMO, STEPS } step;

static bool wanted(const qp_own *t, step s, bool jamo)
{
    switch (s) {
    case SIGNS: return t->rules.pattern == QP_CUT_SPACES;
    case DECOMPOSED: return t->settings.form != QP_FORM_NONE && (t->settings.strip_accents || t->settings.case_fold);
    case STRIPPED: return t->settings.strip_accents;
    case FOLDED: return t->settings.case_fold;
    case FORMED: return t->settings.form != QP_FORM_NONE || t->settings.lower_case;
    default: return jamo && t->settings.jamo;
    }
}

static qp_status run(const qp_own *t, step s, const qp_mapped_text *from, qp_mapped_text *out)
{
    bool compatible = t->settings.form == QP_FORM_NFKC || t->settings.form == QP_FORM_NFKD;
    switch (s) {
    case SIGNS: return signs_to_spaces(from, out);
    case DECOMPOSED: return qp_normalize(compatible ? QP_FORM_NFKD : QP_FORM_NFD, false, from->text, from->bytes, out);
    case STRIPPED: return strip_marks(from, out);
    case FOLDED: return qp_letter_case(QP_CASE_FOLD, from->text, from->bytes, out);
    case FORMED: return qp_normalize(t->settings.form, t->settings.lower_case, from->text, from->bytes, out);
    default: return qp_jamo_take_apart(from->text, from->bytes, out);
    }
}

/* Append the result of all steps to *work. */
static qp_status all_steps(const qp_own *t, const char *text, size_t bytes, bool jamo, qp_mapped_text *work)
{
    qp_mapped_text now = {.mapped = work->mapped}, next = {.mapped = work->mapped};
    qp_status status = qp_mapped_text_add(&now, text, bytes, 0, bytes, true);
    for (int s = 0; s < STEPS && status == QP_OK; s++) {
        if (!wanted(t, (step)s, jamo)) continue;
        next.bytes = 0;
        status = run(t, (step)s, &now, &next);
        if (status != QP_OK) break;
        chain(&now, &next);
        qp_mapped_text kept = now;
        now = next;
        next = kept;
    }
    size_t start = work->bytes;
    if (status == QP_OK) status = qp_mapped_text_add(work, now.text, now.bytes, 0, 0, false);
    if (status == QP_OK && work->mapped && now.bytes) {
        memcpy(work->begin + start, now.begin, now.bytes * sizeof *work->begin);
        memcpy(work->end + start, now.end, now.bytes * sizeof *work->end);
    }
    qp_mapped_text_free(&now);
    qp_mapped_text_free(&next);
    return status;
}

/* Appends the normal form alone to *work; jamo: with the syllables taken apart. */
static qp_status add_normal_form(const qp_own *t, const char *text, size_t bytes, bool jamo, qp_mapped_text *work)
{
    const qp_own_settings *s = &t->settings;
    bool plain = s->pattern != QP_CUT_SPACES && !s->strip_accents && !s->case_fold && !s->jamo;
    if (plain) return qp_normalize(s->form, s->lower_case, text, bytes, work);
    if (bytes > INT32_MAX - 64) return qp_fail(QP_EDATA, "tokenizer: text of 2^31 bytes or more; cut it into lines");
    return all_steps(t, text, bytes, jamo, work);
}

/* Between words any white space is one space; there is none at the end. */
static void squeeze_spaces(qp_mapped_text *work)
{
    size_t kept = 0;
    bool space = false;
    for (size_t i = 0; i < work->bytes; i++) {
        char c = work->text[i];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            space = true;
            continue;
        }
        if (space) {
            work->text[kept] = ' ';
            if (work->mapped) work->begin[kept] = work->end[kept] = work->begin[i];
            kept++;
        }
        space = false;
        work->text[kept] = c;
        if (work->mapped) {
            work->begin[kept] = work->begin[i];
            work->end[kept] = work->end[i];
        }
        kept++;
    }
    work->bytes = kept;
}

qp_status qp_own_prepare(const qp_own *tokenizer, const char *text, size_t bytes, qp_mapped_text *work)
{
    work->bytes = 0;
    if (bytes == 0) return QP_OK;
    if (tokenizer->settings.space_first) QP_TRY(qp_mapped_text_add(work, " ", 1, 0, 0, false));
    QP_TRY(add_normal_form(tokenizer, text, bytes, true, work));
    if (tokenizer->rules.white_space) squeeze_spaces(work);
    return QP_OK;
}

qp_status qp_own_normalize(const void *self, qp_text text, char **normal, size_t *bytes)
{
    qp_mapped_text work = {0};
    *normal = NULL;
    *bytes = 0;
    qp_status status = add_normal_form(self, text.text, text.bytes, false, &work);
    if (status == QP_OK && !QP_GROW(work.text, work.capacity, work.bytes + 1)) status = no_memory();
    if (status == QP_OK) {
        work.text[work.bytes] = '\0';
        *normal = work.text;
        *bytes = work.bytes;
        work.text = NULL;
    }
    qp_mapped_text_free(&work);
    return status;
}
