#include "tests/cases/boundary.h"

#include <stdbool.h>
#include <stdint.h>
#include <utf8proc.h>

#include "lib/text/utf8.h"
#include "tests/cases/boundary_tables.h"

/* How far into an Indic conjunct: after a consonant, after a virama that follows it. */
typedef enum { NO_CONJUNCT, CONSONANT, LINKED } conjunct;

static conjunct conjunct_after(conjunct state, int32_t code)
{
    if (code < 0x900) return state != NO_CONJUNCT && code >= 0x300 && code < 0x370 ? state : NO_CONJUNCT;
    if (is_linking_consonant(code)) return CONSONANT;
    if (state == NO_CONJUNCT) return NO_CONJUNCT;
    if (is_linking_virama(code)) return LINKED;
    const utf8proc_property_t *property = utf8proc_get_property(code);
    bool extends = property->boundclass == UTF8PROC_BOUNDCLASS_EXTEND && property->combining_class != 0;
    return extends || property->boundclass == UTF8PROC_BOUNDCLASS_ZWJ ? state : NO_CONJUNCT;
}

size_t grapheme_next(const char *text, size_t bytes, size_t at)
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
        if (ends && !(indic == LINKED && is_linking_consonant(code))) break;
        indic = conjunct_after(indic, code);
        at += length;
        before = code;
    }
    return at;
}

/* ---- words ---- */

static word_break class_of(int32_t code)
{
    return code == '@' ? WB_LETTER : code >= 0xAC00 && code <= 0xD7A3 ? WB_HANGUL : word_break_of(code);
}

static bool is_letter(word_break c) { return c == WB_LETTER || c == WB_HEBREW; }

static bool is_newline(word_break c) { return c == WB_CR || c == WB_LF || c == WB_NEWLINE; }

/* What rule WB4 looks through. */
static bool is_ignored(word_break c) { return c == WB_EXTEND || c == WB_FORMAT || c == WB_ZWJ; }

/* The class of the first character from `at` on that is not looked through. */
static word_break class_ahead(const char *text, size_t bytes, size_t at)
{
    for (size_t length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (code == QP_INVALID_CODE) break;
        word_break c = class_of(code);
        if (!is_ignored(c)) return c;
    }
    return WB_OTHER;
}

/* The segment so far: its last two classes, ignored ones left out; -1: none. */
typedef struct {
    int last, before_last;
    bool odd_regional; /* an unpaired regional indicator is last */
} word_state;

static bool joins_letters(const word_state *s, word_break now, const char *text, size_t bytes, size_t after)
{
    word_break last = (word_break)s->last, before = (word_break)(s->before_last < 0 ? 0 : s->before_last);
    bool quote = now == WB_MID_NUM_LET || now == WB_SINGLE_QUOTE;
    bool last_quote = last == WB_MID_NUM_LET || last == WB_SINGLE_QUOTE;
    if (is_letter(last) && is_letter(now)) return true; /* WB5 */
    if (is_letter(last) && (quote || now == WB_MID_LETTER) && is_letter(class_ahead(text, bytes, after)))
        return true;                                                                                  /* WB6 */
    if (is_letter(before) && (last_quote || last == WB_MID_LETTER) && is_letter(now)) return true; /* WB7 */
    if (last == WB_HEBREW && now == WB_SINGLE_QUOTE) return true;                               /* WB7a */
    if (last == WB_HEBREW && now == WB_DOUBLE_QUOTE && class_ahead(text, bytes, after) == WB_HEBREW)
        return true;                                                                    /* WB7b */
    return before == WB_HEBREW && last == WB_DOUBLE_QUOTE && now == WB_HEBREW; /* WB7c */
}

static bool joins_numbers(const word_state *s, word_break now, const char *text, size_t bytes, size_t after)
{
    word_break last = (word_break)s->last, before = (word_break)(s->before_last < 0 ? 0 : s->before_last);
    bool middle = now == WB_MID_NUM_LET || now == WB_SINGLE_QUOTE || now == WB_MID_NUM;
    bool last_middle = last == WB_MID_NUM_LET || last == WB_SINGLE_QUOTE || last == WB_MID_NUM;
    if (now == WB_NUMERIC && (last == WB_NUMERIC || is_letter(last))) return true;                  /* WB8, WB9 */
    if (last == WB_NUMERIC && is_letter(now)) return true;                                             /* WB10 */
    if (before == WB_NUMERIC && last_middle && now == WB_NUMERIC) return true;                      /* WB11 */
    if (last == WB_NUMERIC && middle && class_ahead(text, bytes, after) == WB_NUMERIC) return true; /* WB12 */
    bool last_word = is_letter(last) || last == WB_NUMERIC || last == WB_KATAKANA;
    bool now_word = is_letter(now) || now == WB_NUMERIC || now == WB_KATAKANA;
    if (last == WB_KATAKANA && now == WB_KATAKANA) return true;                            /* WB13 */
    if ((last_word || last == WB_EXTEND_NUM_LET) && now == WB_EXTEND_NUM_LET) return true; /* WB13a */
    return last == WB_EXTEND_NUM_LET && now_word;                                             /* WB13b */
}

size_t word_next(const char *text, size_t bytes, size_t at)
{
    size_t length;
    int32_t code = qp_utf8_next(text + at, bytes - at, &length);
    word_break raw = class_of(code);
    word_state s = {.last = (int)raw, .before_last = -1, .odd_regional = raw == WB_REGIONAL};
    at += length;
    if (code == QP_INVALID_CODE) return at;
    while (at < bytes) {
        code = qp_utf8_next(text + at, bytes - at, &length);
        if (code == QP_INVALID_CODE) return at;
        word_break now = class_of(code);
        size_t after = at + length;
        bool pictograph = utf8proc_get_property(code)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
        if (raw == WB_CR && now == WB_LF) return after;                      /* WB3 */
        if (is_newline(raw) || is_newline(now)) return at;                         /* WB3a, WB3b */
        bool joined = (raw == WB_ZWJ && pictograph) ||                          /* WB3c */
                      (raw == now && (raw == WB_SPACE || raw == WB_HANGUL)); /* WB3d */
        raw = now;
        if (is_ignored(now)) { /* WB4 */
            at = after;
            continue;
        }
        bool pair = s.odd_regional && now == WB_REGIONAL; /* WB15, WB16 */
        if (!joined && !pair && !joins_letters(&s, now, text, bytes, after) &&
            !joins_numbers(&s, now, text, bytes, after))
            return at;
        s.before_last = s.last;
        s.last = (int)now;
        s.odd_regional = now == WB_REGIONAL && !s.odd_regional;
        at = after;
    }
    return at;
}
