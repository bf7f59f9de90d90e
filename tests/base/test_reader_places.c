#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/file.h"
#include "tests/empty_folder.h"

/* A reader finds every place again that qp_reader_tell gave, in plain and gzipped files that are read one after the
 * other. */

enum { LINES = 9000, FILES = 4 };

static char *path[FILES] = {"a", "b.gz", "empty", "c"};
static char text[FILES][LINES * 24];

static void set_up(void)
{
    folder_begin();
    for (int f = 0; f < FILES; f++) {
        size_t bytes = 0;
        for (int i = 0; i < LINES && f != 2; i++)
            bytes += (size_t)sprintf(text[f] + bytes, "%s line %d %.*s\n", path[f], i, i % 9, "abcdefgh");
        if (f == 3) text[f][--bytes] = '\0'; /* the last line has no end */
        if (f == 1)
            put_gzip(path[f], "wb", text[f], bytes);
        else
            put_bytes(path[f], text[f], bytes);
    }
}

TestSuite(reader_places, .init = set_up, .fini = folder_end);

/* The next line is line i of file f, whose number and file the reader knows. */
static void expect_line(qp_reader *reader, int f, int i)
{
    char wanted[64], *line;
    size_t bytes;
    snprintf(wanted, sizeof wanted, "%s line %d %.*s", path[f], i, i % 9, "abcdefgh");
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK, "%s", qp_error_message());
    cr_assert(line, "%s", wanted);
    cr_assert_str_eq(line, wanted);
    cr_assert_eq(bytes, strlen(wanted));
    cr_assert_eq(qp_reader_line(reader), i + 1);
    cr_assert_str_eq(qp_reader_path(reader), path[f]);
    cr_assert_eq(qp_reader_files(reader), f + 1);
}

Test(reader_places, every_place_can_be_found_again)
{
    static qp_reader_place place[FILES][LINES];
    qp_reader *reader;
    char *line;
    size_t bytes;
    cr_assert_eq(qp_reader_open_paths(path, FILES, &reader), QP_OK, "%s", qp_error_message());
    for (int f = 0; f < FILES; f++)
        for (int i = 0; i < LINES && f != 2; i++) {
            place[f][i] = qp_reader_tell(reader);
            expect_line(reader, f, i);
        }
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_assert_null(line, "the end");
    unsigned draw = 1;
    for (int k = 0; k < 300; k++) {
        draw = draw * 1103515245 + 12345;
        int f = (int[]){0, 1, 3}[draw / 65536 % 3], i = 1 + (int)(draw / 7 % (LINES - 2));
        cr_assert_eq(qp_reader_seek(reader, place[f][i]), QP_OK, "%s", qp_error_message());
        expect_line(reader, f, i);
        if (k % 2) expect_line(reader, f, i + 1);
    }
    cr_assert_eq(qp_reader_seek(reader, place[3][LINES - 1]), QP_OK);
    expect_line(reader, 3, LINES - 1);
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_assert_null(line);
    qp_reader_close(reader);
}

/* After the last line of a file comes the first line of the next file that has any. */
Test(reader_places, the_files_after_a_place_follow)
{
    qp_reader *reader;
    qp_reader_place last = {0};
    cr_assert_eq(qp_reader_open_paths(path, FILES, &reader), QP_OK, "%s", qp_error_message());
    for (int f = 0; f < 2; f++)
        for (int i = 0; i < LINES; i++) {
            if (f == 1 && i == LINES - 1) last = qp_reader_tell(reader);
            expect_line(reader, f, i);
        }
    for (int again = 0; again < 2; again++) {
        cr_assert_eq(qp_reader_seek(reader, last), QP_OK, "%s", qp_error_message());
        expect_line(reader, 1, LINES - 1);
        expect_line(reader, 3, 0);
    }
    qp_reader_close(reader);
}

Test(reader_places, a_file_that_is_not_there)
{
    char *missing[] = {"nowhere", "a"}, *later[] = {"a", "nowhere"}, *line;
    qp_reader *reader = (qp_reader *)missing;
    size_t bytes;
    cr_expect_eq(qp_reader_open_paths(missing, 2, &reader), QP_ENOINPUT);
    cr_expect_null(reader);
    cr_assert_eq(qp_reader_open_paths(later, 2, &reader), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < LINES; i++) expect_line(reader, 0, i);
    cr_expect_eq(qp_reader_next(reader, &line, &bytes), QP_ENOINPUT);
    qp_reader_close(reader);
}

Test(reader_places, places_that_are_gone)
{
    qp_reader *reader;
    cr_assert_eq(qp_reader_open_paths(path, FILES, &reader), QP_OK, "%s", qp_error_message());
    qp_reader_place place = qp_reader_tell(reader);
    cr_expect_eq(place.offset, 0);
    place.file = FILES;
    cr_expect_eq(qp_reader_seek(reader, place), QP_EBUG);
    place.file = -1;
    cr_expect_eq(qp_reader_seek(reader, place), QP_EBUG);
    place.file = 1;
    place.offset = 1 << 30;
    cr_expect_eq(qp_reader_seek(reader, place), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "b.gz: became shorter"), "%s", qp_error_message());
    qp_reader_close(reader);
}
