#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
