#include "lib/import/ctranslate2/ct2_file.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/text/text_buffer.h"
#include "tests/import/import_folder.h"

/* Small files of variables, written here byte by byte. */

TestSuite(ct2_file, .init = folder_begin, .fini = folder_end);

static qp_text_buffer out;

static void number(uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) qp_text_put(&out, &(char){(char)(value >> 8 * i)}, 1);
}

static void text(const char *value)
{
    number(strlen(value) + 1, 2);
    qp_text_put(&out, value, strlen(value) + 1);
}

static void begin(uint32_t version, uint32_t variables)
{
    number(version, 4);
    text("TransformerSpec");
    number(7, 4);
    number(variables, 4);
}

/* A variable of up to two dimensions (0: none), whose bytes follow. */
static void variable(const char *name, uint32_t rows, uint32_t columns, int type, uint32_t bytes)
{
    text(name);
    number((uint64_t)(rows > 0) + (columns > 0), 1);
    if (rows) number(rows, 4);
    if (columns) number(columns, 4);
    number((uint64_t)type, 1);
    number(bytes, 4);
}

static void real(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    number(bits, 4);
}

static qp_status open_file(qp_ct2_file **file)
{
    folder_bytes("model.bin", out.text, out.bytes);
    qp_text_free(&out);
    return qp_ct2_open(folder_path("model.bin"), file);
}

static void refused(const char *words)
{
    qp_ct2_file *file;
    cr_expect_eq(open_file(&file), QP_EDATA, "%s", words);
    cr_expect_null(file);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
}

/* The array of this name has these values. */
static void values(const qp_ct2_file *file, const char *name, int count, const double *wanted)
{
    qp_weight_source source = qp_ct2_arrays(file);
    qp_real value[8];
    for (int i = 0; i < source.count; i++) {
        qp_weight_array a = source.at(source.self, i);
        if (strcmp(a.name, name) != 0) continue;
        cr_assert_eq((int)a.count, count, "%s", name);
        cr_assert_eq(source.read(source.self, i, value), QP_OK, "%s", qp_error_message());
        for (int k = 0; k < count; k++) cr_expect_float_eq((double)value[k], wanted[k], 1e-6, "%s: %d", name, k);
        return;
    }
    cr_assert_fail("%s", name);
}

Test(ct2_file, every_type_scales_and_aliases)
{
    qp_ct2_file *file;
    double value;
    begin(6, 8);
    variable("float32", 2, 0, QP_CT2_FLOAT32, 8), real(1.5f), real(-2);
    variable("float16", 2, 0, QP_CT2_FLOAT16, 4), number(0x3C00, 2), number(0xC100, 2);
    variable("bfloat16", 2, 0, QP_CT2_BFLOAT16, 4), number(0x3F80, 2), number(0xC020, 2);
    variable("int8", 2, 2, QP_CT2_INT8, 4), number(0x7F, 1), number(0x80, 1), number(10, 1), number(0xFF, 1);
    variable("int8_scale", 2, 0, QP_CT2_FLOAT32, 8), real(2), real(0.5f);
    variable("int16", 1, 2, QP_CT2_INT16, 4), number(1000, 2), number(0xFFFF, 2);
    variable("int16_scale", 0, 0, QP_CT2_FLOAT32, 4), real(10);
    variable("number", 0, 0, QP_CT2_INT32, 4), number(0xFFFFFFFB, 4);
    number(1, 4);
    text("other"), text("int8");
    cr_assert_eq(open_file(&file), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(qp_ct2_spec(file), "TransformerSpec");
    values(file, "float32", 2, (const double[]){1.5, -2});
    values(file, "float16", 2, (const double[]){1, -2.5});
    values(file, "bfloat16", 2, (const double[]){1, -2.5});
    values(file, "int8", 4, (const double[]){63.5, -64, 20, -2});
    values(file, "other", 4, (const double[]){63.5, -64, 20, -2});
    values(file, "int16", 2, (const double[]){100, -0.1});
    cr_expect_eq(qp_ct2_arrays(file).count, 7, "scales are none");
    cr_expect(qp_ct2_is_real(file, "float32") && qp_ct2_is_real(file, "float16") && qp_ct2_is_real(file, "bfloat16"));
    cr_expect_not(qp_ct2_is_real(file, "int8") || qp_ct2_is_real(file, "number") || qp_ct2_is_real(file, "nothing"));
    cr_expect(qp_ct2_same(file, "int8", "other") && !qp_ct2_same(file, "int8", "int16"));
    cr_expect_not(qp_ct2_same(file, "int8", "nothing") || qp_ct2_same(file, "nothing", "int8"));
    cr_expect(qp_ct2_number(file, "number", 3, &value) == QP_OK && value == -5);
    cr_expect(qp_ct2_number(file, "nothing", 3, &value) == QP_OK && value == 3);
    cr_expect_eq(qp_ct2_number(file, "float32", 3, &value), QP_EDATA, "two numbers");
    qp_ct2_close(file);
}

Test(ct2_file, headers_that_are_wrong)
{
    qp_ct2_file *file;
    for (uint32_t version = 3; version < 8; version++) {
        begin(version, 0), number(0, 4);
        if (version < 4 || version > 6) {
            refused("not a model.bin of version 4, 5 or 6");
            continue;
        }
        cr_expect_eq(open_file(&file), QP_OK, "%s", qp_error_message());
        qp_ct2_close(file);
    }
    begin(6, 2), variable("a", 1, 0, 0, 4), real(1), variable("a", 1, 0, 0, 4), real(1), number(0, 4);
    refused("two variables have one name");
    begin(6, 3), variable("b", 1, 0, 0, 4), real(1), variable("a", 1, 0, 0, 4), real(1), variable("a", 1, 0, 0, 4);
    real(1), number(0, 4);
    refused("two variables have one name");
    begin(6, 1), variable("a", 2, 0, 0, 4), real(1), number(0, 4);
    refused("another size than its shape");
    begin(6, 1), variable("a", 1, 0, 6, 4), real(1), number(0, 4);
    refused("type of a variable is unknown");
    begin(6, 1), text("a"), number(5, 1);
    refused("more than 4 dimensions");
    begin(6, 1), text("a"), number(1, 1), number(0, 4);
    refused("a shape is out of range");
    begin(6, 1), text(""), number(0, 1);
    refused("a name is empty or too long");
    begin(6, 1), text("a\nb"), number(0, 1);
    refused("a name is not printable");
    begin(6, 1), number(2, 2), qp_text_put(&out, "ab", 2), number(0, 1);
    refused("a name has no end");
    begin(6, 1), variable("a", 1, 0, 0, 4), real(1), number(1, 4), text("b"), text("c");
    refused("an alias of no variable");
    begin(6, 1), variable("a", 1, 0, 0, 4), real(1), number(1, 4), text("a"), text("a");
    refused("an alias of no variable, or with the name of one");
    begin(6, 0), number(0, 4), number(0, 1);
    refused("something follows its last alias");
    begin(6, 0);
    refused("cut off");
}

Test(ct2_file, scales_that_are_wrong)
{
    qp_ct2_file *file;
    qp_real value[4];
    begin(6, 1), variable("w", 2, 1, QP_CT2_INT8, 2), number(0, 2), number(0, 4);
    refused("w has no scale for each of its rows");
    begin(6, 2), variable("w", 2, 1, QP_CT2_INT8, 2), number(0, 2), variable("w_scale", 1, 0, 0, 4), real(1),
        number(0, 4);
    refused("w has no scale for each of its rows");
    begin(6, 2), variable("w", 2, 1, QP_CT2_INT16, 4), number(0, 4), variable("w_scale", 2, 0, 0, 8), real(1), real(1);
    number(0, 4);
    refused("w has no scale for each of its rows");
    static const float wrong[] = {0, -1, INFINITY, NAN};
    for (int i = 0; i < 4; i++) {
        begin(6, 2), variable("w", 1, 2, QP_CT2_INT8, 2), number(0x0101, 2), variable("w_scale", 1, 0, 0, 4);
        real(wrong[i]), number(0, 4);
        cr_assert_eq(open_file(&file), QP_OK, "%s", qp_error_message());
        qp_weight_source source = qp_ct2_arrays(file);
        cr_expect_eq(source.read(source.self, 0, value), QP_EDATA, "%g", (double)wrong[i]);
        qp_ct2_close(file);
    }
}
