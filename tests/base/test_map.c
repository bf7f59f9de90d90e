#include "lib/base/files/map.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(map);

enum { BYTES = 100000 };

static int new_file(char *path)
{
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    for (int i = 0; i < BYTES / 4; i++) cr_assert_eq(write(descriptor, &i, 4), 4);
    return descriptor;
}

Test(map, bytes_of_a_file)
{
    char path[] = "/tmp/quipu_map_XXXXXX";
    int descriptor = new_file(path);
    qp_map *map;
    cr_assert_eq(qp_map_open(descriptor, path, BYTES, &map), QP_OK);
    close(descriptor);
    cr_expect(qp_map_is_file(map));
    qp_map *second = qp_map_share(map);
    qp_map_close(map);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < BYTES / 4; i++) cr_assert_eq(memcmp(qp_map_bytes(second) + 4 * i, &i, 4), 0, "%d", i);
        qp_map_give_back(qp_map_bytes(second) + 10, BYTES - 20);
    }
    qp_map_close(second);
    qp_map_close(NULL);
    unlink(path);
}

Test(map, what_cannot_be_mapped_is_read)
{
    int pipes[2];
    qp_map *map;
    char path[] = "/tmp/quipu_map_XXXXXX";
    int descriptor = new_file(path);
    cr_assert_eq(qp_map_open(descriptor, path, 0, &map), QP_OK, "no bytes need no map");
    cr_expect_not(qp_map_is_file(map));
    qp_map_close(map);
    close(descriptor);
    cr_assert_eq(pipe(pipes), 0);
    cr_expect_eq(qp_map_open(pipes[0], "a pipe", 10, &map), QP_EIO);
    unlink(path);
}

Test(map, files_are_found_by_address)
{
    char path[] = "/tmp/quipu_map_XXXXXX";
    int descriptor = new_file(path);
    qp_map *map;
    cr_assert_eq(qp_map_open(descriptor, path, BYTES, &map), QP_OK);
    const unsigned char *bytes = qp_map_bytes(map);
    cr_expect_str_eq(qp_map_path_at(bytes), path);
    cr_expect_str_eq(qp_map_path_at(bytes + BYTES - 1), path);
    cr_expect_null(qp_map_path_at(bytes + BYTES));
    cr_expect_null(qp_map_path_at(NULL));
    qp_map_close(map);
    cr_expect_null(qp_map_path_at(bytes));
    close(descriptor);
    unlink(path);
}
