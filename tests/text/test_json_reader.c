#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/json_reader.h"

Test(json_reader, reads)
{
    json_t *root;
    cr_assert_eq(qp_json_read("x.json", "{\"a\": [1]}", 10, 0, &root), QP_OK);
    cr_assert_eq(json_integer_value(json_array_get(json_object_get(root, "a"), 0)), 1);
    json_decref(root);
}

Test(json_reader, names_file_and_line)
{
    static const char text[] = "{\"a\":\n [1,,2]}", twice[] = "{\"a\": 1, \"a\": 2}";
    json_t *root;
    cr_assert_eq(qp_json_read("x.json", text, strlen(text), 0, &root), QP_EDATA);
    cr_assert_null(root);
    cr_assert(strncmp(qp_error_message(), "x.json:2: not JSON: ", 20) == 0, "%s", qp_error_message());
    cr_assert_eq(qp_json_read("x.json", "", 0, 0, &root), QP_EDATA);
    cr_assert_eq(qp_json_read("x.json", twice, strlen(twice), JSON_REJECT_DUPLICATES, &root), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "duplicate"), "%s", qp_error_message());
}

/* Texts of many small values, where jansson takes most memory for each byte: the block that is taken before reading is
 * large enough for all of them. */
Test(json_reader, the_block_is_large_enough)
{
    static const char *const piece[] = {"[]",
                                        "{}",
                                        "1",
                                        "\"\"",
                                        "\"ab\"",
                                        "1.5",
                                        "null",
                                        "{\"\":1}",
                                        "[[]]",
                                        "[1]",
                                        "{\"a\":{},\"b\":[]}",
                                        "\"a text that is longer than the shortest buffer\""};
    static char text[300000];
    for (size_t k = 0; k < sizeof piece / sizeof *piece; k++)
        for (int count = 1; count < 5000; count = 3 * count + 1) {
            char *at = text;
            *at++ = '[';
            for (int i = 0; i < count; i++) at += sprintf(at, "%s%s", i ? "," : "", piece[k]);
            at += sprintf(at, "]");
            json_t *root;
            cr_assert_eq(qp_json_read("x", text, (size_t)(at - text), 0, &root), QP_OK, "%s", qp_error_message());
            cr_expect_eq(json_array_size(root), (size_t)count);
            json_decref(root);
            at = text;
            *at++ = '{';
            for (int i = 0; i < count; i++) at += sprintf(at, "%s\"%d\":%s", i ? "," : "", i, piece[k]);
            at += sprintf(at, "}");
            cr_assert_eq(qp_json_read("x", text, (size_t)(at - text), 0, &root), QP_OK, "%s", qp_error_message());
            cr_expect_eq(json_object_size(root), (size_t)count);
            json_decref(root);
        }
}

/* Values of jansson's own and values that were read live and die side by side. */
Test(json_reader, values_may_be_mixed)
{
    json_t *own = json_pack("{s:i}", "a", 1), *read, *again;
    cr_assert_eq(qp_json_read("x", "{\"b\": [1, 2]}", 13, 0, &read), QP_OK);
    cr_assert_eq(json_object_set_new(read, "own", own), 0);
    json_t *list = json_incref(json_object_get(read, "b"));
    json_decref(read);
    cr_assert_eq(qp_json_read("x", "[3]", 3, 0, &again), QP_OK);
    cr_assert_eq(json_array_append(list, again), 0);
    json_decref(again);
    char *text = json_dumps(list, JSON_COMPACT);
    cr_assert_str_eq(text, "[1,2,[3]]");
    free(text);
    json_decref(list);
}
