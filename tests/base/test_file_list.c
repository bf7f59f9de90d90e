#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/files/file_list.h"
#include "tests/empty_folder.h"

TestSuite(file_list, .init = folder_begin, .fini = folder_end);

static void expect_paths(const char *names, const char *wanted)
{
    qp_file_list list;
    char all[200] = "";
    cr_assert_eq(qp_file_list_of(names, &list), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < list.count; i++) sprintf(all + strlen(all), "%s|", list.path[i]);
    cr_expect_str_eq(all, wanted);
    qp_file_list_free(&list);
    cr_expect(list.count == 0 && !list.path);
}

static void expect_refusal(const char *names, qp_status wanted, const char *part)
{
    qp_file_list list;
    cr_expect_eq(qp_file_list_of(names, &list), wanted, "%s", names);
    cr_expect(strstr(qp_error_message(), part), "'%s' lacks '%s'", qp_error_message(), part);
    cr_expect(list.count == 0 && !list.path);
}

Test(file_list, names_and_patterns)
{
    static const char *const files[] = {"part-2", "part-10", "part-B", "part-a", "x,y", "[z]", "a,b", "a", ","};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) put_text(files[i], "");
    expect_paths("", "");
    expect_paths("none", "none|");
    expect_paths("-", "-|");
    expect_paths("none,part-2", "none|part-2|");
    expect_paths("part-*", "part-10|part-2|part-B|part-a|"); /* the order of bytes */
    expect_paths("part-?,part-1*", "part-2|part-B|part-a|part-10|");
    expect_paths("x,y", "x,y|"); /* a file has this name */
    expect_paths("part-2,x,y,[z]", "part-2|x,y|[z]|");
    expect_paths("a,b,a,a", "a,b|a|a|");
    expect_paths(",", ",|");
    expect_refusal("part-2,none-*", QP_ENOINPUT, "none-*: no file matches");
}

static void expect_shares(const char *names, const char *paths, int items, double first, double last)
{
    qp_file_list list;
    expect_paths(names, paths);
    cr_assert_eq(qp_file_list_of(names, &list), QP_OK, "%s", qp_error_message());
    cr_assert(list.share && list.items == items, "%s", names);
    cr_expect(list.share[0] == first && list.share[items - 1] == last && list.item[list.count - 1] == items - 1);
    cr_expect(qp_file_list_shares(names));
    qp_file_list_free(&list);
}

Test(file_list, shares)
{
    static const char *const files[] = {"a", "b", "c:0.5", "d,e", "part-1", "part-2"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) put_text(files[i], "");
    expect_shares("a:0.7,b:0.3", "a|b|", 2, 0.7, 0.3);
    expect_shares("none:2", "none|", 1, 2, 2);
    expect_shares("c:0.5:3,d,e:1e-1", "c:0.5|d,e|", 2, 3, 0.1);
    expect_shares("part-*:1,a:4", "part-1|part-2|a|", 2, 1, 4);
    expect_paths("c:0.5,a", "c:0.5|a|"); /* a file has this name */
    expect_paths("a:x,a:,:1,x:0.5y", "a:x|a:|:1|x:0.5y|");
    cr_expect(!qp_file_list_shares("c:0.5") && !qp_file_list_shares("a,b") && !qp_file_list_shares(""));
    expect_refusal("a:0", QP_EUSAGE, "a:0: a share is a number above 0");
    expect_refusal("a:-1,b:1", QP_EUSAGE, "a:-1: a share");
    expect_refusal("a:inf", QP_EUSAGE, "a share");
    expect_refusal("a:1,b", QP_EUSAGE, "b: has no share");
    expect_refusal("a,b:1", QP_EUSAGE, "b:1: has a share");
}

Test(file_list, empty_names_are_refused)
{
    put_text("a", "");
    expect_refusal(",a", QP_EUSAGE, "an empty name");
    expect_refusal("b,,a", QP_EUSAGE, "an empty name");
    expect_refusal("a,", QP_EUSAGE, "an empty name");
    expect_refusal(",", QP_EUSAGE, "an empty name");
}

Test(file_list, what_is_in_a_list)
{
    put_text("a", "");
    put_text("b", "");
    cr_assert(mkfifo("pipe", 0600) == 0);
    cr_expect(qp_file_list_has("a,b", "./b") && !qp_file_list_has("a", "b") && qp_file_list_has("[ab]", "a"));
    cr_expect(qp_file_list_once("a,-") && qp_file_list_once("a,pipe") && !qp_file_list_once("a,b"));
}

static qp_status gather(const char *names, char *all)
{
    qp_reader *reader;
    *all = '\0';
    QP_TRY(qp_reader_open_list(names, &reader));
    qp_status status;
    char *line;
    size_t bytes;
    while ((status = qp_reader_next(reader, &line, &bytes)) == QP_OK && line)
        sprintf(all + strlen(all), "%d %s:%d %s|", qp_reader_files(reader), qp_reader_path(reader),
                (int)qp_reader_line(reader), line);
    qp_reader_close(reader);
    return status;
}

Test(file_list, files_are_read_one_after_the_other)
{
    char all[400];
    put_text("a", "\xEF\xBB\xBFone\ntwo");
    put_gzip("b", "wb", "\xEF\xBB\xBFthree\r\n", 10);
    put_text("c", "");
    put_gzip("d", "wb", "", 0);
    put_text("e", "\nfour\n");
    cr_assert_eq(gather("?", all), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(all, "1 a:1 one|1 a:2 two|2 b:1 three|5 e:1 |5 e:2 four|");
    cr_assert_eq(gather("c,d", all), QP_OK);
    cr_expect_str_eq(all, "");
}

Test(file_list, a_bad_file_is_named)
{
    char all[400];
    put_text("a", "one\n");
    put_text("b", "\x1f\x8b\x08\x01");
    cr_assert(mkdir("folder", 0700) == 0);
    cr_expect_eq(gather("", all), QP_EUSAGE);
    cr_expect_eq(gather("none,a", all), QP_ENOINPUT);
    cr_expect_eq(gather("a,none", all), QP_ENOINPUT);
    cr_expect(strstr(qp_error_message(), "none: cannot be read"));
    cr_expect_str_eq(all, "1 a:1 one|");
    cr_expect_eq(gather("a,folder,a", all), QP_ENOINPUT);
    cr_expect(strstr(qp_error_message(), "folder: is a folder"));
    cr_expect_eq(gather("a,b", all), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "b: "));
}

/* Each file is closed before the next is opened. */
Test(file_list, many_files_need_few_descriptors)
{
    char path[20], all[20000] = "";
    for (int i = 0; i < 700; i++) {
        sprintf(path, "f%03d", i);
        put_text(path, "x\n");
    }
    int before = open("/dev/null", O_RDONLY);
    close(before);
    cr_assert_eq(gather("f*", all), QP_OK);
    cr_expect(strstr(all, "700 f699:1 x|"));
    int after = open("/dev/null", O_RDONLY);
    cr_expect_eq(before, after);
    close(after);
}
