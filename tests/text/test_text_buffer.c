#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/base64.h"
#include "lib/text/json_writer.h"

static void expect(qp_text_buffer *buffer, const char *expected)
{
    char *text;
    size_t bytes;
    cr_assert_eq(qp_text_finish(buffer, &text, &bytes), QP_OK);
    cr_assert_str_eq(text, expected);
    cr_assert_eq(bytes, strlen(expected));
    free(text);
}

Test(text_buffer, grows)
{
    qp_text_buffer buffer = {0};
    expect(&buffer, "");
    for (int i = 0; i < 1000; i++) qp_text_format(&buffer, "%d,", i % 10);
    cr_assert_eq(buffer.bytes, 2000);
    qp_text_free(&buffer);
    qp_text_repeat(&buffer, "ab", 3);
    qp_text_put(&buffer, "cd", 1);
    expect(&buffer, "abababc");
}

/* A formatted piece may be longer than the 512 bytes of the stack that the short ones pass through. */
Test(text_buffer, formats_pieces_of_any_length)
{
    static const int length[] = {510, 511, 512, 513, 3000};
    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        char expected[3100] = "before ";
        qp_text_buffer buffer = {0};
        qp_text_add(&buffer, "before ");
        qp_text_format(&buffer, "%*d", length[i], 7);
        qp_text_add(&buffer, " after");
        sprintf(expected + strlen(expected), "%*d after", length[i], 7);
        expect(&buffer, expected);
    }
}

Test(text_buffer, escapes)
{
    qp_text_buffer buffer = {0};
    qp_text_add_html(&buffer, "<a href='x'>\"&한");
    expect(&buffer, "&lt;a href=&#39;x&#39;&gt;&quot;&amp;한");
    qp_json_in_html(&buffer, "</script>\"\\\n'한");
    expect(&buffer, "\"\\u003c/script\\u003e\\\"\\\\\\n\\u0027한\"");
}

Test(text_buffer, base64_of_rfc_4648)
{
    static const char *const expected[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t n = 0; n <= 6; n++) {
        qp_text_buffer buffer = {0};
        qp_base64_write(&buffer, "foobar", n);
        expect(&buffer, expected[n]);
    }
}
