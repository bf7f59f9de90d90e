#include "data/series/csv_columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/normalize.h"

enum { MOST_FIELDS = 65536 };

qp_csv_cell qp_csv_number(const char *cell, bool decimal_comma, const char *missing, double *value)
{
    char point[64];
    static const char *holes[] = {"",     "NA",   "N/A",  "n/a",  "na", "NaN", "nan", "NAN",
                                  "null", "NULL", "None", "none", "-",  "?",   "."};
    while (*cell == ' ' || *cell == '\t') cell++;
    size_t bytes = strlen(cell);
    while (bytes && (cell[bytes - 1] == ' ' || cell[bytes - 1] == '\t')) bytes--;
    *value = NAN;
    if (missing && *missing && strlen(missing) == bytes && !strncmp(cell, missing, bytes)) return QP_CSV_HOLE;
    for (size_t i = 0; i < sizeof holes / sizeof *holes; i++)
        if (strlen(holes[i]) == bytes && !strncmp(cell, holes[i], bytes)) return QP_CSV_HOLE;
    const char *comma = decimal_comma && bytes < sizeof point ? memchr(cell, ',', bytes) : NULL;
    if (comma && !memchr(cell, '.', bytes)) {
        snprintf(point, sizeof point, "%.*s", (int)bytes, cell);
        point[comma - cell] = '.';
        cell = point;
    }
    if (strspn(cell, "+-.0123456789eE") != bytes) return QP_CSV_TEXT; /* no inf, no hexadecimal numbers */
    char *end;
    double number = strtod(cell, &end);
    if (end != cell + bytes || !isfinite(number)) return QP_CSV_TEXT;
    *value = number;
    return QP_CSV_NUMBER;
}

bool qp_csv_same_name(const char *name, const char *wanted, size_t bytes)
{
    while (*name == ' ') name++;
    size_t length = strlen(name);
    while (length && name[length - 1] == ' ') length--;
    return length == bytes && !memcmp(name, wanted, bytes);
}

/* The column of this name; -1: none. */
static int find_name(const qp_csv_record *first, const char *wanted, size_t bytes)
{
    qp_mapped_text room = {0};
    const qp_text name = qp_nfc_or_text(wanted, bytes, &room);
    double number;
    int found = -1;
    for (int i = 0; found < 0 && i < first->fields; i++)
        if (qp_csv_same_name(first->field[i], name.text, name.bytes) &&
            qp_csv_number(first->field[i], false, NULL, &number) == QP_CSV_TEXT)
            found = i;
    qp_mapped_text_free(&room);
    return found;
}

int qp_csv_find(const qp_csv_record *first, const char *wanted, size_t bytes, bool *by_name)
{
    const int named = find_name(first, wanted, bytes);
    if (named >= 0) {
        *by_name = true;
        return named;
    }
    int place = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (wanted[i] < '0' || wanted[i] > '9' || place > MOST_FIELDS) return -1;
        place = place * 10 + (wanted[i] - '0');
    }
    return place - 1; /* the rows are checked later */
}

void qp_csv_names(const qp_csv_record *first, char *list, size_t bytes)
{
    size_t at = 0;
    list[0] = 0;
    for (int i = 0; i < first->fields && at + strlen(first->field[i]) + 8 < bytes; i++) {
        memcpy(list + at, i ? ", " : "", i ? 2 : 0);
        at += i ? 2 : 0;
        size_t length = strlen(first->field[i]);
        memcpy(list + at, first->field[i], length + 1);
        at += length;
    }
}

qp_status qp_csv_no_column(const qp_csv *csv, const qp_csv_record *first, const char *wanted, size_t bytes)
{
    char list[300], name[100];
    qp_csv_names(first, list, sizeof list);
    size_t length = bytes < sizeof name - 1 ? bytes : sizeof name - 1;
    memcpy(name, wanted, length);
    name[length] = 0;
    return qp_fail(QP_EUSAGE, "column %s: %s has none of this name or number; its first line is: %s", name,
                   qp_csv_path(csv), list);
}
