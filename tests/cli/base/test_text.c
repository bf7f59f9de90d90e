#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/text.h"

Test(text, exit_codes)
{
    static const int code[][2] = {{QP_OK, 0},    {QP_EUSAGE, 2},    {QP_EDATA, 65},   {QP_ENOINPUT, 66},
                                  {QP_EBUG, 70}, {QP_ESHAPE, 70},   {QP_EMEMORY, 71}, {QP_ECREATE, 73},
                                  {QP_EIO, 74},  {QP_ESTOPPED, 130}};
    FILE *before = stderr;
    stderr = fopen("/dev/null", "w");
    for (size_t i = 0; i < sizeof code / sizeof *code; i++) cr_assert_eq(qp_report((qp_status)code[i][0]), code[i][1]);
    fclose(stderr);
    stderr = before;
}

Test(text, one_line_whatever_the_name)
{
    char *text = NULL;
    size_t bytes;
    FILE *before = stderr;
    stderr = open_memstream(&text, &bytes);
    qp_fail(QP_EDATA, "a\nb\033[31m: bad");
    qp_report(QP_EDATA);
    fclose(stderr);
    stderr = before;
    cr_assert_str_eq(text, "quipu: a?b?[31m: bad\n");
    free(text);
}

/* Standard output of a terminal, or of a file. */
static bool in_color(const char *term, const char *no_color, bool terminal)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    FILE *stream = fopen(terminal ? ptsname(master) : "/dev/null", "w");
    cr_assert_not_null(stream);
    if (term)
        setenv("TERM", term, 1);
    else
        unsetenv("TERM");
    if (no_color)
        setenv("NO_COLOR", no_color, 1);
    else
        unsetenv("NO_COLOR");
    bool color = qp_text_in_color(stream);
    fclose(stream);
    close(master);
    return color;
}

Test(text, color_only_where_it_is_shown)
{
    cr_assert(in_color("xterm-256color", NULL, true));
    cr_assert(in_color("xterm", "", true), "an empty NO_COLOR is none");
    cr_assert(!in_color("xterm", "1", true));
    cr_assert(!in_color("dumb", NULL, true));
    cr_assert(!in_color(NULL, NULL, true));
    cr_assert(!in_color("xterm", NULL, false));
}

Test(text, sizes_and_durations)
{
    char text[40];
    cr_assert_str_eq(qp_text_size(0, text, sizeof text), "0 bytes");
    cr_assert_str_eq(qp_text_size(999, text, sizeof text), "999 bytes");
    cr_assert_str_eq(qp_text_size(1500, text, sizeof text), "1.5 kB");
    cr_assert_str_eq(qp_text_size(25.3e9, text, sizeof text), "25 GB");
    cr_assert_str_eq(qp_text_duration(3.21, text, sizeof text), "3.2 s");
    cr_assert_str_eq(qp_text_duration(59.6, text, sizeof text), "60 s");
    cr_assert_str_eq(qp_text_duration(125, text, sizeof text), "2 min 05 s");
    cr_assert_str_eq(qp_text_duration(7500, text, sizeof text), "2 h 05 min");
}

Test(text, rows_wrap)
{
    FILE *stream = tmpfile();
    setenv("COLUMNS", "60", 1);
    qp_text_row(stream, "--left", "one two three four five six seven eight nine");
    qp_text_row(stream, "--empty", "");
    rewind(stream);
    char *text = calloc(1, 2000);
    size_t bytes = fread(text, 1, 1999, stream);
    fclose(stream);
    cr_assert_gt(bytes, 0);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) cr_assert_leq(strlen(line), 60, "%s", line);
    free(text);
}
