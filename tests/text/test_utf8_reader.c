#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/text/utf8_reader.h"

/* Reads a file of these bytes to its end; the status of the last line. */
static qp_status read_all(const char *content, size_t bytes)
{
    char path[64], *line;
    qp_reader *reader;
    size_t length;
    snprintf(path, sizeof path, "/tmp/quipu-utf8-%d", (int)getpid());
    FILE *f = fopen(path, "wb");
    cr_assert(f && fwrite(content, 1, bytes, f) == bytes && fclose(f) == 0);
    cr_assert_eq(qp_reader_open(path, &reader), QP_OK);
    qp_status status;
    while ((status = qp_reader_next_utf8(reader, &line, &length)) == QP_OK && line) continue;
    qp_reader_close(reader);
    unlink(path);
    return status;
}

static void refused(const char *content, size_t bytes, const char *where, const char *encoding)
{
    cr_assert_eq(read_all(content, bytes), QP_EDATA);
    cr_assert_not_null(strstr(qp_error_message(), where), "%s", qp_error_message());
    cr_assert_not_null(strstr(qp_error_message(), encoding), "%s", qp_error_message());
}

Test(utf8_reader, other_encodings_are_named)
{
    refused("\xff\xfe"
            "a\0b\0\n\0",
            8, ":1: byte 1 is not UTF-8", "iconv -f utf-16 -t utf-8");
    refused("\xfe\xff\0a\0\n", 6, ":1: byte 1", "utf-16");
    refused("ok\n\xc7\xd1\xb1\xdb test\n", 13, ":2: byte 1", "cp949"); /* Hangul */
    refused("caf\xe9\n", 5, ":1: byte 4", "windows-1252");
}

Test(utf8_reader, utf8_passes)
{
    static const char text[] = "\xef\xbb\xbfone\n\xed\x95\x9c\xea\xb8\x80\n\n\xf0\x9f\x98\x80";
    cr_assert_eq(read_all(text, sizeof text - 1), QP_OK, "%s", qp_error_message());
    cr_assert_eq(read_all("", 0), QP_OK);
}

/* The mark alone shows UTF-16: text without a zero byte, such as Hangul, has nothing else. Both bytes must be there. */
Test(utf8_reader, a_mark_of_utf_16_needs_no_zero_byte)
{
    refused("\xff\xfe\x5c\xd5", 4, ":1: byte 1", "utf-16");
    refused("\xfe\xff\xd5\x5c", 4, ":1: byte 1", "utf-16");
    refused("\xff\xfe", 2, ":1: byte 1", "utf-16");
    static const char *const other[] = {"\xff\xff\x5c", "\xfe\xfe\x5c", "a\xfe\x5c",
                                        "a\xff\x5c",    "\xff\x61\x5c", "\xfe\x61\x5c"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) refused(other[i], 3, ":1: byte ", "windows-1252");
    refused("\xff", 1, ":1: byte 1", "windows-1252");
}
