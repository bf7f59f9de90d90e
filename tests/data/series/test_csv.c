#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/series/csv.h"
#include "tests/data/text_fixture.h"

/* The records of a file as "line:field|field;line:..." */
static void expect(const char *content, const char *expected)
{
    qp_csv *csv;
    cr_assert_eq(qp_csv_open(fixture_text("a.csv", content), &csv), QP_OK);
    char *shown;
    size_t bytes;
    FILE *stream = open_memstream(&shown, &bytes);
    for (int first = 1;; first = 0) {
        qp_csv_record record;
        bool more;
        cr_assert_eq(qp_csv_next(csv, &record, &more), QP_OK, "%s", qp_error_message());
        if (!more) break;
        fprintf(stream, "%s%lld:", first ? "" : ";", (long long)record.line);
        for (int i = 0; i < record.fields; i++) fprintf(stream, "%s%s", i ? "|" : "", record.field[i]);
    }
    fclose(stream);
    cr_assert_str_eq(shown, expected);
    free(shown);
    qp_csv_close(csv);
}

Test(csv, fields_and_quotes)
{
    expect("a,b\r\n\r\n\"1,5\",\"say \"\"x\"\"\"\r\n,\n\"\",\"two\nlines\"\nlast,1",
           "1:a|b;3:1,5|say \"x\";4:|;5:|two\nlines;7:last|1");
    expect("a;b,c;d\n1;2,5;3", "1:a|b,c|d;2:1|2,5|3");
    expect("a\tb\n\"x\" \t2\n", "1:a|b;2:x|2");
    expect("one\n2 \n", "1:one;2:2 ");
    expect("a,\"b;;;;\"\n1,2\n", "1:a|b;;;;;2:1|2");
    expect("e\xCC\x81,b\n\"e\xCC\x81\ne\xCC\x81\",2\n", "1:\xC3\xA9|b;2:\xC3\xA9\n\xC3\xA9|2");
    expect("", "");
    expect("a\"b,c\n", "1:a\"b|c");
}

static void refused(const char *content, size_t bytes, const char *part)
{
    qp_csv *csv;
    qp_csv_record record;
    bool more = true;
    qp_status status = QP_OK;
    cr_assert_eq(qp_csv_open(fixture_file("bad.csv", content, bytes), &csv), QP_OK);
    while (status == QP_OK && more) status = qp_csv_next(csv, &record, &more);
    cr_assert_eq(status, QP_EDATA);
    cr_assert(strstr(qp_error_message(), part), "%s", qp_error_message());
    qp_csv_close(csv);
}

Test(csv, damage_is_reported)
{
    refused("a,b\n1,\"2\n3,4\n", 12, "bad.csv:2: a quote is opened here and never closed");
    refused("a,b\n1,\"2\"3\n", 11, "bad.csv:2: text after a closing quote");
    refused("a,b\n1,\0\n", 8, "bad.csv:2: a NUL byte");
    refused("a,b\n1,\xB1\xE8\n", 9, "bad.csv:2: byte 3 is not UTF-8");
    refused("a\0,\0b\0\n\0", 8, "bad.csv:1: every other byte is 0");
    qp_csv *csv;
    cr_assert_eq(qp_csv_open("/nowhere/a.csv", &csv), QP_ENOINPUT);
}

/* The records of two files, fields joined by '|'. */
static void expect_list(const char *first, const char *second, const char *wanted)
{
    char names[400], all[200] = "";
    snprintf(names, sizeof names, "%s,", fixture_text("list-1.csv", first));
    strncat(names, fixture_text("list-2.csv", second), 300);
    qp_csv *csv;
    qp_csv_record record;
    bool more;
    cr_assert_eq(qp_csv_open(names, &csv), QP_OK);
    while (qp_csv_next(csv, &record, &more) == QP_OK && more)
        for (int i = 0; i < record.fields; i++) sprintf(all + strlen(all), "%s|", record.field[i]);
    cr_expect_str_eq(all, wanted);
    qp_csv_close(csv);
}

Test(csv, a_list_of_files_has_one_header)
{
    expect_list("day,x\n1,2\n", "\nday,x\n3,4\n", "day|x|1|2|3|4|");
    expect_list("day,x\n1,2", "3,4\nday,x\n", "day|x|1|2|3|4|day|x|"); /* in the middle it is a record */
    expect_list("1,2\n", "1,2\n", "1|2|1|2|");                            /* numbers are no header */
    expect_list("day,x\n", "day,y\n1,2\n", "day|x|day|y|1|2|");
}
