#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/picture/map_arrays.h"
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
