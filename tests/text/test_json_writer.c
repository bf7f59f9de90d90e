#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/json_writer.h"

static void expect(qp_text_buffer *buffer, const char *expected)
{
    char *text;
    cr_assert_eq(qp_text_finish(buffer, &text, NULL), QP_OK);
    cr_assert_str_eq(text, expected);
    free(text);
}

Test(json_writer, commas_between_values)
{
    qp_text_buffer b = {0};
    qp_json_open(&b, '{');
    qp_json_key(&b, "a");
    qp_json_open(&b, '[');
    qp_json_integer(&b, -1);
    qp_json_bool(&b, true);
    qp_json_null(&b);
    qp_json_string(&b, "x", 1);
    qp_json_open(&b, '[');
    qp_json_close(&b, ']');
    qp_json_open(&b, '{');
    qp_json_close(&b, '}');
    qp_json_real(&b, 0.5, 8);
    qp_json_close(&b, ']');
    qp_json_key(&b, "b");
    qp_json_open(&b, '{');
    qp_json_close(&b, '}');
    qp_json_close(&b, '}');
    expect(&b, "{\"a\":[-1,true,null,\"x\",[],{},0.5],\"b\":{}}");
    qp_text_add(&b, "[1,\n ");
    qp_json_integer(&b, 2);
    expect(&b, "[1,\n 2");
}

Test(json_writer, strings)
{
    static const char bad[] = "a\xFF\x80z";
    qp_text_buffer b = {0};
    cr_assert(qp_json_string(&b, "\0\"\\\b\f\n\r\t\x1b\x7f한/", 14));
    expect(&b, "\"\\u0000\\\"\\\\\\b\\f\\n\\r\\t\\u001b\\u007f한/\"");
    cr_assert_not(qp_json_string(&b, bad, 4));
    cr_assert_eq(b.bytes, 0);
    qp_json_repaired(&b, bad, 4);
    expect(&b, "\"a\uFFFD\uFFFDz\"");
    qp_json_repaired(&b, "\xE1", 1);
    expect(&b, "\"\uFFFD\"");
    qp_json_in_html(&b, "</script>\"\\\n'한&\xFF");
    expect(&b, "\"\\u003c/script\\u003e\\\"\\\\\\n\\u0027한\\u0026\uFFFD\"");
}

Test(json_writer, numbers)
{
    qp_text_buffer b = {0};
    qp_json_open(&b, '[');
    qp_json_real(&b, 1, 8);
    qp_json_real(&b, 1.0 / 3, 8);
    qp_json_real(&b, 1e300, 17);
    qp_json_real(&b, NAN, 8);
    qp_json_real(&b, -INFINITY, 8);
    qp_json_number(&b, 0.1);
    qp_json_number(&b, 1.0 / 3);
    qp_json_number(&b, -0.0);
    qp_json_integer(&b, INT64_MIN);
    expect(&b, "[1.0,0.33333333,1.0000000000000001e+300,null,null,0.1,0.3333333333333333,-0.0,-9223372036854775808");
}

/* A decimal comma of the caller's locale must not get into JSON. */
Test(json_writer, numbers_have_a_point)
{
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8"};
    for (int i = 0; i < 4; i++) setlocale(LC_ALL, locales[i]);
    qp_text_buffer b = {0};
    qp_json_number(&b, 0.5);
    expect(&b, "0.5");
}

Test(json_writer, failure_is_kept)
{
    qp_text_buffer b = {0}, other = {.failed = true};
    char *text;
    qp_text_add(&b, "[1");
    qp_text_join(&b, &other);
    qp_json_integer(&b, 2);
    cr_assert_eq(qp_text_finish(&b, &text, NULL), QP_EMEMORY);
    cr_assert_null(text);
    cr_assert_null(b.text);
}
