#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/file.h"
#include "tests/empty_folder.h"

TestSuite(file, .init = folder_begin, .fini = folder_end);

/* Every line in brackets, and the status of the end. */
static qp_status gather(const char *path, char *all, size_t capacity, int64_t *lines)
{
    qp_reader *reader;
    qp_status status = qp_reader_open(path, &reader);
    if (status != QP_OK) return status;
    size_t used = 0;
    for (;;) {
        char *line;
        size_t bytes;
        status = qp_reader_next(reader, &line, &bytes);
        if (status != QP_OK || !line) break;
        cr_assert_eq(line[bytes], '\0');
        cr_assert_lt(used + bytes + 3, capacity);
        all[used++] = '[';
        memcpy(all + used, line, bytes);
        used += bytes;
        all[used++] = ']';
    }
    all[used] = '\0';
    *lines = qp_reader_line(reader);
    qp_reader_close(reader);
    return status;
}

#define EXPECT(content, expected, count)                                                                               \
    do {                                                                                                               \
        char all_[4096];                                                                                               \
        int64_t lines_;                                                                                                \
        put_bytes("t", content, sizeof(content) - 1);                                                                  \
        cr_assert_eq(gather("t", all_, sizeof all_, &lines_), QP_OK);                                                  \
        cr_assert(memcmp(all_, expected, sizeof expected) == 0, "%s", all_);                                           \
        cr_assert_eq(lines_, count);                                                                                   \
    } while (0)

Test(file, lines)
{
    EXPECT("", "", 0);
    EXPECT("\n", "[]", 1);
    EXPECT("a\nb\n", "[a][b]", 2);
    EXPECT("a\n\nb", "[a][][b]", 3);
    EXPECT("a\r\nb\r\n", "[a][b]", 2);
    EXPECT("a\rb\r\r\n", "[a\rb\r]", 1);
    EXPECT("\xef\xbb\xbfx\n\xef\xbb\xbfy", "[x][\xef\xbb\xbfy]", 2);
    EXPECT("\xef\xbb\xbf", "[]", 1);
    EXPECT("a\0b\n\0\n", "[a\0b][\0]", 2);
    EXPECT("a\r", "[a\r]", 1);
    EXPECT("\xef\xbb", "[\xef\xbb]", 1);
    EXPECT("\xef\xbb\xbf\r\na", "[][a]", 2);
    EXPECT("\x1f", "[\x1f]", 1);
    EXPECT("\x1fx\nb", "[\x1fx][b]", 2);
}

Test(file, raw_lines_keep_all_but_the_line_end)
{
    static const struct {
        const char *text;
        size_t bytes;
    } expected[] = {{"\xef\xbb\xbf"
                     "a\r",
                     5},
                    {"", 0},
                    {"\r", 1},
                    {"b\0\r", 3}};
    qp_reader *reader;
    char *line;
    size_t bytes;
    put_bytes("t",
              "\xef\xbb\xbf"
              "a\r\n\n\r\nb\0\r",
              12);
    cr_assert_eq(qp_reader_open("t", &reader), QP_OK);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(qp_reader_raw(reader, &line, &bytes), QP_OK);
        cr_assert(line && bytes == expected[i].bytes && memcmp(line, expected[i].text, bytes) == 0, "line %d", i + 1);
        cr_assert(line[bytes] == '\0' && qp_reader_line(reader) == i + 1);
    }
    cr_assert_eq(qp_reader_raw(reader, &line, &bytes), QP_OK);
    cr_assert_null(line);
    qp_reader_close(reader);
}

Test(file, what_can_be_read_only_once)
{
    put_bytes("t", "a", 1);
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    cr_assert(qp_file_once("-") && qp_file_once("pipe") && qp_file_once("/dev/null"));
    cr_assert(!qp_file_once("t") && !qp_file_once(".") && !qp_file_once("absent"));
}

Test(file, gzip)
{
    char all[64];
    int64_t lines;
    put_gzip("g", "wb", "eins\nzwei\n", 10);
    cr_assert_eq(gather("g", all, sizeof all, &lines), QP_OK);
    cr_assert_str_eq(all, "[eins][zwei]");
    put_gzip("g", "ab", "drei", 4); /* a second member */
    put_gzip("g", "ab", "", 0);     /* an empty third one */
    cr_assert_eq(gather("g", all, sizeof all, &lines), QP_OK);
    cr_assert_str_eq(all, "[eins][zwei][drei]");
    FILE *stream = fopen("g", "ab");
    char zeros[512] = {0};
    cr_assert(fwrite(zeros, 1, sizeof zeros, stream) == sizeof zeros && fclose(stream) == 0);
    cr_assert_eq(gather("g", all, sizeof all, &lines), QP_OK);
    stream = fopen("g", "ab");
    cr_assert(fputs("rest", stream) >= 0 && fclose(stream) == 0);
    cr_assert_eq(gather("g", all, sizeof all, &lines), QP_EDATA);
}

/* Each as its program writes it: `printf a | xz`, and so on; only the first bytes matter. */
Test(file, other_compressed_files_are_named)
{
    static const struct {
        const char *content, *name;
        size_t bytes;
    } other[] = {{"\xfd"
                  "7zXZ\0\0\4",
                  "xz", 8},
                 {"\x28\xb5\x2f\xfd\x04\x58", "zstd", 6},
                 {"BZh91AY&SY\x19", "bzip2", 11},
                 {"PK\3\4\x14\0", "zip", 6},
                 {"7z\xbc\xaf\x27\x1c\0\4", "7z", 8}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        qp_reader *reader;
        char *line;
        size_t bytes;
        put_bytes("c", other[i].content, other[i].bytes);
        cr_assert_eq(qp_reader_open("c", &reader), QP_OK);
        cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_EDATA);
        cr_assert_not_null(strstr(qp_error_message(), other[i].name), "%s", qp_error_message());
        qp_reader_close(reader);
    }
    static const char *const text[] = {"BZ", "BZh9", "P", "PK", "7z", "(5", "BZh91AY&S"}; /* almost */
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        qp_reader *reader;
        char *line;
        size_t bytes;
        put_bytes("c", text[i], strlen(text[i]));
        cr_assert_eq(qp_reader_open("c", &reader), QP_OK);
        cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK, "%s", qp_error_message());
        cr_assert_str_eq(line, text[i]);
        qp_reader_close(reader);
    }
}

Test(file, damaged_gzip)
{
    char *content, text[3000], all[8192];
    size_t bytes;
    int64_t lines;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i % 50 == 49 ? '\n' : 'a' + (i * i + i / 7) % 26);
    put_gzip("g", "wb", text, sizeof text);
    cr_assert_eq(qp_file_read("g", 10000, &content, &bytes), QP_OK);
    for (size_t cut = 2; cut < bytes; cut++) { /* two bytes are enough to promise gzip */
        put_bytes("cut", content, cut);
        cr_assert_eq(gather("cut", all, sizeof all, &lines), QP_EDATA, "cut at %zu of %zu", cut, bytes);
        cr_assert(strstr(qp_error_message(), "cut: "));
    }
    for (size_t at = 40; at < bytes; at += 7) {
        content[at] ^= 0x10;
        put_bytes("flipped", content, bytes);
        cr_assert_eq(gather("flipped", all, sizeof all, &lines), QP_EDATA, "flipped at %zu", at);
        content[at] ^= 0x10;
    }
    free(content);
}

Test(file, long_line)
{
    size_t bytes = 10 * 1000 * 1000;
    char *text = malloc(bytes), *line;
    memset(text, 'x', bytes);
    text[bytes - 2] = '\n';
    put_bytes("long", text, bytes);
    put_gzip("long.gz", "wb1", text, bytes);
    for (int gz = 0; gz < 2; gz++) {
        qp_reader *reader;
        size_t got;
        cr_assert_eq(qp_reader_open(gz ? "long.gz" : "long", &reader), QP_OK);
        cr_assert_eq(qp_reader_next(reader, &line, &got), QP_OK);
        cr_assert_eq(got, bytes - 2);
        cr_assert(memcmp(line, text, got) == 0);
        cr_assert_eq(qp_reader_next(reader, &line, &got), QP_OK);
        cr_assert_str_eq(line, "x");
        cr_assert_eq(qp_reader_next(reader, &line, &got), QP_OK);
        cr_assert_null(line);
        qp_reader_close(reader);
    }
    free(text);
}

Test(file, standard_input)
{
    put_bytes("in", "a\nb", 3);
    cr_assert(freopen("in", "r", stdin));
    char all[64];
    int64_t lines;
    cr_assert_eq(gather("-", all, sizeof all, &lines), QP_OK);
    cr_assert_str_eq(all, "[a][b]");
}

Test(file, missing_or_folder)
{
    char all[64], *content;
    size_t bytes;
    int64_t lines;
    cr_assert_eq(gather("absent", all, sizeof all, &lines), QP_ENOINPUT);
    cr_assert(strstr(qp_error_message(), "absent: "));
    cr_assert_eq(gather(empty_folder, all, sizeof all, &lines), QP_ENOINPUT);
    cr_assert_eq(qp_file_read("absent", 10, &content, &bytes), QP_ENOINPUT);
    cr_assert_null(content);
    cr_assert_eq(qp_file_read(empty_folder, 10, &content, &bytes), QP_ENOINPUT);
}

Test(file, whole)
{
    char *content;
    size_t bytes;
    put_bytes("w", "ab\0c", 4);
    cr_assert_eq(qp_file_read("w", 4, &content, &bytes), QP_OK);
    cr_assert_eq(bytes, 4);
    cr_assert(memcmp(content, "ab\0c", 5) == 0);
    free(content);
    cr_assert_eq(qp_file_read("w", 3, &content, &bytes), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "w: 4 bytes are more than the 3"), "known before it is read: %s",
              qp_error_message());
    cr_assert_eq(qp_file_read("/dev/zero", 100000, &content, &bytes), QP_EDATA);
    cr_assert_eq(qp_file_read("/dev/null", 0, &content, &bytes), QP_OK);
    cr_assert_eq(bytes, 0);
    free(content);
}

/* Bytes and lines can follow each other: neither reads ahead of what it returns. */
Test(file, bytes_in_parts)
{
    qp_reader *reader;
    char part[8] = "", *line;
    size_t got, bytes;
    put_bytes("b", "first\nabcdef", 12);
    cr_assert_eq(qp_reader_open("b", &reader), QP_OK);
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_assert_str_eq(line, "first");
    cr_assert_eq(qp_reader_bytes(reader, part, 2, &got), QP_OK);
    cr_assert(got == 2 && memcmp(part, "ab", 2) == 0);
    cr_assert_eq(qp_reader_bytes(reader, part, 3, &got), QP_OK);
    cr_assert(got == 3 && memcmp(part, "cde", 3) == 0);
    cr_assert_eq(qp_reader_bytes(reader, part, 8, &got), QP_OK);
    cr_assert(got == 1 && part[0] == 'f', "the end comes before the wanted 8");
    cr_assert_eq(qp_reader_bytes(reader, part, 8, &got), QP_OK);
    cr_assert_eq(got, 0);
    qp_reader_close(reader);
}

Test(file, folders)
{
    cr_assert_eq(qp_folder_make("a/b/c"), QP_OK);
    cr_assert_eq(qp_folder_make("a/b/c/"), QP_OK);
    cr_assert(qp_file_exists("a/b/c"));
    put_bytes("a/file", "x", 1);
    cr_assert_eq(qp_folder_make("a/file"), QP_ECREATE);
    cr_assert_eq(qp_folder_make("a/file/b"), QP_ECREATE);
    cr_assert_eq(qp_folder_make(""), QP_ECREATE);
    cr_assert_eq(symlink(empty_folder, "a/link"), 0);
    put_bytes("kept", "x", 1);
    cr_assert_eq(qp_file_remove_tree("a"), QP_OK);
    cr_assert_not(qp_file_exists("a"));
    cr_assert(qp_file_exists("kept"), "a link must not be followed");
    cr_assert_eq(qp_file_remove_tree("a"), QP_OK);
}

/* The reason is that of mkdir, not of the stat that follows it. */
Test(file, folders_that_cannot_be_made)
{
    static const char *const path[] = {"/sys/quipu-test", "/proc/quipu-test", "/dev/null/quipu-test"};
    for (int i = 0; i < 3; i++) {
        if (mkdir(path[i], 0777) == 0) cr_skip_test("%s can be made here", path[i]);
        const char *why = strerror(errno);
        cr_assert_eq(qp_folder_make(path[i]), QP_ECREATE);
        cr_assert(strstr(qp_error_message(), why), "%s: %s", why, qp_error_message());
    }
}

/* A pipe waits until it has a line or is closed; a file never waits. */
Test(file, reader_waits)
{
    int pipe_end[2];
    char path[32], *line;
    size_t bytes;
    qp_reader *reader;
    cr_assert_eq(pipe(pipe_end), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", pipe_end[0]);
    cr_assert_eq(qp_reader_open(path, &reader), QP_OK);
    cr_assert(qp_reader_waits(reader));
    cr_assert_eq(write(pipe_end[1], "a\nb\n", 4), 4);
    cr_assert_not(qp_reader_waits(reader));
    for (int i = 0; i < 2; i++) {
        cr_assert_not(qp_reader_waits(reader));
        cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    }
    cr_assert_str_eq(line, "b");
    cr_assert(qp_reader_waits(reader));
    close(pipe_end[1]);
    cr_assert_not(qp_reader_waits(reader));
    cr_assert_eq(qp_reader_next(reader, &line, &bytes), QP_OK);
    cr_assert_null(line);
    qp_reader_close(reader);
    close(pipe_end[0]);
    cr_assert_eq(qp_reader_open("/dev/null", &reader), QP_OK);
    cr_assert_not(qp_reader_waits(reader));
    qp_reader_close(reader);
}

/* Parts of any size are the file, also where one begins in a chunk of the reader and ends in the next. */
Test(file, bytes_across_chunks)
{
    enum { BYTES = 200000, GUARD = 8 };
    static const size_t step[] = {999, 40000, 65536, 70000, 150000, BYTES + 5};
    unsigned char *content = malloc(BYTES), *part = malloc(BYTES + 5 + GUARD);
    for (int i = 0; i < BYTES; i++) content[i] = (unsigned char)(i * 7 + i / 251);
    put_bytes("parts", content, BYTES);
    for (size_t s = 0; s < sizeof step / sizeof *step; s++) {
        qp_reader *reader;
        size_t at = 0, got;
        cr_assert_eq(qp_reader_open("parts", &reader), QP_OK, "%s", qp_error_message());
        do {
            memset(part + step[s], 0xA5, GUARD);
            cr_assert_eq(qp_reader_bytes(reader, part, step[s], &got), QP_OK, "%s", qp_error_message());
            cr_assert_eq(got, step[s] < BYTES - at ? step[s] : BYTES - at, "%zu of %zu at %zu", got, step[s], at);
            cr_assert_arr_eq(part, content + at, got);
            for (int g = 0; g < GUARD; g++) cr_assert_eq(part[step[s] + (size_t)g], 0xA5, "beyond the part");
            at += got;
        } while (got > 0);
        cr_assert_eq(at, BYTES);
        qp_reader_close(reader);
    }
    free(content);
    free(part);
}

/* Zeros of any number after a gzip member are padding. */
Test(file, gzip_with_much_padding)
{
    static const char zeros[70000];
    char all[64];
    int64_t lines;
    for (int rest = 0; rest < 2; rest++) {
        put_gzip("g", "wb", "a\nb\n", 4);
        FILE *stream = fopen("g", "ab");
        cr_assert(stream && fwrite(zeros, 1, sizeof zeros, stream) == sizeof zeros);
        if (rest) putc('x', stream);
        cr_assert_eq(fclose(stream), 0);
        cr_expect_eq(gather("g", all, sizeof all, &lines), rest ? QP_EDATA : QP_OK);
        if (!rest) cr_expect_str_eq(all, "[a][b]");
    }
    cr_expect(strstr(qp_error_message(), "g: bytes that are not gzip follow"), "%s", qp_error_message());
}
