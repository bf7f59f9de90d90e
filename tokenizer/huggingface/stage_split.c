#include "tokenizer/huggingface/stage_split.h"

#include <stdint.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/text/characters.h"
#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"

void qp_ranges_free(qp_ranges *ranges)
{
    free(ranges->range);
    *ranges = (qp_ranges){0};
}

qp_status qp_ranges_add(qp_ranges *ranges, size_t begin, size_t end, int32_t added)
{
    if (begin == end) return QP_OK;
    if (!QP_GROW(ranges->range, ranges->capacity, ranges->count + 1))
        return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    ranges->range[ranges->count++] = (struct qp_range){begin, end, added};
    return QP_OK;
}

/* ---- parts between and in matches, joined by the rules of a behavior ---- */

typedef struct {
    qp_split_behavior behavior;
    qp_ranges *out;
    size_t first; /* number of the first range of this stretch */
    size_t shift; /* from the stretch to the output text */
    bool matched_before, held;
    size_t held_begin, held_end; /* NEXT: a match that waits for what follows */
} joiner;

static qp_status put_part(joiner *j, size_t begin, size_t end)
{
    qp_ranges *out = j->out;
    if (!QP_GROW(out->range, out->capacity, out->count + 1))
        return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    out->range[out->count++] = (struct qp_range){begin, end, -1};
    return QP_OK;
}

/* Empty parts take part in joining; end_parts takes them out. */
static qp_status add_part(joiner *j, size_t begin, size_t end, bool match)
{
    qp_ranges *out = j->out;
    begin += j->shift;
    end += j->shift;
    bool any = out->count > j->first;
    bool join = j->behavior == QP_SPLIT_CONTIGUOUS ? match == j->matched_before
                                                   : j->behavior == QP_SPLIT_PREVIOUS && match && !j->matched_before;
    if (j->behavior == QP_SPLIT_REMOVED && match) return QP_OK;
    if (j->behavior == QP_SPLIT_NEXT) {
        /* read from the right: a match joins what follows it unless that is a match too */
        if (j->held && !match)
            begin = j->held_begin;
        else if (j->held)
            QP_TRY(put_part(j, j->held_begin, j->held_end));
        j->held = match;
        j->held_begin = begin;
        j->held_end = end;
        return match ? QP_OK : put_part(j, begin, end);
    }
    j->matched_before = match;
    if (join && any) {
        out->range[out->count - 1].end = end;
        return QP_OK;
    }
    return put_part(j, begin, end);
}

static qp_status end_parts(joiner *j)
{
    qp_ranges *out = j->out;
    size_t kept = j->first;
    if (j->held) QP_TRY(put_part(j, j->held_begin, j->held_end));
    for (size_t i = j->first; i < out->count; i++) {
        if (out->range[i].begin < out->range[i].end) out->range[kept++] = out->range[i];
    }
    out->count = kept;
    return QP_OK;
}

typedef bool (*char_test)(int32_t code, int32_t wanted);

static bool test_space(int32_t code, int32_t wanted) { return (void)wanted, qp_is_white_space(code); }
static bool test_punctuation(int32_t code, int32_t wanted) { return (void)wanted, qp_is_bert_punctuation(code); }
static bool test_equal(int32_t code, int32_t wanted) { return code == wanted; }

static bool test_numeric(int32_t code, int32_t wanted)
{
    (void)wanted;
    utf8proc_category_t c = code < 0 ? UTF8PROC_CATEGORY_CO : utf8proc_category(code);
    return c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO;
}

/* Every character that passes the test is a match. */
static qp_status by_character(char_test test, int32_t wanted, qp_split_behavior behavior, const char *text,
                              size_t bytes, size_t shift, qp_ranges *out)
{
    joiner j = {.behavior = behavior, .out = out, .first = out->count, .shift = shift};
    size_t done = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        if (!test(qp_utf8_next(text + at, bytes - at, &length), wanted)) continue;
        if (done < at) QP_TRY(add_part(&j, done, at, false));
        QP_TRY(add_part(&j, at, at + length, true));
        done = at + length;
    }
    if (done < bytes) QP_TRY(add_part(&j, done, bytes, false));
    return end_parts(&j);
}

/* Matches one behind the other; an empty one does not stand right behind another. */
static qp_status by_pattern(const qp_stage *s, qp_stage_scratch *scratch, const char *text, size_t bytes, size_t shift,
                            qp_ranges *out)
{
    joiner j = {.behavior = s->behavior, .out = out, .first = out->count, .shift = shift};
    size_t done = 0;
    if (s->has_regex) QP_TRY(qp_regex_part(&scratch->regex, text, bytes));
    for (size_t next = 0, last = SIZE_MAX; bytes > 0 && next <= bytes;) {
        size_t at = next, end = next, length = 1;
        bool found;
        QP_TRY(qp_stage_match(s, scratch, text, bytes, &at, &end, &found));
        if (!found) break;
        if (at == end && end == last) {
            if (next < bytes) qp_utf8_next(text + next, bytes - next, &length);
            next += length;
            continue;
        }
        if (done < at) QP_TRY(add_part(&j, done, at, s->invert));
        QP_TRY(add_part(&j, at, end, !s->invert));
        done = next = last = end;
    }
    if (done < bytes) QP_TRY(add_part(&j, done, bytes, s->invert));
    return end_parts(&j);
}

/* \w+|[^\w\s]+ */
static qp_status by_words(const char *text, size_t bytes, size_t shift, qp_ranges *out)
{
    int before = 0;
    size_t begin = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        int now = qp_is_white_space(code) ? 0 : qp_is_word_character(code) ? 1 : 2;
        if (now != before) {
            if (before) QP_TRY(qp_ranges_add(out, shift + begin, shift + at, -1));
            begin = at;
            before = now;
        }
    }
    return before ? qp_ranges_add(out, shift + begin, shift + bytes, -1) : QP_OK;
}

/* Scripts as Hugging Face groups them: kana with Han; space and unassigned characters join any script. */
static int script_group(int32_t code)
{
    int script = code == ' ' ? QP_SCRIPT_NONE : qp_script_of(code);
    bool han = code == 0x30FC || script == QP_SCRIPT_HIRAGANA || script == QP_SCRIPT_KATAKANA;
    return han ? QP_SCRIPT_HAN : script;
}

/* A cut before every character of another script than the last one that had any. What stands before the first such
 * character is dropped, as it is there. */
static qp_status by_scripts(const char *text, size_t bytes, size_t shift, qp_ranges *out)
{
    int before = QP_SCRIPT_NONE;
    size_t begin = bytes;
    for (size_t at = 0, length; at < bytes; at += length) {
        int now = script_group(qp_utf8_next(text + at, bytes - at, &length));
        if (now == QP_SCRIPT_NONE) continue;
        if (now != before) {
            if (begin < at) QP_TRY(qp_ranges_add(out, shift + begin, shift + at, -1));
            begin = at;
        }
        before = now;
    }
    return qp_ranges_add(out, shift + begin, shift + bytes, -1);
}

static qp_status by_length(int length_of_part, const char *text, size_t bytes, size_t shift, qp_ranges *out)
{
    for (size_t at = 0, begin = 0, length; at < bytes; begin = at) {
        for (int i = 0; i < length_of_part && at < bytes; i++, at += length)
            qp_utf8_next(text + at, bytes - at, &length);
        QP_TRY(qp_ranges_add(out, shift + begin, shift + at, -1));
    }
    return QP_OK;
}

/* ---- stages that change the text before they cut it ---- */

static qp_status letters(const qp_stage *s, qp_stage_scratch *scratch, const qp_mapped_text *from, struct qp_range r,
                         qp_mapped_text *out, qp_ranges *ranges)
{
    size_t start = out->bytes;
    QP_TRY(qp_stage_normalize(s, scratch, from, r.begin, r.end, out));
    return qp_ranges_add(ranges, start, out->bytes, -1);
}

static qp_status byte_level(const qp_stage *s, qp_stage_scratch *scratch, const qp_mapped_text *from, struct qp_range r,
                            qp_mapped_text *out, qp_ranges *ranges)
{
    size_t start = out->bytes;
    bool prefixed = s->prefix_space && from->text[r.begin] != ' ';
    QP_TRY(prefixed ? qp_stage_prepend(" ", 1, scratch, from, r.begin, r.end, out)
                    : qp_changes_copy(from, r.begin, r.end, out));
    if (!s->use_regex) return qp_ranges_add(ranges, start, out->bytes, -1);
    return by_pattern(s, scratch, out->text + start, out->bytes - start, start, ranges);
}

static bool begins_with(const qp_mapped_text *t, size_t start, const char *text, size_t bytes)
{
    if (t->bytes - start < bytes) return false;
    for (size_t i = 0; i < bytes; i++) {
        if (t->text[start + i] != text[i]) return false;
    }
    return true;
}

static qp_status metaspace(const qp_stage *s, qp_stage_scratch *scratch, const qp_mapped_text *from, struct qp_range r,
                           qp_mapped_text *out, qp_ranges *ranges)
{
    qp_mapped_text replaced = {.mapped = true};
    bool wanted = s->prepend == QP_PREPEND_ALWAYS || (s->prepend == QP_PREPEND_FIRST && from->begin[r.begin] == 0);
    size_t start = out->bytes, length;
    qp_status status = qp_stage_replace(s, scratch, from, r.begin, r.end, &replaced);
    if (status == QP_OK && wanted && !begins_with(&replaced, 0, s->content, s->content_bytes)) {
        status = qp_stage_prepend(s->content, s->content_bytes, scratch, &replaced, 0, replaced.bytes, out);
    } else if (status == QP_OK) {
        status = qp_changes_copy(&replaced, 0, replaced.bytes, out);
    }
    qp_mapped_text_free(&replaced);
    QP_TRY(status);
    if (!s->split) return qp_ranges_add(ranges, start, out->bytes, -1);
    int32_t sign = qp_utf8_next(s->content, s->content_bytes, &length);
    return by_character(test_equal, sign, QP_SPLIT_NEXT, out->text + start, out->bytes - start, start, ranges);
}

static qp_status bert(const char *text, size_t bytes, size_t shift, qp_ranges *ranges)
{
    qp_ranges words = {0};
    qp_status status = by_character(test_space, 0, QP_SPLIT_REMOVED, text, bytes, 0, &words);
    for (size_t i = 0; i < words.count && status == QP_OK; i++) {
        size_t begin = words.range[i].begin;
        status = by_character(test_punctuation, 0, QP_SPLIT_ISOLATED, text + begin, words.range[i].end - begin,
                              shift + begin, ranges);
    }
    qp_ranges_free(&words);
    return status;
}

qp_status qp_stage_split(const qp_stage *s, qp_stage_scratch *scratch, const qp_mapped_text *from, struct qp_range r,
                         qp_mapped_text *out, qp_ranges *ranges)
{
    if (s->kind == QP_STAGE_BYTE_LEVEL) return byte_level(s, scratch, from, r, out, ranges);
    if (s->kind == QP_STAGE_METASPACE) return metaspace(s, scratch, from, r, out, ranges);
    if (s->kind == QP_STAGE_LETTERS) return letters(s, scratch, from, r, out, ranges);
    size_t start = out->bytes, bytes = r.end - r.begin, length;
    QP_TRY(qp_changes_copy(from, r.begin, r.end, out));
    const char *text = out->text + start;
    switch (s->kind) {
    case QP_STAGE_SPLIT: return by_pattern(s, scratch, text, bytes, start, ranges);
    case QP_STAGE_WHITESPACE: return by_words(text, bytes, start, ranges);
    case QP_STAGE_WHITESPACE_SPLIT: return by_character(test_space, 0, QP_SPLIT_REMOVED, text, bytes, start, ranges);
    case QP_STAGE_DIGITS:
        return by_character(test_numeric, 0, s->individual ? QP_SPLIT_ISOLATED : QP_SPLIT_CONTIGUOUS, text, bytes,
                            start, ranges);
    case QP_STAGE_PUNCTUATION: return by_character(test_punctuation, 0, s->behavior, text, bytes, start, ranges);
    case QP_STAGE_BERT_SPLIT: return bert(text, bytes, start, ranges);
    case QP_STAGE_FIXED_LENGTH: return by_length(s->start, text, bytes, start, ranges);
    case QP_STAGE_SCRIPTS: return by_scripts(text, bytes, start, ranges);
    case QP_STAGE_DELIMITER:
        return by_character(test_equal, qp_utf8_next(s->text, s->text_bytes, &length), QP_SPLIT_REMOVED, text, bytes,
                            start, ranges);
    default: return qp_fail(QP_EBUG, "pipeline: stage %d does not split", (int)s->kind);
    }
}
