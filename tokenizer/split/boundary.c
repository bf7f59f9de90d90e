#include "tokenizer/split/boundary.h"

#include <stdbool.h>
#include <stdint.h>
#include <utf8proc.h>

#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"

/* How far into an Indic conjunct: behind a consonant, behind a virama that follows it. */
typedef enum { NO_CONJUNCT, CONSONANT, LINKED } conjunct;

static conjunct conjunct_after(conjunct state, int32_t code)
{
    if (code < 0x900) return state != NO_CONJUNCT && code >= 0x300 && code < 0x370 ? state : NO_CONJUNCT;
    if (qp_is_linking_consonant(code)) return CONSONANT;
    if (state == NO_CONJUNCT) return NO_CONJUNCT;
    if (qp_is_linking_virama(code)) return LINKED;
    const utf8proc_property_t *property = utf8proc_get_property(code);
    bool extends = property->boundclass == UTF8PROC_BOUNDCLASS_EXTEND && property->combining_class != 0;
    return extends || property->boundclass == UTF8PROC_BOUNDCLASS_ZWJ ? state : NO_CONJUNCT;
}

size_t qp_grapheme_next(const char *text, size_t bytes, size_t at)
{
    size_t length;
    utf8proc_int32_t state = 0;
    int32_t before = qp_utf8_next(text + at, bytes - at, &length);
    conjunct indic = conjunct_after(NO_CONJUNCT, before);
    at += length;
    while (at < bytes && before != QP_INVALID_CODE) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (code == QP_INVALID_CODE) break;
        bool ends = utf8proc_grapheme_break_stateful(before, code, &state);
        if (ends && !(indic == LINKED && qp_is_linking_consonant(code))) break;
        indic = conjunct_after(indic, code);
        at += length;
        before = code;
    }
    return at;
}

/* ---- words ---- */

static qp_word_break class_of(int32_t code)
{
    return code == '@' ? QP_WB_LETTER : code >= 0xAC00 && code <= 0xD7A3 ? QP_WB_HANGUL : qp_word_break_of(code);
}

static bool is_letter(qp_word_break c) { return c == QP_WB_LETTER || c == QP_WB_HEBREW; }

static bool is_newline(qp_word_break c) { return c == QP_WB_CR || c == QP_WB_LF || c == QP_WB_NEWLINE; }

/* What rule WB4 looks through. */
static bool is_ignored(qp_word_break c) { return c == QP_WB_EXTEND || c == QP_WB_FORMAT || c == QP_WB_ZWJ; }

/* The class of the first character from `at` on that is not looked through. */
static qp_word_break class_ahead(const char *text, size_t bytes, size_t at)
{
    for (size_t length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (code == QP_INVALID_CODE) break;
        qp_word_break c = class_of(code);
        if (!is_ignored(c)) return c;
    }
    return QP_WB_OTHER;
}

/* The segment so far: its last two classes, ignored ones left out; -1: none. */
typedef struct {
    int last, before_last;
    bool odd_regional; /* an unpaired regional indicator is last */
} word_state;

static bool joins_letters(const word_state *s, qp_word_break now, const char *text, size_t bytes, size_t after)
{
    qp_word_break last = (qp_word_break)s->last, before = (qp_word_break)(s->before_last < 0 ? 0 : s->before_last);
    bool quote = now == QP_WB_MID_NUM_LET || now == QP_WB_SINGLE_QUOTE;
    bool last_quote = last == QP_WB_MID_NUM_LET || last == QP_WB_SINGLE_QUOTE;
    if (is_letter(last) && is_letter(now)) return true; /* WB5 */
    if (is_letter(last) && (quote || now == QP_WB_MID_LETTER) && is_letter(class_ahead(text, bytes, after)))
        return true;                                                                                  /* WB6 */
    if (is_letter(before) && (last_quote || last == QP_WB_MID_LETTER) && is_letter(now)) return true; /* WB7 */
    if (last == QP_WB_HEBREW && now == QP_WB_SINGLE_QUOTE) return true;                               /* WB7a */
    if (last == QP_WB_HEBREW && now == QP_WB_DOUBLE_QUOTE && class_ahead(text, bytes, after) == QP_WB_HEBREW)
        return true;                                                                    /* WB7b */
    return before == QP_WB_HEBREW && last == QP_WB_DOUBLE_QUOTE && now == QP_WB_HEBREW; /* WB7c */
}

static bool joins_numbers(const word_state *s, qp_word_break now, const char *text, size_t bytes, size_t after)
{
    qp_word_break last = (qp_word_break)s->last, before = (qp_word_break)(s->before_last < 0 ? 0 : s->before_last);
    bool middle = now == QP_WB_MID_NUM_LET || now == QP_WB_SINGLE_QUOTE || now == QP_WB_MID_NUM;
    bool last_middle = last == QP_WB_MID_NUM_LET || last == QP_WB_SINGLE_QUOTE || last == QP_WB_MID_NUM;
    if (now == QP_WB_NUMERIC && (last == QP_WB_NUMERIC || is_letter(last))) return true;                  /* WB8, WB9 */
    if (last == QP_WB_NUMERIC && is_letter(now)) return true;                                             /* WB10 */
    if (before == QP_WB_NUMERIC && last_middle && now == QP_WB_NUMERIC) return true;                      /* WB11 */
    if (last == QP_WB_NUMERIC && middle && class_ahead(text, bytes, after) == QP_WB_NUMERIC) return true; /* WB12 */
    bool last_word = is_letter(last) || last == QP_WB_NUMERIC || last == QP_WB_KATAKANA;
    bool now_word = is_letter(now) || now == QP_WB_NUMERIC || now == QP_WB_KATAKANA;
    if (last == QP_WB_KATAKANA && now == QP_WB_KATAKANA) return true;                            /* WB13 */
    if ((last_word || last == QP_WB_EXTEND_NUM_LET) && now == QP_WB_EXTEND_NUM_LET) return true; /* WB13a */
    return last == QP_WB_EXTEND_NUM_LET && now_word;                                             /* WB13b */
}

size_t qp_word_next(const char *text, size_t bytes, size_t at)
{
    size_t length;
    int32_t code = qp_utf8_next(text + at, bytes - at, &length);
    qp_word_break raw = class_of(code);
    word_state s = {.last = (int)raw, .before_last = -1, .odd_regional = raw == QP_WB_REGIONAL};
    at += length;
    if (code == QP_INVALID_CODE) return at;
    while (at < bytes) {
        code = qp_utf8_next(text + at, bytes - at, &length);
        if (code == QP_INVALID_CODE) return at;
        qp_word_break now = class_of(code);
        size_t after = at + length;
        bool pictograph = utf8proc_get_property(code)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
        if (raw == QP_WB_CR && now == QP_WB_LF) return after;                      /* WB3 */
        if (is_newline(raw) || is_newline(now)) return at;                         /* WB3a, WB3b */
        bool joined = (raw == QP_WB_ZWJ && pictograph) ||                          /* WB3c */
                      (raw == now && (raw == QP_WB_SPACE || raw == QP_WB_HANGUL)); /* WB3d */
        raw = now;
        if (is_ignored(now)) { /* WB4 */
            at = after;
            continue;
        }
        bool pair = s.odd_regional && now == QP_WB_REGIONAL; /* WB15, WB16 */
        if (!joined && !pair && !joins_letters(&s, now, text, bytes, after) &&
            !joins_numbers(&s, now, text, bytes, after))
            return at;
        s.before_last = s.last;
        s.last = (int)now;
        s.odd_regional = now == QP_WB_REGIONAL && !s.odd_regional;
        at = after;
    }
    return at;
}
