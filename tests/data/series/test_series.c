#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/series/series.h"
#include "tests/data/text_fixture.h"

static qp_status read_text(const char *text, const char *columns, qp_hole_policy holes, qp_series *series)
{
    qp_series_options options = {fixture_text("s.csv", text), columns, holes, "-99"};
    return qp_series_read(&options, series);
}

static void expect(const char *text, const char *columns, qp_hole_policy holes, int count, const double *value)
{
    qp_series s;
    cr_assert_eq(read_text(text, columns, holes, &s), QP_OK, "%s", qp_error_message());
    cr_assert_eq(s.rows * s.columns, count, "%lld rows, %d columns", (long long)s.rows, s.columns);
    for (int i = 0; i < count; i++) cr_assert_float_eq(s.value[i], value[i], 1e-12, "number %d: %g", i, s.value[i]);
    qp_series_free(&s);
}

#define EXPECT(text, columns, holes, ...)                                                                              \
    do {                                                                                                               \
        const double numbers[] = {__VA_ARGS__};                                                                        \
        expect(text, columns, holes, (int)(sizeof numbers / sizeof *numbers), numbers);                                \
    } while (0)

Test(series, columns_by_name_and_number)
{
    const char *text = "\"Month\",\"Passengers\",wind\r\n\"1949-01\",112,1.5\r\n\"1949-02\", 118 ,-2e-1";
    EXPECT(text, "Passengers", QP_HOLES_REFUSE, 112, 118);
    EXPECT(text, "2", QP_HOLES_REFUSE, 112, 118);
    EXPECT(text, "wind,Passengers", QP_HOLES_REFUSE, 1.5, 112, -0.2, 118);
    EXPECT(text, "3, 2", QP_HOLES_REFUSE, 1.5, 112, -0.2, 118);
    EXPECT("date,x\n1949-01,3\n1949-02,4\n", "", QP_HOLES_REFUSE, 3, 4);
    EXPECT("5\n6\n", "", QP_HOLES_REFUSE, 5, 6);
    EXPECT("1;5\n2;6\n", "2", QP_HOLES_REFUSE, 5, 6);
    EXPECT("a,\"b, c\"\n1,2\n", "b, c", QP_HOLES_REFUSE, 2);
    EXPECT("a,b\n1,2,7\n3,4,8\n", "3", QP_HOLES_REFUSE, 7, 8); /* rows longer than the header */
}

/* Spreadsheets of many countries put semicolons between columns and write 1,5 for one and a half. */
Test(series, decimal_commas)
{
    EXPECT("day;x\n1;1,5\n2;-0,25\n3;1e3\n4; 2,5 \n", "x", QP_HOLES_REFUSE, 1.5, -0.25, 1000, 2.5);
    EXPECT("1,5;2,25\n3,5;4\n", "2", QP_HOLES_REFUSE, 2.25, 4);
    EXPECT("day;x\n1.1.2020;1,5\n", "", QP_HOLES_REFUSE, 1.5);
    EXPECT("a,\"b;c\"\n1,2\n", "2", QP_HOLES_REFUSE, 2);
    qp_series s;
    cr_assert_eq(read_text("x;y\n1;1.234,5\n", "y", QP_HOLES_REFUSE, &s), QP_EDATA); /* not guessed */
    cr_assert(strstr(qp_error_message(), "'1.234,5'"), "%s", qp_error_message());
    cr_assert_eq(read_text("x\ty\n1\t1,5\n", "y", QP_HOLES_REFUSE, &s), QP_EDATA);
}

Test(series, names_are_kept)
{
    qp_series s;
    cr_assert_eq(read_text("a,b\n1,2,7\n", "b,3", QP_HOLES_REFUSE, &s), QP_OK);
    cr_assert_str_eq(s.name[0], "b");
    cr_assert_str_eq(s.name[1], "3");
    qp_series_free(&s);
}

Test(series, holes_are_filled_on_a_straight_line)
{
    EXPECT("x,y\n,1\nNA,2\n3,3\n-99,4\n ,5\n9,6\n?,7\n", "x", QP_HOLES_INTERPOLATE, 3, 3, 3, 5, 7, 9, 9);
    qp_series s;
    cr_assert_eq(read_text("x,y\n1,1\nnan,2\n3,3\n", "y,x", QP_HOLES_INTERPOLATE, &s), QP_OK);
    cr_assert(s.holes == 1 && fabs(s.value[3] - 2) < 1e-12);
    qp_series_free(&s);
}

static void refused(qp_status status, const char *text, const char *columns, qp_hole_policy holes, const char *part)
{
    qp_series s;
    cr_assert_eq(read_text(text, columns, holes, &s), status, "%s: %s", text, qp_error_message());
    cr_assert(strstr(qp_error_message(), part), "%s", qp_error_message());
    cr_assert(!s.value && !s.name && !s.path);
}

Test(series, bad_files_are_reported)
{
    refused(QP_EDATA, "x,y\n1,2\n3,\n", "y", QP_HOLES_REFUSE,
            "s.csv:3: no value in column 2; fill it, or give --holes");
    refused(QP_EDATA, "x,y\n1,2\n-99,1\n", "x", QP_HOLES_REFUSE, "s.csv:3: no value in column 1");
    refused(QP_EDATA, "x,y\n1,2\n3,four\n", "y", QP_HOLES_INTERPOLATE, "s.csv:3: 'four' in column 2 is not a number");
    refused(QP_EDATA, "x,y\n1,2\n3,inf\n", "y", QP_HOLES_REFUSE, "'inf' in column 2 is not a number");
    refused(QP_EDATA, "x,y\n1,1e999\n", "y", QP_HOLES_REFUSE, "'1e999' in column 2 is not a number");
    refused(QP_EDATA, "x,y\n1,0x10\n", "y", QP_HOLES_REFUSE, "'0x10' in column 2");
    refused(QP_EDATA, "x,y\n1,2\n3\n", "x", QP_HOLES_REFUSE, "s.csv:3: 1 column, but line 2 has 2");
    refused(QP_EDATA, "", "x", QP_HOLES_REFUSE, "the file is empty");
    refused(QP_EDATA, "x,y\n", "x", QP_HOLES_REFUSE, "a header and no rows");
    refused(QP_EDATA, "x,y\n", "", QP_HOLES_REFUSE, "a header and no rows");
    refused(QP_EDATA, "x,y\n,1\nNA,2\n", "x", QP_HOLES_INTERPOLATE, "column x has no value at all");
    refused(QP_EDATA, "x,y\na,b\n", "", QP_HOLES_REFUSE, "no number in the row");
    refused(QP_EUSAGE, "x,y\n1,2\n", "z", QP_HOLES_REFUSE, "column z: ");
    refused(QP_EUSAGE, "x,y\n1,2\n", "z", QP_HOLES_REFUSE, "its first line is: x, y");
    refused(QP_EUSAGE, "x,y\n1,2\n", "7", QP_HOLES_REFUSE, "column 7: ");
    refused(QP_EUSAGE, "x,y\n1,2\n", "99999999999999", QP_HOLES_REFUSE, "column 99999999999999: ");
    refused(QP_EUSAGE, "x,y\n1,2\n", "x,1", QP_HOLES_REFUSE, "named twice");
    refused(QP_EUSAGE, "x,y,x\n1,2,3\n", "x", QP_HOLES_REFUSE, "columns 1 and 3");
    refused(QP_EUSAGE, "x,y, y\n1,2,3\n", "x,y", QP_HOLES_REFUSE, "columns 2 and 3");
    refused(QP_EUSAGE, "x,y\n1,2\n", "", QP_HOLES_REFUSE, "2 columns of numbers; name one with --column: x, y");
}

Test(series, public_files)
{
    const struct {
        const char *file, *column;
        int64_t rows;
        double first, last;
    } set[] = {{"airline_passengers.csv", "", 144, 112, 432},
               {"monthly_sunspots.csv", "Sunspots", 2820, 58.0, 33.4},
               {"daily_min_temperatures.csv", "2", 3650, 20.7, 13.0},
               {"co2_monthly_mlo.csv", "Average", 820, 315.71, 431.44},
               {"seattle_weather.csv", "temp_max", 1461, 12.8, 5.6}};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        char path[200];
        snprintf(path, sizeof path, "../shared/data/timeseries/%s", set[i].file);
        if (access(path, R_OK) != 0) cr_skip_test("no series here");
        qp_series s;
        cr_assert_eq(qp_series_read(&(qp_series_options){path, set[i].column, QP_HOLES_REFUSE, NULL}, &s), QP_OK, "%s",
                     qp_error_message());
        cr_assert_eq(s.rows, set[i].rows, "%s: %lld", path, (long long)s.rows);
        cr_assert_float_eq(s.value[0], set[i].first, 1e-9);
        cr_assert_float_eq(s.value[s.rows - 1], set[i].last, 1e-9);
        qp_series_free(&s);
    }
}
