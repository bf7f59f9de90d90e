#include "tests/tokenizer/tokenizer_help.h"

#include <ctype.h>

#include "lib/base/file.h"
#include "lib/text/normalize.h"
#include "lib/text/utf8.h"

static void expect(qp_form form, bool lower, const char *text, size_t bytes, const char *wanted, size_t wanted_bytes)
{
    qp_mapped_text out = {.mapped = true};
    cr_assert_eq(qp_normalize(form, lower, text, bytes, &out), QP_OK);
    cr_assert_eq(out.bytes, wanted_bytes, "form %d of \"%s\"", form, text);
    cr_assert(wanted_bytes == 0 || memcmp(out.text, wanted, wanted_bytes) == 0, "form %d of \"%s\"", form, text);
    for (size_t i = 0; i < out.bytes; i++) {
        cr_assert(out.begin[i] < out.end[i] && out.end[i] <= bytes);
        cr_assert(i == 0 || (out.begin[i - 1] <= out.begin[i] && out.end[i - 1] <= out.end[i]));
    }
    qp_mapped_text_free(&out);
}

static void expect_text(qp_form form, bool lower, const char *text, const char *wanted)
{
    expect(form, lower, text, strlen(text), wanted, strlen(wanted));
}

Test(normalize, korean)
{
    expect_text(QP_FORM_NFC, false, "\u1112\u1161\u11AB\u1100\u1173\u11AF", "\uD55C\uAE00");
    expect_text(QP_FORM_NFD, false, "\uD55C\uAE00", "\u1112\u1161\u11AB\u1100\u1173\u11AF");
    expect_text(QP_FORM_NFC, false, "ㅋㅋㅋ ㅎㅏㄴ", "ㅋㅋㅋ ㅎㅏㄴ");
    expect_text(QP_FORM_NFC, false, "\uAC00\u11A7", "\uAC00\u11A7");
    expect_text(QP_FORM_NFC, false, "\uAC00\u11A7\u11A8", "\uAC00\u11A7\u11A8");
    expect_text(QP_FORM_NFC, false, "\uAC00\u11A8", "\uAC01");
    expect_text(QP_FORM_NFC, false, "\u1100\u1161\u11A7", "\uAC00\u11A7");
    expect_text(QP_FORM_NFKC, false, "\uAC00\u11A7", "\uAC00\u11A7");
}

Test(normalize, case_and_compatibility)
{
    expect_text(QP_FORM_NFC, true, "ÄÖÜ \u00C5 \u212B ΑΣ", "äöü \u00E5 \u00E5 ασ");
    expect_text(QP_FORM_NONE, true, "ABC É", "abc é");
    expect_text(QP_FORM_NFKC, true, "\uFF21\u210C\uFB01", "ahfi");
    expect_text(QP_FORM_NFKC, false, "\uFF76\uFF9E", "\u30AC");
    expect_text(QP_FORM_NFC, false, "\uFF76\uFF9E", "\uFF76\uFF9E");
    expect_text(QP_FORM_NFC, true, "E\u0301A", "\u00E9a");
}

/* Marks of a letter are sorted by class, 202 before 220 before 230; equal ones stay in order, also at the end. */
Test(normalize, marks_have_an_order)
{
    expect_text(QP_FORM_NFD, false, "q\u0307\u0323", "q\u0323\u0307");
    expect_text(QP_FORM_NFC, false, "q\u0307\u0323", "q\u0323\u0307");
    expect_text(QP_FORM_NFD, false, "q\u0301\u0323\u0327x", "q\u0327\u0323\u0301x");
    expect_text(QP_FORM_NFD, false, "q\u0301\u0300", "q\u0301\u0300");
    expect_text(QP_FORM_NFD, false, "q\u0301\u0323\u0300\u0316", "q\u0323\u0316\u0301\u0300");
    expect_text(QP_FORM_NFC, false, "a\u0323\u0302\u0327", "\u1EAD\u0327");
    expect_text(QP_FORM_NONE, false, "q\u0307\u0323", "q\u0307\u0323");
}

Test(normalize, bad_bytes_and_nul_pass)
{
    expect(QP_FORM_NFC, false, "e\0\xFF\xCC\x81\xC3", 6, "e\0\xFF\xCC\x81\xC3", 6);
    expect(QP_FORM_NFC, false,
           "\xFF"
           "e\xCC\x81\x80",
           5, "\xFF\xC3\xA9\x80", 4);
    expect(QP_FORM_NFC, false, "", 0, "", 0);
}

/* What follows the text in memory is not read: neither a letter to be lowered nor a mark that would combine. */
Test(normalize, ends_where_the_text_ends)
{
    expect(QP_FORM_NFC, true, "abcA", 3, "abc", 3);
    expect(QP_FORM_NFC, true, "abCA", 3, "abc", 3);
    expect(QP_FORM_NONE, true, "abcA", 3, "abc", 3);
    expect(QP_FORM_NFC, false, "abe\xCC\x81", 3, "abe", 3);
    expect(QP_FORM_NFC, true, "abE\xCC\x81", 3, "abe", 3);
    expect(QP_FORM_NFC, true, "A", 0, "", 0);
}

/* Linear also for long runs of marks; quadratic code would not come back. */
Test(normalize, a_million_marks)
{
    enum { MARKS = 1000000 };
    char *text = malloc(2 * MARKS), *wanted = malloc(2 * MARKS);
    for (size_t i = 0; i < MARKS; i++) {
        memcpy(text + 2 * i, i % 2 ? "\xCC\x81" : "\xCC\xA3", 2); /* U+0301 class 230, U+0323 class 220 */
        memcpy(wanted + 2 * i, i >= MARKS / 2 ? "\xCC\x81" : "\xCC\xA3", 2);
    }
    expect(QP_FORM_NFC, false, text, 2 * MARKS, wanted, 2 * MARKS);
    free(text);
    free(wanted);
}

/* ---- NormalizationTest.txt ---- */

static size_t read_codes(const char **at, char *out)
{
    size_t made = 0;
    while (**at != ';') {
        char *end;
        long code = strtol(*at, &end, 16);
        made += qp_utf8_write((int32_t)code, out + made);
        *at = end;
        while (**at == ' ') (*at)++;
    }
    (*at)++;
    return made;
}

static void check_line(const char *line)
{
    char column[5][256];
    size_t bytes[5];
    for (int i = 0; i < 5; i++) bytes[i] = read_codes(&line, column[i]);
    for (int i = 0; i < 5; i++) {
        const int nfc = i < 3 ? 1 : 3, nfd = i < 3 ? 2 : 4;
        expect(QP_FORM_NFC, false, column[i], bytes[i], column[nfc], bytes[nfc]);
        expect(QP_FORM_NFD, false, column[i], bytes[i], column[nfd], bytes[nfd]);
        expect(QP_FORM_NFKC, false, column[i], bytes[i], column[3], bytes[3]);
        expect(QP_FORM_NFKD, false, column[i], bytes[i], column[4], bytes[4]);
    }
}

Test(normalize, unicode_normalization_test)
{
    qp_reader *reader = NULL;
    if (qp_reader_open("../shared/data/torture/NormalizationTest-15.0.0.txt.gz", &reader) != QP_OK) {
        cr_skip_test("no NormalizationTest");
    }
    char *line;
    size_t bytes;
    int checked = 0;
    while (qp_reader_next(reader, &line, &bytes) == QP_OK && line) {
        if (!isxdigit((unsigned char)line[0])) continue;
        check_line(line);
        checked++;
    }
    qp_reader_close(reader);
    cr_assert(checked > 10000);
}

Test(normalize, characters_are_counted_in_nfc)
{
    cr_expect_eq(qp_nfc_characters("", 0), 0);
    cr_expect_eq(qp_nfc_characters("Zo\xC3\xA9!", 5), 4);
    cr_expect_eq(qp_nfc_characters("Zoe\xCC\x81!", 6), 4);
    cr_expect_eq(qp_nfc_characters("\xE1\x84\x80\xE1\x85\xA1", 6), 1); /* the letters of a Hangul syllable */
}
