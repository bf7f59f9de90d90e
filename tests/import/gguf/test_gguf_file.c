#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/gguf/gguf_file.h"
#include "tests/import/gguf/gguf_bytes.h"
#include "tests/import/import_folder.h"

static const float six[] = {1, 2, 3, 4, 5, 6};

static void set_up(void)
{
    folder_begin();
    gguf_begin(0);
}

TestSuite(gguf_file, .init = set_up, .fini = folder_end);

static const char *path(void) { return folder_path("m.gguf"); }

static qp_gguf *opened(void)
{
    qp_gguf *file;
    gguf_save(path(), NULL);
    cr_assert_eq(qp_gguf_open(path(), &file), QP_OK, "%s", qp_error_message());
    return file;
}

static void refused(const char *words)
{
    qp_gguf *file;
    gguf_save(path(), NULL);
    cr_expect_eq(qp_gguf_open(path(), &file), QP_EDATA, "%s", words);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
    cr_expect_null(file);
    gguf_begin(0);
}

Test(gguf_file, keys_have_their_values)
{
    gguf_text("a.text", "four");
    gguf_number("a.number", 4000000000u);
    gguf_real("a.real", 1e-6F);
    gguf_flag("a.flag", 1);
    gguf_raw("a.small", "\1\0\0\0\377", 5);                         /* i8 */
    gguf_raw("a.long", "\13\0\0\0\376\377\377\377\377\377\377\377", 12); /* i64 */
    gguf_raw("a.endless", "\6\0\0\0\0\0\200\177", 8);               /* a float, infinity */
    gguf_texts("a.list", 2, (const char *const[]){"x", "long"});
    gguf_numbers("a.numbers", 2, (const int32_t[]){7, -7});
    qp_gguf *file = opened();
    json_t *values = qp_gguf_values(file);
    qp_gguf_list list;
    cr_expect_str_eq(json_string_value(json_object_get(values, "a.text")), "four");
    cr_expect_eq(json_integer_value(json_object_get(values, "a.number")), 4000000000);
    cr_expect_eq(json_real_value(json_object_get(values, "a.real")), 1e-6, "the shortest decimal number");
    cr_expect(json_is_true(json_object_get(values, "a.flag")));
    cr_expect_eq(json_integer_value(json_object_get(values, "a.small")), -1);
    cr_expect_eq(json_integer_value(json_object_get(values, "a.long")), -2);
    cr_expect(json_is_null(json_object_get(values, "a.endless")));
    cr_expect(json_is_null(json_object_get(values, "a.list")));
    cr_assert(qp_gguf_find_list(file, "a.list", QP_GGUF_TEXT, &list));
    cr_expect_eq(list.count, 2);
    cr_expect_eq(qp_gguf_next_text(&list).bytes, 1);
    cr_expect_eq(memcmp(qp_gguf_next_text(&list).text, "long", 4), 0);
    cr_expect_not(qp_gguf_find_list(file, "a.list", QP_GGUF_I32, &list));
    cr_assert(qp_gguf_find_list(file, "a.numbers", QP_GGUF_I32, &list));
    cr_expect_eq(qp_gguf_next_u32(&list), 7);
    cr_expect_eq((int32_t)qp_gguf_next_u32(&list), -7);
    qp_gguf_close(file);
}

Test(gguf_file, arrays_are_read_where_they_are)
{
    gguf_begin(64);
    gguf_floats("matrix", 2, 3, six);
    gguf_floats("vector", 6, 0, six);
    qp_gguf *file = opened();
    const qp_weight_source source = qp_gguf_arrays(file);
    cr_assert_eq(source.count, 2);
    qp_weight_array a = source.at(source.self, 0);
    cr_expect_str_eq(a.name, "matrix");
    cr_expect_eq(a.dimensions, 2);
    cr_expect_eq(a.shape[0], 2);
    cr_expect_eq(a.shape[1], 3);
    qp_real value[6];
    cr_assert_eq(source.read(source.self, 1, value), QP_OK);
    cr_expect_eq((double)value[5], 6);
    qp_gguf_close(file);
}

/* Arrays of any length, also of one number more than are read at once. */
Test(gguf_file, every_number_is_read)
{
    static const int length[] = {1, 2, 16383, 16384, 16385, 32769};
    static float number[32769];
    static qp_real value[32770];
    for (int i = 0; i < 32769; i++) number[i] = (float)(i % 1000) - 500;
    for (size_t k = 0; k < sizeof length / sizeof *length; k++) {
        gguf_begin(0);
        gguf_floats("vector", length[k], 0, number);
        qp_gguf *file = opened();
        const qp_weight_source source = qp_gguf_arrays(file);
        for (int i = 0; i < 32770; i++) value[i] = 7777;
        cr_assert_eq(source.read(source.self, 0, value), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < length[k]; i++) cr_assert_eq((double)value[i], (double)number[i], "%d of %d", i, length[k]);
        cr_expect_eq((double)value[length[k]], 7777);
        qp_gguf_close(file);
    }
}

Test(gguf_file, wrong_headers_are_refused)
{
    gguf_version = 1;
    refused("version 1 of GGUF");
    gguf_version = 3u << 24;
    refused("big-endian");
    gguf_number("general.alignment", 12);
    refused("general.alignment");
    gguf_text("twice", "1");
    gguf_text("twice", "2");
    refused("twice: the key is there twice");
    gguf_raw("odd", "\15\0\0\0", 4);
    refused("odd: a value of an unknown type");
    gguf_raw("long", "\10\0\0\0\377\377\377\377\377\377\377\177", 12);
    refused("ends before its header");
    gguf_raw("many", "\11\0\0\0\12\0\0\0\377\377\377\377\377\377\377\177", 16);
    refused("many: a list that is larger");
    gguf_raw("names", "\11\0\0\0\10\0\0\0\377\377\377\377\377\377\377\177", 16);
    refused("ends before its header");
    gguf_text("bad\nname", "");
    refused("control characters");
    gguf_text("", "");
    refused("a name of no");
    char deep[4 + 12 * 6];
    memset(deep, 0, sizeof deep);
    for (int i = 0; i < 6; i++) memcpy(deep + 4 + 12 * i, "\11\0\0\0\1", 5);
    deep[0] = 9;
    gguf_raw("deep", deep, sizeof deep);
    refused("deep: lists in lists");
}

Test(gguf_file, wrong_arrays_are_refused)
{
    const int64_t square[] = {2, 3, 1, 1, 1}, huge[] = {INT64_MAX, INT64_MAX}, none[] = {0, 4};
    gguf_array("five", 0, 5, square, six, 24);
    refused("five: not of 1 to 4");
    gguf_array("none", 0, 2, none, six, 0);
    refused("none: no rows");
    gguf_array("huge", 0, 2, huge, six, 24);
    refused("huge: larger than any file");
    gguf_array("odd", 4, 1, square, six, 24);
    refused("odd: of an unknown type");
    gguf_array("k2", 10, 1, square, six, 24);
    refused("k2 is of type Q2_K");
    gguf_array("part", 8, 2, square, six, 24);
    refused("part: rows that are not whole blocks");
    gguf_offset = 8;
    gguf_floats("crooked", 2, 3, six);
    refused("crooked: its offset is not aligned");
    gguf_offset = 64;
    gguf_floats("after", 2, 3, six);
    refused("after: ends after the end");
    gguf_offset = UINT64_MAX - 31;
    gguf_floats("far", 2, 3, six);
    refused("far: ends after the end");
    gguf_floats("a", 2, 3, six);
    gguf_offset = 0;
    gguf_floats("b", 2, 3, six);
    refused("overlaps another array");
    gguf_floats("a", 2, 3, six);
    gguf_floats("a", 2, 3, six);
    refused("a: the name is there twice");
}

Test(gguf_file, a_file_that_is_cut_anywhere_is_refused)
{
    char *content;
    size_t bytes, whole;
    gguf_text("a.text", "four");
    gguf_texts("a.list", 2, (const char *const[]){"x", "long"});
    gguf_floats("matrix", 2, 3, six);
    gguf_save(path(), &whole);
    cr_assert_eq(qp_file_read(path(), 1 << 20, &content, &bytes), QP_OK);
    cr_assert_eq(bytes, whole);
    for (size_t length = 0; length < bytes; length++) {
        qp_gguf *file;
        FILE *out = fopen(path(), "wb");
        cr_assert(out && fwrite(content, 1, length, out) == length && fclose(out) == 0);
        cr_expect_eq(qp_gguf_open(path(), &file), QP_EDATA, "%zu bytes", length);
    }
    free(content);
    qp_gguf *file;
    cr_expect_eq(qp_gguf_open(folder_path("nowhere"), &file), QP_ENOINPUT);
    cr_expect_eq(qp_gguf_open(folder_path(NULL), &file), QP_ENOINPUT);
}
