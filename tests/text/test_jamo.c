#include "lib/text/jamo.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/text/utf8.h"

/* Every syllable is its canonical decomposition, which has its span, and is joined again. */
Test(jamo, every_syllable)
{
    for (int32_t code = 0xAC00 - 1; code <= 0xD7A3 + 1; code++) {
        char text[16], wanted[16], joined[40];
        size_t bytes = 1 + qp_utf8_write(code, text + 1), length = 0;
        text[0] = 'x', text[bytes++] = 'y';
        const bool syllable = code >= 0xAC00 && code <= 0xD7A3;
        const int index = code - 0xAC00, trailing = index % 28;
        wanted[length++] = 'x';
        if (syllable) {
            length += qp_utf8_write(0x1100 + index / 588, wanted + length);
            length += qp_utf8_write(0x1161 + index % 588 / 28, wanted + length);
            if (trailing) length += qp_utf8_write(0x11A7 + trailing, wanted + length);
        } else
            length += qp_utf8_write(code, wanted + length);
        wanted[length++] = 'y';
        qp_mapped_text out = {.mapped = true};
        cr_assert_eq(qp_jamo_take_apart(text, bytes, &out), QP_OK);
        cr_assert_eq(out.bytes, length, "U+%04X", code);
        cr_assert_arr_eq(out.text, wanted, length, "U+%04X", code);
        for (size_t i = 0; syllable && i < length; i++) {
            const size_t begin = i == 0            ? 0
                                 : i + 1 == length ? bytes - 1
                                                   : 1,
                         end = i == 0            ? 1
                               : i + 1 == length ? bytes
                                                 : 4;
            cr_expect(out.begin[i] == begin && out.end[i] == end, "U+%04X, byte %zu", code, i);
        }
        memcpy(joined, out.text, length);
        cr_expect_eq(qp_jamo_join(joined, length), bytes);
        cr_expect_arr_eq(joined, text, bytes, "U+%04X", code);
        qp_mapped_text_free(&out);
    }
}

/* Jamo that make no syllable stay as they are; a trailing consonant joins a syllable of two jamo only. */
Test(jamo, what_does_not_join)
{
    static const char *const row[][2] = {
        {"\u1100", "\u1100"},
        {"\u1161", "\u1161"},
        {"\u11A8", "\u11A8"},
        {"\u1100\u1100\u1161", "\u1100\uAC00"},
        {"\u1112\u1175", "\uD788"},
        {"\u1113\u1161", "\u1113\u1161"},
        {"\u1100\u1176", "\u1100\u1176"},
        {"\u1100\u1160", "\u1100\u1160"},
        {"\u1100\u1161\u11A7", "\uAC00\u11A7"},
        {"\u1112\u1175\u11C2", "\uD7A3"},
        {"\u1100\u1161\u11C3", "\uAC00\u11C3"},
        {"\u1100\u1161\u11A8\u11A8", "\uAC01\u11A8"},
        {"\uAC00\u11A8", "\uAC00\u11A8"},
        {"a\u1100b\u1161", "a\u1100b\u1161"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[40];
        strcpy(text, row[i][0]);
        size_t bytes = qp_jamo_join(text, strlen(text));
        text[bytes] = '\0';
        cr_expect_str_eq(text, row[i][1], "row %zu", i);
    }
}
