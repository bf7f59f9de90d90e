#include "lib/text/changes.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/text/utf8.h"

/* "aé\xFFb한": text whose bytes are one to one with those from 100 on. */
static const char original[] = "a\u00E9\xFF"
                               "b\uD55C";

static void begin(qp_mapped_text *from)
{
    *from = (qp_mapped_text){.mapped = true};
    cr_assert_eq(qp_mapped_text_add(from, original, strlen(original), 100, 100 + strlen(original), true), QP_OK);
}

static void expect(const qp_mapped_text *out, const char *text, const unsigned (*span)[2])
{
    cr_assert_eq(out->bytes, strlen(text), "%.*s", (int)out->bytes, out->text);
    cr_expect_arr_eq(out->text, text, out->bytes, "%.*s", (int)out->bytes, out->text);
    for (size_t i = 0; i < out->bytes; i++)
        cr_expect(out->begin[i] == span[i][0] && out->end[i] == span[i][1], "byte %zu: %u to %u", i, out->begin[i],
                  out->end[i]);
}

Test(changes, codes)
{
    size_t length;
    cr_expect(qp_changes_code("\u00E9x", 3, &length) == 0xE9 && length == 2);
    cr_expect(qp_changes_code("\xFFx", 2, &length) == -1 - 0xFF && length == 1);
    cr_expect(qp_changes_code("\x80", 1, &length) == -1 - 0x80 && length == 1);
}

/* One for one, none for one more, one for several; a byte that is not UTF-8 is kept. */
Test(changes, spans_follow_the_characters)
{
    qp_mapped_text from, out = {.mapped = true};
    qp_changes changes = {0};
    begin(&from);
    cr_assert_eq(qp_changes_add(&changes, 'x', 0), QP_OK);       /* for a */
    cr_assert_eq(qp_changes_add(&changes, 'e', 0), QP_OK);       /* for é ... */
    cr_assert_eq(qp_changes_add(&changes, '\'', 1), QP_OK);      /* ... one more */
    cr_assert_eq(qp_changes_add(&changes, -1 - 0xFF, 0), QP_OK); /* kept */
    cr_assert_eq(qp_changes_add(&changes, 0x3042, -1), QP_OK);   /* for b and 한 */
    cr_assert_eq(qp_changes_apply(&changes, &from, 0, from.bytes, 0, &out), QP_OK);
    static const unsigned span[][2] = {{100, 101}, {101, 102}, {102, 103}, {103, 104},
                                       {104, 105}, {104, 105}, {104, 105}};
    expect(&out, "xe'\xFF\u3042", span);
    qp_changes_free(&changes);
    qp_mapped_text_free(&from);
    qp_mapped_text_free(&out);
}

/* The first bytes may be dropped; what is put before everything has no span, and so has what is put after it. */
Test(changes, beginnings_and_ends)
{
    qp_mapped_text from, out = {.mapped = true};
    qp_changes changes = {0};
    begin(&from);
    cr_assert_eq(qp_changes_add(&changes, '_', 1), QP_OK);
    cr_assert_eq(qp_changes_add(&changes, 'A', 0), QP_OK);
    cr_assert_eq(qp_changes_apply(&changes, &from, 0, 1, 0, &out), QP_OK);
    static const unsigned first[][2] = {{0, 0}, {100, 101}};
    expect(&out, "_A", first);
    out.bytes = 0;
    qp_changes_free(&changes);
    cr_assert_eq(qp_changes_add(&changes, 'B', 0), QP_OK);
    cr_assert_eq(qp_changes_add(&changes, 'C', 0), QP_OK);
    cr_assert_eq(qp_changes_apply(&changes, &from, 1, 5, 3, &out), QP_OK); /* é and the byte are dropped */
    static const unsigned last[][2] = {{104, 105}, {0, 0}};
    expect(&out, "BC", last);
    qp_changes_free(&changes);
    qp_mapped_text_free(&from);
    qp_mapped_text_free(&out);
}

Test(changes, copies_have_their_spans)
{
    qp_mapped_text from, out = {.mapped = true};
    begin(&from);
    cr_assert_eq(qp_changes_copy(&from, 3, 3, &out), QP_OK);
    cr_expect_eq(out.bytes, 0);
    cr_assert_eq(qp_changes_copy(&from, 4, 5, &out), QP_OK);
    cr_assert_eq(qp_changes_copy(&from, 0, 3, &out), QP_OK);
    static const unsigned span[][2] = {{104, 105}, {100, 101}, {101, 102}, {102, 103}};
    expect(&out, "ba\u00E9", span);
    qp_mapped_text_free(&from);
    qp_mapped_text_free(&out);
}
