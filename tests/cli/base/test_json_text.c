#define _GNU_SOURCE
#include "cli/base/json_text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

Test(json_text, an_object_is_a_line)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    qp_text_buffer json = {0};
    qp_json_open(&json, '{');
    qp_json_put_text(&json, "text", "two\nlines");
    qp_json_put_integer(&json, "count", 3);
    qp_json_close(&json, '}');
    cr_assert_eq(qp_json_line(stream, &json), QP_OK);
    fclose(stream);
    cr_assert_str_eq(text, "{\"text\":\"two\\nlines\",\"count\":3}\n");
    free(text);
}

Test(json_text, lost_additions_are_reported)
{
    qp_text_buffer json = {.failed = true};
    cr_assert_eq(qp_json_line(stdout, &json), QP_EMEMORY);
}

Test(json_text, a_text_stays_one_line)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    qp_line_put(stream, "a\nb\rc\0d", 7);
    fclose(stream);
    cr_assert_eq(bytes, 7);
    cr_assert_arr_eq(text, "a b c\0d", 7);
    free(text);
}
