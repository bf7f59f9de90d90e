#include "lib/text/jamo.h"

#include <string.h>

#include "lib/text/utf8.h"

enum { SYLLABLE = 0xAC00, LEADING = 0x1100, VOWEL = 0x1161, TRAILING = 0x11A7 };
enum { LEADINGS = 19, VOWELS = 21, TRAILINGS = 28, SYLLABLES = LEADINGS * VOWELS * TRAILINGS };

qp_status qp_jamo_take_apart(const char *text, size_t bytes, qp_mapped_text *out)
{
    size_t done = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t index = qp_utf8_next(text + at, bytes - at, &length) - SYLLABLE;
        if (index < 0 || index >= SYLLABLES) continue;
        char jamo[9];
        size_t made = qp_utf8_write(LEADING + index / (VOWELS * TRAILINGS), jamo);
        made += qp_utf8_write(VOWEL + index / TRAILINGS % VOWELS, jamo + made);
        if (index % TRAILINGS) made += qp_utf8_write(TRAILING + index % TRAILINGS, jamo + made);
        QP_TRY(qp_mapped_text_add(out, text + done, at - done, done, at, true));
        QP_TRY(qp_mapped_text_add(out, jamo, made, at, at + length, false));
        done = at + length;
    }
    return qp_mapped_text_add(out, text + done, bytes - done, done, bytes, true);
}

static int32_t code_at(const char *text, size_t bytes, size_t at)
{
    size_t length;
    return at < bytes ? qp_utf8_next(text + at, bytes - at, &length) : QP_INVALID_CODE;
}

size_t qp_jamo_join(char *text, size_t bytes)
{
    size_t made = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t leading = qp_utf8_next(text + at, bytes - at, &length) - LEADING;
        int32_t vowel = leading >= 0 && leading < LEADINGS ? code_at(text, bytes, at + length) - VOWEL : -1;
        if (vowel < 0 || vowel >= VOWELS) {
            memmove(text + made, text + at, length);
            made += length;
            continue;
        }
        length += 3;
        int32_t trailing = code_at(text, bytes, at + length) - TRAILING;
        bool three = trailing > 0 && trailing < TRAILINGS;
        if (three) length += 3;
        made += qp_utf8_write(SYLLABLE + (leading * VOWELS + vowel) * TRAILINGS + (three ? trailing : 0), text + made);
    }
    return made;
}
