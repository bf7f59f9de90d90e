#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/json_reader.h"

static long allowed; /* allocations that still succeed */

static void *failing_malloc(size_t bytes) { return allowed-- > 0 ? malloc(bytes) : NULL; }

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

/* Whichever allocation fails, the status is QP_EMEMORY and nothing leaks; with enough memory the text is read. */
Test(json_reader, every_failed_allocation_is_memory)
{
    static const char text[] = "{\"name\": [\"a long enough text to be stored apart\", 1.5, 2, {\"b\": null}], "
                               "\"x\": []}";
    json_malloc_t before_malloc;
    json_free_t before_free;
    json_get_alloc_funcs(&before_malloc, &before_free);
    json_set_alloc_funcs(failing_malloc, free);
    json_t *root;
    int failures = 0;
    for (long n = 0;; n++) {
        allowed = n;
        qp_status status = qp_json_read("x.json", text, strlen(text), 0, &root);
        if (status == QP_OK) break;
        cr_assert_eq(status, QP_EMEMORY, "allocation %ld: %s", n, qp_error_message());
        cr_assert_null(root);
        failures++;
    }
    cr_assert_gt(failures, 10);
    cr_assert_str_eq(json_string_value(json_array_get(json_object_get(root, "name"), 0)),
                     "a long enough text to be stored apart");
    json_decref(root);
    json_set_alloc_funcs(before_malloc, before_free);
}
