#include "tokenizer/models/vocabulary.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static int32_t add(qp_vocabulary *v, qp_piece_kind kind, const char *text)
{
    int32_t id = -7;
    cr_assert_eq(qp_vocabulary_add(v, kind, text, strlen(text), &id), QP_OK, "%s", qp_error_message());
    return id;
}

/* The text of each piece, its printable form, and who finds it. */
Test(vocabulary, kinds_of_pieces)
{
    static const struct {
        qp_piece_kind kind;
        const char *text, *shown;
        bool found, continues;
    } row[] = {{QP_PIECE_SPECIAL, "</s>", "</s>", false, false}, {QP_PIECE_NORMAL, "a", "a", true, true},
               {QP_PIECE_NORMAL, " a b", "▁a▁b", true, false},   {QP_PIECE_NORMAL, "한", "한", true, false},
               {QP_PIECE_BYTE, "\xED", "<0xED>", false, false},  {QP_PIECE_BYTE, "b", "<0x62>", false, false},
               {QP_PIECE_CONTINUING, "a", "##a", true, true},    {QP_PIECE_CONTINUING, "b c", "##b▁c", false, true},
               {QP_PIECE_NORMAL, "\xFF", "\xFF", true, false},   {QP_PIECE_SPECIAL, "</s>", "</s>", false, false}};
    enum { ROWS = sizeof row / sizeof *row };
    qp_vocabulary v;
    qp_vocabulary_init(&v);
    cr_expect_eq(qp_vocabulary_find(&v, "a", 1), -1, "nothing is in it");
    for (int i = 0; i < ROWS; i++) cr_expect_eq(add(&v, row[i].kind, row[i].text), i);
    cr_assert_eq(v.count, ROWS);
    for (int i = 0; i < ROWS; i++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(&v, i, &bytes);
        cr_expect(bytes == strlen(row[i].text) && memcmp(text, row[i].text, bytes) == 0, "piece %d", i);
        cr_expect_str_eq(qp_vocabulary_shown(&v, i), row[i].shown);
        int32_t normal = qp_vocabulary_find(&v, text, bytes);
        int32_t continuing = qp_vocabulary_find_kind(&v, QP_PIECE_CONTINUING, text, bytes);
        cr_expect_eq(normal >= 0, row[i].found, "%s", row[i].shown);
        cr_expect_eq(continuing >= 0, row[i].continues, "%s", row[i].shown);
        if (row[i].kind == QP_PIECE_NORMAL) cr_expect_eq(normal, i);
        if (row[i].kind == QP_PIECE_CONTINUING) cr_expect_eq(continuing, i);
    }
    for (int byte = 0; byte < 256; byte++) cr_expect_eq(v.byte_id[byte], byte == 0xED ? 4 : byte == 'b' ? 5 : -1);
    static const int32_t code[] = {'a', 0xD55C, 'b', ' ', 0xFF, 0xD55D, 0x10FFFF}, id[] = {1, 3, -1, -1, -1, -1, -1};
    for (int i = 0; i < 7; i++) cr_expect_eq(qp_vocabulary_find_code(&v, code[i]), id[i], "U+%04X", (unsigned)code[i]);
    qp_vocabulary_free(&v);
    cr_expect(v.count == 0 && !v.text && v.byte_id[0xED] == -1 && qp_vocabulary_find(&v, "a", 1) == -1);
}

Test(vocabulary, bytes_as_letters)
{
    qp_vocabulary v;
    qp_vocabulary_init(&v);
    v.byte_letters = true;
    cr_expect_str_eq(qp_vocabulary_shown(&v, add(&v, QP_PIECE_NORMAL, " a\xC3\n")), "ĠaÃĊ");
    cr_expect_str_eq(qp_vocabulary_shown(&v, add(&v, QP_PIECE_SPECIAL, "<|end of|>")), "<|end▁of|>");
    cr_expect_str_eq(qp_vocabulary_shown(&v, add(&v, QP_PIECE_CONTINUING, " b")), "##Ġb");
    qp_vocabulary_free(&v);
}

Test(vocabulary, what_is_refused)
{
    static const struct {
        qp_piece_kind kind;
        const char *text, *why; /* NULL: not refused */
    } row[] = {
        {QP_PIECE_NORMAL, "", "piece 5 is empty"},
        {QP_PIECE_SPECIAL, "", "piece 5 is empty"},
        {QP_PIECE_NORMAL, "ab", "piece 5 \"ab\" occurs twice"},
        {QP_PIECE_CONTINUING, "ab", "piece 5 \"ab\" occurs twice"},
        {QP_PIECE_BYTE, "x", "byte piece 5 occurs twice"},
        {QP_PIECE_BYTE, "yz", "byte piece 5 occurs twice"},
        {QP_PIECE_SPECIAL, "<s>", NULL},
        {QP_PIECE_NORMAL, "<s>", NULL},
        {QP_PIECE_NORMAL, "0123456789012345678901234567890123456789X", "\"0123456789012345678901234567890123456789\""},
        {QP_PIECE_BYTE, "y", NULL}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_vocabulary v;
        qp_vocabulary_init(&v);
        add(&v, QP_PIECE_NORMAL, "ab");
        add(&v, QP_PIECE_CONTINUING, "ab");
        add(&v, QP_PIECE_BYTE, "x");
        add(&v, QP_PIECE_SPECIAL, "<s>");
        add(&v, QP_PIECE_NORMAL, "0123456789012345678901234567890123456789X");
        qp_status status = qp_vocabulary_add(&v, row[i].kind, row[i].text, strlen(row[i].text), NULL);
        cr_expect_eq(status, row[i].why ? QP_EDATA : QP_OK, "row %zu", i);
        cr_expect_eq(v.count, row[i].why ? 5 : 6);
        if (row[i].why) cr_expect(strstr(qp_error_message(), row[i].why), "%s", qp_error_message());
        qp_vocabulary_free(&v);
    }
}

/* The way back from printable forms. */
Test(vocabulary, texts_of_printable_forms)
{
    static const struct {
        bool letters;
        const char *shown, *text; /* NULL: no form */
    } row[] = {{false, "▁a▁", " a "}, {false, "a b", NULL}, {false, "\xE2\x96", "\xE2\x96"},
               {false, "x▂y", "x▂y"}, {false, "", ""},      {true, "ĠaÃĊ", " a\xC3\n"},
               {true, "a b", NULL},   {true, "▁", NULL},    {true, "", ""}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char out[20] = "";
        size_t bytes = 0;
        bool is = qp_text_of_shown(row[i].letters, row[i].shown, strlen(row[i].shown), out, &bytes);
        cr_assert_eq(is, row[i].text != NULL, "%s", row[i].shown);
        if (is) cr_expect(bytes == strlen(row[i].text) && memcmp(out, row[i].text, bytes) == 0, "%s", row[i].shown);
    }
}

/* Many pieces, each found by its text. */
Test(vocabulary, thousands)
{
    char text[24];
    qp_vocabulary v;
    qp_vocabulary_init(&v);
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "%*d", 1 + i % 7, i);
        cr_assert_eq(add(&v, QP_PIECE_NORMAL, text), i);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "%*d", 1 + i % 7, i);
        cr_assert_eq(qp_vocabulary_find(&v, text, strlen(text)), i);
    }
    cr_expect_eq(qp_vocabulary_find(&v, "5000", 4), -1);
    qp_vocabulary_free(&v);
}
