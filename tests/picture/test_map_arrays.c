#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/picture/map_arrays.h"
#include "lib/store/npz_read.h"
#include "tests/picture/sample_picture.h"

Test(map_arrays, weights_and_tokens)
{
    qp_picture picture = sample_picture();
    char path[] = "/tmp/qp_map_XXXXXX", content[8192];
    close(mkstemp(path));
    cr_assert_eq(qp_map_arrays_save(&picture, path), QP_OK, "%s", qp_error_message());
    FILE *stream = fopen(path, "rb");
    size_t bytes = fread(content, 1, sizeof content, stream);
    fclose(stream);
    remove(path);
    cr_assert_not_null(memmem(content, bytes, "cross_weights.npy", 17));
    char *shape = memmem(content, bytes, "'shape': (2, 2, 2, 3,)", 22);
    cr_assert_not_null(shape);
    float weight[24];
    memcpy(weight, (char *)memchr(shape, '\n', 128) + 1, sizeof weight);
    for (int i = 0; i < 24; i++) cr_assert_float_eq(weight[i], sample_weight(i / 12, i / 6 % 2, i % 6), 1e-6, "%d", i);
    cr_assert_null(memmem(content, bytes, "encoder", 7));
    qp_picture_free(&picture);
    cr_assert_eq(qp_picture_init(&picture, NULL), QP_OK);
    cr_assert_eq(qp_map_arrays_save(&picture, path), QP_EUSAGE);
    qp_picture_free(&picture);
}

/* Every kind has arrays of its own; a head that a layer does not have is 0. */
Test(map_arrays, kinds_and_missing_heads)
{
    static const char *const array[] = {"cross_weights",  "cross_rows",      "cross_columns",
                                        "encoder_weights", "encoder_rows", "encoder_columns"};
    static const float expected[] = {0.125f, 0.25f, 0, 0, 0, 0, 0.5f, 1};
    const char *row[] = {"q"}, *column[] = {"x", "y"};
    qp_picture picture;
    qp_npz_file *file;
    char path[] = "/tmp/qp_map_XXXXXX", content[8192];
    float weight[8];
    close(mkstemp(path));
    cr_assert_eq(qp_picture_init(&picture, NULL), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, column, 2, row, 1), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_ENCODER, row, 1, column, 2), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, 0, 0, expected), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, (const float[]){0.75f, 0.375f}), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, 1, 1, expected + 6), QP_OK);
    cr_assert_eq(qp_map_arrays_save(&picture, path), QP_OK, "%s", qp_error_message());
    qp_picture_free(&picture);
    cr_assert_eq(qp_npz_open(path, &file), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_npz_count(file), 6);
    for (int i = 0; i < 6; i++) cr_expect_str_eq(qp_npz_at(file, i)->name, array[i]);
    const qp_npz_array *encoder = qp_npz_at(file, 3);
    static const int64_t shape[] = {2, 2, 1, 2};
    cr_assert_eq(encoder->dimensions, 4);
    cr_assert_arr_eq(encoder->shape, shape, sizeof shape);
    cr_assert_eq(qp_npz_values(file, 3, weight), QP_OK);
    for (int i = 0; i < 8; i++) cr_expect_eq(weight[i], expected[i], "%d", i);
    cr_assert_eq(qp_npz_values(file, 0, weight), QP_OK);
    cr_expect(weight[0] == 0.75f && weight[1] == 0.375f);
    qp_npz_close(file);
    FILE *stream = fopen(path, "rb");
    size_t bytes = fread(content, 1, sizeof content, stream);
    fclose(stream);
    remove(path);
    static const char wide[] = "x\0\0\0y\0\0"; /* UTF-32 */
    char *rows = memmem(content, bytes, wide, sizeof wide), *columns;
    cr_assert(rows && rows < (char *)memmem(content, bytes, "encoder_weights", 15));
    cr_assert_not_null(columns = memmem(rows + 1, bytes - (size_t)(rows + 1 - content), wide, sizeof wide));
    cr_assert_gt(columns, (char *)memmem(content, bytes, "encoder_columns", 15));
}
