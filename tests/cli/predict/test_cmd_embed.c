#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "lib/store/npz_read.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

TestSuite(cmd_embed, .fini = small_model_clean);

#define EMBED(input, ...) RUN(qp_cmd_embed, input, "embed", "-m", "m.safetensors", __VA_ARGS__)

/* The numbers of a text of vectors, row after row; *count of them. */
static float *numbers(const char *text, int *count)
{
    float *value = calloc(strlen(text) + 1, sizeof *value);
    char *end;
    *count = 0;
    for (const char *at = text; *at; at = end + 1) value[(*count)++] = strtof(at, &end);
    return value;
}

/* Both forms hold the same numbers, exactly. */
Test(cmd_embed, a_table_has_the_numbers_of_the_text)
{
    small_model_write("m.safetensors", true);
    static const char text[] = "the cat\na dog sees\n\nthe bird\n";
    cr_assert_eq(EMBED(text, "-t1"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 4);
    int count, rows, columns;
    float *printed = numbers(small_out, &count), *kept;
    cr_assert_eq(EMBED(text, "-t2", "-o", "v.npz"), 0, "%s", small_err);
    cr_assert_str_empty(small_out);
    cr_assert_eq(qp_npz_matrix("v.npz", "vectors", &kept, &rows, &columns), QP_OK, "%s", qp_error_message());
    cr_assert(rows == 4 && columns == 16 && count == rows * columns, "%d x %d, %d", rows, columns, count);
    for (int i = 0; i < count; i++) cr_assert_eq(kept[i], printed[i], "number %d", i);
    cr_assert_eq(EMBED(text, "-o", "v.txt"), 0, "%s", small_err);
    cr_assert(qp_file_exists("v.txt"));
    free(printed);
    free(kept);
}

Test(cmd_embed, vectors_of_match_have_length_one)
{
    small_task_train("match", 1);
    cr_assert_eq(EMBED("a1 b1\na5 b0\n", "-"), 0, "%s", small_err);
    int count;
    float *value = numbers(small_out, &count);
    cr_assert_eq(count % 2, 0);
    for (int row = 0; row < 2; row++) {
        const float *v = value + row * count / 2;
        double sum = 0;
        for (int c = 0; c < count / 2; c++) sum += (double)v[c] * (double)v[c];
        cr_assert_float_eq(sum, 1, 1e-5);
    }
    free(value);
}

/* A failure leaves no output, and an old one unchanged. */
Test(cmd_embed, nothing_is_written_by_a_failure)
{
    small_model_write("m.safetensors", true);
    small_file("kept.npz", "old", 3);
    cr_assert_eq(EMBED(NULL, "-o", "new.npz", "nowhere"), 66, "%s", small_err);
    cr_assert_eq(EMBED(NULL, "-o", "kept.npz", "nowhere"), 66, "%s", small_err);
    cr_assert_eq(EMBED(NULL, "-o", "new.txt", "nowhere"), 66, "%s", small_err);
    cr_assert_not(qp_file_exists("new.npz") || qp_file_exists("new.txt"));
    char *text;
    size_t bytes;
    cr_assert_eq(qp_file_read("kept.npz", 100, &text, &bytes), QP_OK);
    cr_assert_str_eq(text, "old");
    free(text);
    cr_assert_eq(EMBED("the cat\n", "-o", "no/such/v.npz"), 73, "%s", small_err);
}
