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

/* Files of /proc cannot be mapped, but read. */
Test(map, a_file_that_cannot_be_mapped)
{
    char text[4096];
    qp_map *map;
    int descriptor = open("/proc/version", O_RDONLY);
    ssize_t bytes = descriptor < 0 ? 0 : read(descriptor, text, sizeof text);
    if (bytes <= 0) cr_skip_test("no /proc here");
    cr_assert_eq(qp_map_open(descriptor, "/proc/version", (size_t)bytes, &map), QP_OK, "%s", qp_error_message());
    if (!qp_map_is_file(map)) {
        cr_expect_arr_eq(qp_map_bytes(map), text, (size_t)bytes);
        cr_expect_null(qp_map_path_at(qp_map_bytes(map)));
        qp_map *wrong = map;
        cr_expect_eq(qp_map_open(descriptor, "name", (size_t)bytes + 1, &wrong), QP_EIO);
        cr_expect_str_eq(qp_error_message(), "name: became shorter while it was read; try again");
        cr_expect_null(wrong);
    }
    qp_map_close(map);
    close(descriptor);
}

/* Of many open files the first 16 are found by address; a place is free again after its file is closed. */
Test(map, more_files_than_places)
{
    enum { MAPS = 18, PLACES = 16 };
    char path[] = "/tmp/quipu_map_XXXXXX";
    int descriptor = new_file(path);
    qp_map *map[MAPS];
    for (int i = 0; i < MAPS; i++) cr_assert_eq(qp_map_open(descriptor, path, BYTES, &map[i]), QP_OK);
    for (int i = 0; i < MAPS; i++) cr_expect_eq(qp_map_path_at(qp_map_bytes(map[i])) != NULL, i < PLACES, "%d", i);
    qp_map_close(map[3]);
    qp_map_close(map[MAPS - 1]);
    cr_assert_eq(qp_map_open(descriptor, path, BYTES, &map[3]), QP_OK);
    cr_expect_str_eq(qp_map_path_at(qp_map_bytes(map[3]) + 5), path);
    for (int i = 0; i < MAPS - 1; i++) qp_map_close(map[i]);
    close(descriptor);
    unlink(path);
}
