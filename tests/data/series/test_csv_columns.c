#include "data/series/csv_columns.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static void expect_cell(const char *cell, bool decimal_comma, const char *missing, qp_csv_cell kind, double wanted)
{
    double value = 7;
    cr_expect_eq(qp_csv_number(cell, decimal_comma, missing, &value), kind, "'%s'", cell);
    if (kind == QP_CSV_NUMBER)
        cr_expect_eq(value, wanted, "'%s': %g", cell, value);
    else
        cr_expect(isnan(value), "'%s': %g", cell, value);
}

Test(csv_columns, numbers)
{
    static const struct {
        const char *cell;
        double value;
    } row[] = {{"0", 0},       {"1.5", 1.5}, {" 2 ", 2}, {"\t-3.25\t ", -3.25}, {"+4", 4},  {"1e3", 1000},
               {"1E-2", 0.01}, {".5", 0.5},  {"5.", 5},  {"-.5e+1", -5},        {"007", 7}, {"1e308", 1e308}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int comma = 0; comma < 2; comma++) expect_cell(row[i].cell, comma, NULL, QP_CSV_NUMBER, row[i].value);
    expect_cell("1,5", true, NULL, QP_CSV_NUMBER, 1.5);
    expect_cell(" -1,25e2 ", true, "", QP_CSV_NUMBER, -125);
    expect_cell("1,5", false, NULL, QP_CSV_TEXT, 0);
    expect_cell("1,5,5", true, NULL, QP_CSV_TEXT, 0);
    expect_cell("1.000,5", true, NULL, QP_CSV_TEXT, 0);
}

Test(csv_columns, holes_and_text)
{
    static const char *const hole[] = {"",    " ",    " \t ", "NA",   "N/A",  "n/a", "na", "NaN", "nan",
                                       "NAN", "null", "NULL", "None", "none", "-",   "?",  ".",   " NA "};
    static const char *const text[] = {"inf", "-Inf", "infinity", "0x10", "1e999", "1e", "e", "1 2", "NA1",
                                       "nil", "1-2",  "--1",      "+",    "..",    "1f", "a", "-nan"};
    for (size_t i = 0; i < sizeof hole / sizeof *hole; i++)
        for (int comma = 0; comma < 2; comma++) expect_cell(hole[i], comma, NULL, QP_CSV_HOLE, 0);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        for (int comma = 0; comma < 2; comma++) expect_cell(text[i], comma, "-999", QP_CSV_TEXT, 0);
    expect_cell("-999", false, "-999", QP_CSV_HOLE, 0);
    expect_cell(" -999 ", false, "-999", QP_CSV_HOLE, 0);
    expect_cell("-99", false, "-999", QP_CSV_NUMBER, -99);
    expect_cell("-9999", false, "-999", QP_CSV_NUMBER, -9999);
    expect_cell("NA", false, "-999", QP_CSV_HOLE, 0);
}

/* By name before number; a header cell that is a number is no name. */
Test(csv_columns, columns_by_name_or_number)
{
    static const struct {
        const char *wanted;
        int column;
        bool by_name;
    } row[] = {{"a", 0, true},        {"long name", 1, true},
               {"2", 1, false},       {"5", 4, false},
               {"9", 8, false},       {"0", -1, false},
               {"b", -1, false},      {"1x", -1, false},
               {"-1", -1, false},     {"", -1, false},
               {"A", -1, false},      {"long", -1, false},
               {"007", 6, false},     {"99999999999999", -1, false},
               {"\xC3\xA9", 5, true}, {"e\xCC\x81", 5, true}};
    char *field[] = {"a", " long name  ", "2.5", "9", "a", "\xC3\xA9"};
    const qp_csv_record first = {.fields = 6, .field = field};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        bool by_name = false;
        int column = qp_csv_find(&first, row[i].wanted, strlen(row[i].wanted), &by_name);
        cr_expect(column == row[i].column && by_name == row[i].by_name, "%s: %d %d", row[i].wanted, column, by_name);
    }
    cr_expect(qp_csv_same_name("a", "ab", 1));
    cr_expect_not(qp_csv_same_name("ab", "a", 1));
    cr_expect(qp_csv_same_name("  ", "", 0));
}

/* Names that have no room are left out whole. */
Test(csv_columns, names_for_a_message)
{
    char *field[] = {"one", "two", "three", "four"};
    const qp_csv_record first = {.fields = 4, .field = field};
    char list[300];
    for (size_t bytes = 1; bytes < 60; bytes++) {
        memset(list, '#', sizeof list);
        qp_csv_names(&first, list, bytes);
        cr_assert_lt(strlen(list), bytes);
        cr_expect_eq(strncmp("one, two, three, four", list, strlen(list)), 0, "%s", list);
        const char *last = strrchr(list, ' ');
        last = last ? last + 1 : list;
        cr_expect(!*last || !strcmp(last, "one") || !strcmp(last, "two") || !strcmp(last, "three") ||
                      !strcmp(last, "four"),
                  "%s", list);
        if (bytes > 40) cr_expect_str_eq(list, "one, two, three, four");
    }
}
