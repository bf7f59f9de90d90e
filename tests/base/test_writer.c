#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/writer.h"
#include "tests/empty_folder.h"

TestSuite(writer, .init = folder_begin, .fini = folder_end);

static int entries(void)
{
    DIR *listing = opendir(".");
    int count = -2; /* . and .. */
    while (readdir(listing)) count++;
    closedir(listing);
    return count;
}

static qp_status write_text(const char *path, const char *text)
{
    qp_writer *writer;
    QP_TRY(qp_writer_open(path, &writer));
    qp_writer_printf(writer, "%s", text);
    return qp_writer_commit(writer);
}

Test(writer, complete_or_absent)
{
    qp_writer *writer;
    cr_assert_eq(write_text("f", "old"), QP_OK);
    cr_assert_eq(qp_writer_open("f", &writer), QP_OK);
    cr_assert_eq(qp_writer_printf(writer, "%d", 12), QP_OK);
    expect_content("f", "old");
    cr_assert_eq(qp_writer_write(writer, "3", 1), QP_OK);
    cr_assert_eq(qp_writer_commit(writer), QP_OK);
    expect_content("f", "123");
    cr_assert_eq(qp_writer_open("f", &writer), QP_OK);
    qp_writer_write(writer, "lost", 4);
    qp_writer_abort(writer);
    expect_content("f", "123");
    cr_assert_eq(entries(), 1);
}

Test(writer, stream)
{
    qp_writer *writer;
    cr_assert_eq(qp_writer_open("file", &writer), QP_OK);
    fprintf(qp_writer_stream(writer), "%d, ", 1);
    cr_assert_eq(qp_writer_stream(writer), qp_writer_stream(writer));
    fputs("two", qp_writer_stream(writer));
    cr_assert_eq(access("file", F_OK), -1, "there before commit");
    cr_assert_eq(qp_writer_commit(writer), QP_OK);
    expect_content("file", "1, two");
    cr_assert_eq(qp_writer_open("file", &writer), QP_OK);
    fputs("lost", qp_writer_stream(writer));
    qp_writer_abort(writer);
    expect_content("file", "1, two");
    cr_assert_eq(entries(), 1);
    cr_assert_eq(qp_writer_open("/dev/full", &writer), QP_OK);
    fputs("lost", qp_writer_stream(writer));
    cr_assert_eq(qp_writer_commit(writer), QP_EIO);
}

Test(writer, killed_in_the_middle)
{
    cr_assert_eq(write_text("f", "old"), QP_OK);
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            qp_writer *writer;
            char block[100000] = {0};
            if (qp_writer_open("f", &writer) == QP_OK) qp_writer_write(writer, block, sizeof block);
            kill(getpid(), SIGKILL);
        }
        waitpid(child, NULL, 0);
        expect_content("f", "old");
        cr_assert_leq(entries(), 2, "what killed writers leave must not pile up");
    }
    cr_assert_eq(write_text("f", "new"), QP_OK);
    expect_content("f", "new");
    cr_assert_eq(entries(), 1);
}

Test(writer, two_at_once)
{
    qp_writer *first, *second;
    cr_assert_eq(qp_writer_open("f", &first), QP_OK);
    cr_assert_eq(qp_writer_open("f", &second), QP_OK);
    qp_writer_printf(first, "first");
    qp_writer_printf(second, "second");
    cr_assert_eq(qp_writer_commit(second), QP_OK);
    expect_content("f", "second");
    cr_assert_eq(qp_writer_commit(first), QP_OK);
    expect_content("f", "first");
    cr_assert_eq(entries(), 1);
}

/* A link to a file that does not exist yet is written through; a circle of links is refused. */
Test(writer, dangling_link)
{
    cr_assert_eq(mkdir("folder", 0777), 0);
    cr_assert_eq(symlink("folder/second", "first"), 0);
    cr_assert_eq(symlink("../end", "folder/second"), 0);
    cr_assert_eq(write_text("first", "text"), QP_OK);
    expect_content("end", "text");
    struct stat information;
    cr_assert(lstat("first", &information) == 0 && S_ISLNK(information.st_mode));
    cr_assert(lstat("folder/second", &information) == 0 && S_ISLNK(information.st_mode));
    cr_assert_eq(symlink("circle", "circle"), 0);
    cr_assert_eq(write_text("circle", "text"), QP_ECREATE);
    unlink("folder/second");
    rmdir("folder");
}

/* As many links are followed to a file that does not exist as the system follows to one that does: 40. */
Test(writer, a_chain_of_links_as_long_as_the_system_follows)
{
    char from[16], to[16] = "end";
    for (int i = 1; i <= 41; i++) {
        snprintf(from, sizeof from, "l%d", i);
        cr_assert_eq(symlink(to, from), 0);
        strcpy(to, from);
    }
    cr_assert_eq(write_text("l41", "41 links"), QP_ECREATE);
    cr_assert(strstr(qp_error_message(), strerror(ELOOP)), "%s", qp_error_message());
    cr_assert_eq(access("end", F_OK), -1);
    cr_assert_eq(write_text("l40", "to an absent file"), QP_OK, "%s", qp_error_message());
    expect_content("end", "to an absent file");
    cr_assert_eq(write_text("l40", "to a file"), QP_OK, "%s", qp_error_message());
    expect_content("end", "to a file");
    cr_assert_eq(write_text("l41", "41 links"), QP_ECREATE);
    cr_assert_eq(entries(), 42);
}

Test(writer, check_changes_nothing)
{
    cr_assert_eq(qp_writer_check("f"), QP_OK);
    cr_assert_eq(entries(), 0);
    cr_assert_eq(write_text("f", "text"), QP_OK);
    cr_assert_eq(qp_writer_check("f"), QP_OK);
    expect_content("f", "text");
    cr_assert_eq(entries(), 1);
    cr_assert_eq(qp_writer_check("absent/f"), QP_ECREATE);
    cr_assert_eq(qp_writer_check("."), QP_ECREATE);
}

Test(writer, keeps_mode_and_link)
{
    cr_assert_eq(write_text("f", "old"), QP_OK);
    cr_assert_eq(chmod("f", 0640), 0);
    cr_assert_eq(symlink("f", "link"), 0);
    cr_assert_eq(write_text("link", "new"), QP_OK);
    struct stat information;
    cr_assert(lstat("link", &information) == 0 && S_ISLNK(information.st_mode));
    cr_assert(stat("f", &information) == 0);
    cr_assert_eq(information.st_mode & 0777, 0640);
    expect_content("f", "new");
}

/* A process without stdin gives its number to the next file that is opened. */
Test(writer, without_standard_input)
{
    static const char *const path[] = {"f", "/dev/null"};
    int saved = dup(0);
    for (int i = 0; i < 2; i++) {
        qp_writer *writer;
        cr_assert_eq(close(0), 0);
        qp_status status = qp_writer_open(path[i], &writer);
        if (status == QP_OK) qp_writer_printf(writer, "new");
        if (status == QP_OK) status = qp_writer_commit(writer);
        cr_assert_eq(dup2(saved, 0), 0);
        cr_assert_eq(status, QP_OK, "%s: %s", path[i], qp_error_message());
    }
    close(saved);
    expect_content("f", "new");
}

Test(writer, full_disk)
{
    cr_assert_eq(write_text("/dev/full", "x"), QP_EIO);
    cr_assert(strstr(qp_error_message(), "/dev/full: "));
    cr_assert(strstr(qp_error_message(), strerror(ENOSPC)));
    cr_assert_eq(write_text("/dev/null", "x"), QP_OK);
    cr_assert(qp_file_exists("/dev/full"));

    /* a limit on file size acts as a full disk */
    cr_assert_eq(write_text("f", "old"), QP_OK);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, small = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    qp_writer *writer;
    cr_assert_eq(qp_writer_open("f", &writer), QP_OK);
    char block[200000] = {0};
    cr_assert_eq(qp_writer_write(writer, block, sizeof block), QP_EIO);
    cr_assert_eq(qp_writer_write(writer, "x", 1), QP_EIO);
    cr_assert_eq(qp_writer_printf(writer, "x"), QP_EIO);
    qp_status status = qp_writer_commit(writer);
    setrlimit(RLIMIT_FSIZE, &before);
    cr_assert_eq(status, QP_EIO);
    cr_assert(strstr(qp_error_message(), "f: "));
    expect_content("f", "old");
    cr_assert_eq(entries(), 1);
}

Test(writer, cannot_create)
{
    cr_assert_eq(write_text("absent/f", "x"), QP_ECREATE);
    cr_assert(strstr(qp_error_message(), "absent/f: "));
    cr_assert_eq(write_text("", "x"), QP_ECREATE);
    cr_assert_eq(write_text(".", "x"), QP_ECREATE);
    cr_assert_neq(fcntl(STDIN_FILENO, F_GETFD), -1, "no other file is closed");
}

Test(writer, pipe)
{
    int end[2];
    char name[32], got[8] = "";
    cr_assert_eq(pipe(end), 0);
    snprintf(name, sizeof name, "/dev/fd/%d", end[1]);
    cr_assert_eq(write_text(name, "abc"), QP_OK);
    cr_assert_eq(read(end[0], got, sizeof got), 3);
    cr_assert_str_eq(got, "abc");
    signal(SIGPIPE, SIG_IGN);
    qp_writer *writer;
    cr_assert_eq(qp_writer_open(name, &writer), QP_OK);
    close(end[0]);
    qp_writer_write(writer, "x", 1);
    cr_assert_eq(qp_writer_commit(writer), QP_EIO);
    cr_assert(qp_output_unread());
}

Test(writer, standard_output)
{
    cr_assert(freopen("out", "w", stdout));
    printf("a");
    cr_assert_eq(write_text("-", "b"), QP_OK);
    cr_assert_eq(write_text("/dev/stdout", "c"), QP_OK);
    cr_assert_eq(qp_output_check(stdout, "stdout"), QP_OK);
    expect_content("out", "abc");
    FILE *full = fopen("/dev/full", "w");
    fputs("x", full);
    cr_assert_eq(qp_output_check(full, "full"), QP_EIO);
    cr_assert_not(qp_output_unread());
    fclose(full);
}

/* What a short write leaves in the buffer fails again when it is flushed; a long one leaves nothing. */
Test(writer, a_pipe_that_nobody_reads_is_reported_by_its_name)
{
    static char text[1 << 20];
    for (size_t bytes = 1; bytes <= sizeof text; bytes *= sizeof text) {
        int end[2];
        signal(SIGPIPE, SIG_IGN);
        cr_assert_eq(pipe(end), 0);
        FILE *stream = fdopen(end[1], "w");
        close(end[0]);
        fwrite(text, 1, bytes, stream);
        cr_assert_eq(qp_output_check(stream, "pipe"), QP_EIO);
        cr_expect(qp_output_unread(), "%zu bytes", bytes);
        fclose(stream);
    }
}

/* Parts of any size come one after the other, whether they fill the buffer, or are larger than it. */
Test(writer, parts_of_all_sizes)
{
    enum { BUFFER = 1 << 16 };
    static const size_t part[] = {1, BUFFER - 1, 1, BUFFER, BUFFER + 1, 0, 5, BUFFER - 5, BUFFER - 1, 2, 3 * BUFFER};
    static char text[10 * BUFFER];
    char *content;
    size_t bytes, written = 0;
    qp_writer *writer;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * 7 + i / 251);
    cr_assert_eq(qp_writer_open("f", &writer), QP_OK);
    for (size_t i = 0; i < sizeof part / sizeof *part; written += part[i++])
        cr_assert_eq(qp_writer_write(writer, text + written, part[i]), QP_OK);
    cr_assert_eq(qp_writer_commit(writer), QP_OK);
    cr_assert_eq(qp_file_read("f", sizeof text, &content, &bytes), QP_OK);
    cr_assert_eq(bytes, written);
    cr_assert_arr_eq(content, text, bytes);
    free(content);
}

/* The temporary file is beside the new one; a second writer has a name of its own. */
Test(writer, temporary_names)
{
    qp_writer *first, *second;
    cr_assert_eq(mkdir("folder", 0777), 0);
    cr_assert_eq(symlink("folder/f", "link"), 0);
    cr_assert_eq(qp_writer_open("link", &first), QP_OK);
    cr_expect(qp_file_exists("folder/f.tmp") && !qp_file_exists("folder/f"));
    cr_assert_eq(qp_writer_open("folder/f", &second), QP_OK);
    cr_expect(qp_file_exists("folder/f.tmp1"));
    qp_writer_abort(second);
    cr_expect(qp_file_exists("folder/f.tmp") && !qp_file_exists("folder/f.tmp1"));
    cr_assert_eq(qp_writer_commit(first), QP_OK);
    cr_expect(qp_file_exists("folder/f") && !qp_file_exists("folder/f.tmp"));
    cr_assert_eq(symlink("elsewhere", "g.tmp"), 0);
    cr_expect_eq(qp_writer_check("g"), QP_ECREATE, "a link in the place of the temporary file is not followed");
    cr_expect_not(qp_file_exists("elsewhere"));
    cr_expect_eq(entries(), 3);
}
