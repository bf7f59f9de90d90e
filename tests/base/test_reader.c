#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/file.h"
#include "tests/empty_folder.h"

/* reader — limits, pipes, standard input, and folders; the lines of files are in test_file.c. */

TestSuite(reader, .init = folder_begin, .fini = folder_end);

/* A line has at most QUIPU_MAX_LINE bytes; what is no number above 0 is the usual limit of 64 MiB. */
Test(reader, longest_line)
{
    static const char *const usual[] = {"0", "-5", "x", "", "9223372036854775807"};
    qp_reader *reader;
    char *line;
    size_t bytes;
    put_bytes("t", "12345\n123456\n", 13);
    setenv("QUIPU_MAX_LINE", "5", 1);
    cr_assert_eq(qp_reader_open("t", &reader), QP_OK);
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_expect_str_eq(line, "12345");
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_EDATA);
    cr_expect_str_eq(qp_error_message(),
                     "t:2: a line of more than 5 bytes; break it into lines, or set QUIPU_MAX_LINE");
    qp_reader_close(reader);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        setenv("QUIPU_MAX_LINE", usual[i], 1);
        cr_assert_eq(qp_reader_open("t", &reader), QP_OK);
        for (int k = 0; k < 2; k++) cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK, "%s", usual[i]);
        cr_expect_str_eq(line, "123456");
        qp_reader_close(reader);
    }
    unsetenv("QUIPU_MAX_LINE");
}

/* A file that ends within the first bytes of a compressed one is text, whatever the file before it had in that place.
 */
Test(reader, the_bytes_of_the_file_before_it)
{
    char *path[] = {"a", "b"}, *line;
    qp_reader *reader;
    size_t bytes = 7;
    put_bytes("a", "xxh91AY&SY", 10);
    put_bytes("b", "BZ", 2);
    cr_assert_eq(qp_reader_open_paths(path, 2, &reader), QP_OK);
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(line, "BZ");
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_expect(line == NULL && bytes == 0);
    qp_reader_close(reader);
}

/* Standard input is the caller's: it stays open. */
Test(reader, standard_input_stays_open)
{
    qp_reader *reader;
    char *line, *content;
    size_t bytes;
    put_bytes("in", "ab\n", 3);
    cr_assert(freopen("in", "r", stdin));
    cr_assert_eq(qp_reader_open("-", &reader), QP_OK);
    cr_expect_str_eq(qp_reader_path(reader), "stdin");
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_expect_eq(qp_reader_bound(reader), 3, "the size of a file");
    qp_reader_close(reader);
    cr_assert_neq(fcntl(STDIN_FILENO, F_GETFD), -1);
    cr_assert_eq(lseek(STDIN_FILENO, 0, SEEK_SET), 0);
    cr_assert_eq(qp_file_read("-", 10, &content, &bytes), QP_OK);
    cr_expect_str_eq(content, "ab\n");
    free(content);
    cr_assert_neq(fcntl(STDIN_FILENO, F_GETFD), -1);
    cr_assert_eq(qp_reader_open("in", &reader), QP_OK);
    cr_expect_eq(read(STDIN_FILENO, &bytes, 1), 0, "another file does not take its place");
    qp_reader_close(reader);
}

/* A path that leads to the reading end of a pipe with this content; `rest` is its other end, or -1: closed. */
static char *put_pipe(const char *content, size_t bytes, int *rest)
{
    static char path[32];
    int end[2];
    cr_assert_eq(pipe(end), 0);
    cr_assert_eq(write(end[1], content, bytes), (ssize_t)bytes);
    if (rest)
        *rest = end[1];
    else
        close(end[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", end[0]);
    return path;
}

/* The whole of a pipe, whose size is not known, and its limits. */
Test(reader, a_whole_pipe)
{
    static const size_t size[] = {0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 20000};
    char text[20001], *content;
    size_t bytes;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 23);
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        cr_assert_eq(qp_file_read(put_pipe(text, size[i], NULL), size[i], &content, &bytes), QP_OK, "%zu", size[i]);
        cr_assert_eq(bytes, size[i]);
        cr_assert(memcmp(content, text, bytes) == 0 && content[bytes] == '\0', "%zu", size[i]);
        free(content);
        cr_expect_eq(qp_file_read(put_pipe(text, size[i] + 1, NULL), size[i], &content, &bytes), QP_EDATA, "%zu",
                     size[i]);
        cr_expect_null(content);
    }
    setenv("QUIPU_MAX_LINE", "7", 1);
    cr_expect_eq(qp_file_read(put_pipe(text, 7, NULL), 100, &content, &bytes), QP_OK);
    free(content);
    cr_expect_eq(qp_file_read(put_pipe(text, 8, NULL), 100, &content, &bytes), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "more than the 7 bytes"), "%s", qp_error_message());
    unsetenv("QUIPU_MAX_LINE");
}

/* The most bytes of text: the size of a plain file, 1032 times that of a compressed one; of a pipe it is not known. */
Test(reader, bounds_and_compression)
{
    static const char text[] = "one\ntwo\n";
    qp_reader *reader;
    char *line;
    size_t bytes;
    struct stat gzip;
    put_bytes("t", text, 8);
    put_gzip("g", "wb", text, 8);
    cr_assert_eq(stat("g", &gzip), 0);
    const char *const path[] = {"t", "g", put_pipe(text, 8, NULL)};
    const int64_t bound[] = {8, (int64_t)gzip.st_size * 1032, INT64_MAX};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(qp_reader_open(path[i], &reader), QP_OK);
        do cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
        while (line);
        cr_expect_eq(qp_reader_bound(reader), bound[i], "%s", path[i]);
        cr_expect_eq(qp_reader_compressed(reader), i == 1, "%s", path[i]);
        cr_expect_eq(qp_reader_tell(reader).offset, 8, "%s", path[i]);
        qp_reader_close(reader);
    }
}

/* Part of a line is not enough; what was read of a pipe is gone. */
Test(reader, half_a_line_of_a_pipe)
{
    qp_reader *reader;
    char *line;
    size_t bytes;
    int rest;
    cr_assert_eq(qp_reader_open(put_pipe("a\nbcd", 5, &rest), &reader), QP_OK);
    qp_reader_place begin = qp_reader_tell(reader);
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_expect(qp_reader_waits(reader), "bcd has no end yet");
    cr_assert_eq(write(rest, "e\n", 2), 2);
    cr_expect_not(qp_reader_waits(reader));
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_expect_str_eq(line, "bcde");
    cr_expect_eq(qp_reader_seek(reader, begin), QP_EIO);
    cr_expect(strstr(qp_error_message(), "cannot be read from byte 0 on"), "%s", qp_error_message());
    qp_reader_close(reader);
    close(rest);
}

/* Every name of a folder once; the first error of the visitor ends the visits. */
static qp_status visit(void *self, const char *name)
{
    int *seen = self;
    seen[name[0] - 'a']++;
    seen[9]++;
    return seen[8] && seen[9] == seen[8] ? qp_fail(QP_EDATA, "enough") : QP_OK;
}

Test(reader, names_of_a_folder)
{
    int seen[10] = {0};
    put_bytes("a", "", 0);
    put_bytes("b", "", 0);
    cr_assert_eq(qp_folder_make("c"), QP_OK);
    struct stat made;
    mode_t mask = umask(0);
    umask(mask);
    cr_expect(stat("c", &made) == 0 && (made.st_mode & 0777) == (0777 & ~mask));
    cr_assert_eq(qp_folder_each(".", visit, seen), QP_OK);
    cr_expect(seen[0] == 1 && seen[1] == 1 && seen[2] == 1 && seen[9] == 3);
    seen[9] = 0;
    seen[8] = 2;
    cr_expect_eq(qp_folder_each(".", visit, seen), QP_EDATA);
    cr_expect_eq(seen[9], 2);
    cr_expect_eq(qp_folder_each("absent", visit, seen), QP_EIO);
    cr_expect(strstr(qp_error_message(), "absent: cannot be read: "), "%s", qp_error_message());
    cr_expect(qp_folder_exists("c") && !qp_folder_exists("a") && !qp_folder_exists("absent"));
    cr_assert_eq(symlink("a", "d"), 0);
    cr_expect(qp_file_same("a", "d") && qp_file_same("a", "./a") && !qp_file_same("a", "b"));
    cr_expect(!qp_file_same("c", "c") && !qp_file_same("absent", "absent") && !qp_file_same("a", "absent"));
}
