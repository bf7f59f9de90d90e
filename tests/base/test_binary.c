#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/files/binary.h"
#include "tests/empty_folder.h"

static void set_up(void)
{
    folder_begin();
    put_text("file", "0123456789");
}

TestSuite(binary, .init = set_up, .fini = folder_end);

/* A reader of a format: an open file, and members that begin at 0. */
typedef struct {
    qp_binary file;
    char member[100];
} reader;

Test(binary, parts_of_a_file)
{
    qp_binary *file;
    char part[12] = "";
    cr_assert_eq(qp_binary_open("file", ".gguf", sizeof(reader), &file), QP_OK, "%s", qp_error_message());
    cr_expect_eq(file->bytes, 10);
    cr_expect_str_eq(file->path, "file");
    for (int i = 0; i < 100; i++) cr_expect_eq(((reader *)file)->member[i], 0);
    cr_assert_eq(qp_binary_read(file, 3, part, 4), QP_OK);
    cr_expect_str_eq(part, "3456");
    cr_assert_eq(qp_binary_read(file, 0, part, 10), QP_OK);
    cr_expect_str_eq(part, "0123456789");
    cr_assert_eq(qp_binary_read(file, 10, part, 0), QP_OK, "nothing after the end");
    cr_assert_eq(qp_binary_read(file, 5, part, 6), QP_EIO);
    cr_expect_str_eq(qp_error_message(), "file: became shorter while it was read; try again");
    qp_binary_close(file);
    qp_binary_close(NULL);
}

Test(binary, what_is_no_regular_file)
{
    qp_binary *file = (qp_binary *)empty_folder;
    cr_expect_eq(qp_binary_open("absent", ".gguf", sizeof *file, &file), QP_ENOINPUT);
    cr_expect_null(file);
    cr_expect(strstr(qp_error_message(), "absent: cannot be opened: ") && strstr(qp_error_message(), strerror(ENOENT)));
    cr_expect_eq(qp_binary_open(empty_folder, ".gguf", sizeof *file, &file), QP_ENOINPUT);
    cr_expect(strstr(qp_error_message(), ": is a folder; name the .gguf file inside it"), "%s", qp_error_message());
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    cr_expect_eq(qp_binary_open("pipe", ".gguf", sizeof *file, &file), QP_ENOINPUT);
    cr_expect_str_eq(qp_error_message(), "pipe: is not a regular file; copy it to a file first");
    cr_expect(!qp_binary_begins("pipe", "0", 1) && !qp_binary_begins("absent", "0", 1));
    cr_expect(!qp_binary_begins(empty_folder, "0", 1));
}

Test(binary, the_first_bytes)
{
    cr_expect(qp_binary_begins("file", "0123", 4) && qp_binary_begins("file", "01234567", 8));
    cr_expect(!qp_binary_begins("file", "0124", 4) && !qp_binary_begins("file", "1", 1));
    cr_expect(!qp_binary_begins("file", "012345678", 9), "8 at most");
    cr_assert_eq(truncate("file", 3), 0);
    cr_expect(qp_binary_begins("file", "012", 3) && !qp_binary_begins("file", "012", 4), "a shorter file");
}
