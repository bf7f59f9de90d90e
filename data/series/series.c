#include "data/series/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/series/csv_columns.h"
#include "lib/base/array.h"

enum { MOST_COLUMNS = 1024 };

typedef struct {
    const qp_series_options *options;
    qp_csv *csv;
    qp_series *series;
    int place[MOST_COLUMNS]; /* indices of the chosen columns, from 0 */
    int fields;              /* of every row */
    int64_t first_line;
    size_t capacity; /* of series->value */
} loader;

static qp_csv_cell read_number(const loader *l, const char *cell, const char *missing, double *value)
{
    return qp_csv_number(cell, qp_csv_decimal_comma(l->csv), missing, value);
}

/* ---- choosing columns ---- */

/* A name that several columns of the header have does not identify a column. */
static qp_status check_unique(const loader *l, const qp_csv_record *first, int place)
{
    const char *name = first->field[place];
    for (int i = place + 1; i < first->fields; i++)
        if (qp_csv_same_name(first->field[i], name, strlen(name)))
            return qp_fail(QP_EUSAGE, "column %.100s: columns %d and %d of %s have this name; give the number", name,
                           place + 1, i + 1, qp_csv_path(l->csv));
    return QP_OK;
}

static qp_status choose_named(loader *l, const qp_csv_record *first, bool *by_name)
{
    const char *wanted = l->options->columns;
    bool whole = false;
    int place = qp_csv_find(first, wanted, strlen(wanted), &whole);
    if (whole) { /* a name with commas in it */
        QP_TRY(check_unique(l, first, place));
        *by_name = true;
        l->place[l->series->columns++] = place;
        return QP_OK;
    }
    while (*wanted) {
        size_t bytes = strcspn(wanted, ",");
        while (*wanted == ' ') wanted++, bytes--;
        bool named = false;
        place = qp_csv_find(first, wanted, bytes, &named);
        if (place < 0) return qp_csv_no_column(l->csv, first, wanted, bytes);
        if (named) QP_TRY(check_unique(l, first, place));
        *by_name |= named;
        if (l->series->columns == MOST_COLUMNS)
            return qp_fail(QP_EUSAGE, "column: more than %d of them; name fewer", MOST_COLUMNS);
        for (int i = 0; i < l->series->columns; i++)
            if (l->place[i] == place) return qp_fail(QP_EUSAGE, "column %.*s: named twice", (int)bytes, wanted);
        l->place[l->series->columns++] = place;
        wanted += bytes;
        wanted += *wanted == ',';
    }
    return QP_OK;
}

/* No column was named: use the only one with a number in the first row after the header. */
static qp_status choose_only(loader *l, const char *names, const qp_csv_record *row)
{
    double number;
    int found = 0;
    for (int i = 0; i < row->fields; i++)
        if (read_number(l, row->field[i], NULL, &number) == QP_CSV_NUMBER) {
            l->place[0] = i;
            found++;
        }
    if (found == 0)
        return qp_fail(QP_EDATA, "%s:%lld: no number in the row; give a CSV file with a column of numbers",
                       qp_csv_path(l->csv), (long long)row->line);
    if (found > 1)
        return qp_fail(QP_EUSAGE, "%s has %d columns of numbers; name one with --column: %s", qp_csv_path(l->csv),
                       found, names);
    l->series->columns = 1;
    return QP_OK;
}

/* ---- rows ---- */

static qp_status add_row(loader *l, const qp_csv_record *row)
{
    qp_series *s = l->series;
    if (!l->fields) {
        l->fields = row->fields;
        l->first_line = row->line;
    }
    if (row->fields != l->fields)
        return qp_fail(QP_EDATA, "%s:%lld: %d column%s, but line %lld has %d; every row needs the same number",
                       qp_csv_path(l->csv), (long long)row->line, row->fields, row->fields == 1 ? "" : "s",
                       (long long)l->first_line, l->fields);
    if (!QP_GROW(s->value, l->capacity, (size_t)((s->rows + 1) * s->columns)))
        return qp_fail(QP_EMEMORY, "%s: no memory for the numbers; use a shorter file", qp_csv_path(l->csv));
    for (int i = 0; i < s->columns; i++) {
        if (l->place[i] >= row->fields)
            return qp_fail(QP_EUSAGE, "column %d: %s has %d columns; name one of them", l->place[i] + 1,
                           qp_csv_path(l->csv), row->fields);
        const char *cell = row->field[l->place[i]];
        qp_csv_cell kind = read_number(l, cell, l->options->missing, &s->value[s->rows * s->columns + i]);
        if (kind == QP_CSV_TEXT)
            return qp_fail(QP_EDATA,
                           "%s:%lld: '%.40s' in column %d is not a number; correct it, or name another column",
                           qp_csv_path(l->csv), (long long)row->line, cell, l->place[i] + 1);
        if (kind == QP_CSV_HOLE && l->options->holes == QP_HOLES_REFUSE)
            return qp_fail(QP_EDATA,
                           "%s:%lld: no value in column %d; fill it, or give --holes interpolate for a straight line "
                           "between its neighbours",
                           qp_csv_path(l->csv), (long long)row->line, l->place[i] + 1);
        s->holes += kind == QP_CSV_HOLE;
    }
    s->rows++;
    return QP_OK;
}

static qp_status name_columns(loader *l, char *const *names, int count)
{
    qp_series *s = l->series;
    s->name = calloc((size_t)s->columns, sizeof *s->name);
    bool whole = s->name != NULL;
    for (int i = 0; whole && i < s->columns; i++) {
        char number[20];
        snprintf(number, sizeof number, "%d", l->place[i] + 1);
        s->name[i] = strdup(names && l->place[i] < count ? names[l->place[i]] : number);
        whole = s->name[i] != NULL;
    }
    return whole ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", qp_csv_path(l->csv));
}

/* Is the first record a header? Yes if a chosen column was found by name, is neither a number nor a hole there, or is
 * beyond its end. */
static bool is_header(const loader *l, const qp_csv_record *first, bool by_name)
{
    double number;
    for (int i = 0; i < l->series->columns && !by_name; i++)
        by_name = l->place[i] >= first->fields ||
                  read_number(l, first->field[l->place[i]], l->options->missing, &number) == QP_CSV_TEXT;
    return by_name;
}

static qp_status read_named(loader *l, const qp_csv_record *first)
{
    bool by_name = false;
    QP_TRY(choose_named(l, first, &by_name));
    bool header = is_header(l, first, by_name);
    QP_TRY(name_columns(l, header ? first->field : NULL, first->fields));
    return header ? QP_OK : add_row(l, first);
}

/* Without a choice: a first record with a number is a row; otherwise it is a header, and the next one decides. */
static qp_status read_only(loader *l, const qp_csv_record *first)
{
    double number;
    bool header = true, more;
    for (int i = 0; i < first->fields; i++) header &= read_number(l, first->field[i], NULL, &number) != QP_CSV_NUMBER;
    if (!header) {
        QP_TRY(choose_only(l, "give its number", first));
        QP_TRY(name_columns(l, NULL, 0));
        return add_row(l, first);
    }
    char list[300];
    qp_csv_names(first, list, sizeof list);
    int count = first->fields > 0 ? first->fields : 0;
    char **names = calloc((size_t)count, sizeof *names);
    qp_status status = names ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", qp_csv_path(l->csv));
    for (int i = 0; status == QP_OK && i < count; i++)
        if (!(names[i] = strdup(first->field[i])))
            status = qp_fail(QP_EMEMORY, "%s: out of memory", qp_csv_path(l->csv));
    qp_csv_record row;
    if (status == QP_OK) status = qp_csv_next(l->csv, &row, &more);
    if (status == QP_OK && !more)
        status = qp_fail(QP_EDATA, "%s: a header and no rows; give numbers", qp_csv_path(l->csv));
    if (status == QP_OK) status = choose_only(l, list, &row);
    if (status == QP_OK) status = name_columns(l, names, count);
    if (status == QP_OK) status = add_row(l, &row);
    for (int i = 0; names && i < count; i++) free(names[i]);
    free(names);
    return status;
}

/* ---- holes ---- */

static qp_status fill_column(qp_series *s, int column)
{
    int64_t known = -1; /* the last row that has a value */
    for (int64_t row = 0; row <= s->rows; row++) {
        if (row < s->rows && isnan(qp_series_value(s, row, column))) continue;
        if (row == s->rows && known < 0)
            return qp_fail(QP_EDATA, "%s: column %s has no value at all; name another", s->path, s->name[column]);
        double before = known < 0 ? 0 : qp_series_value(s, known, column);
        double after = row < s->rows ? qp_series_value(s, row, column) : before;
        if (known < 0) before = after;
        for (int64_t hole = known + 1; hole < row; hole++) {
            double share = (double)(hole - known) / (double)(row - known);
            s->value[hole * s->columns + column] = before + share * (after - before);
        }
        known = row;
    }
    return QP_OK;
}

static qp_status read_all(loader *l)
{
    qp_csv_record record;
    bool more;
    l->series->path = strdup(qp_csv_path(l->csv));
    if (!l->series->path) return qp_fail(QP_EMEMORY, "%s: out of memory", qp_csv_path(l->csv));
    QP_TRY(qp_csv_next(l->csv, &record, &more));
    if (!more) return qp_fail(QP_EDATA, "%s: the file is empty; give rows of numbers", qp_csv_path(l->csv));
    bool named = l->options->columns && *l->options->columns;
    QP_TRY(named ? read_named(l, &record) : read_only(l, &record));
    for (;;) {
        QP_TRY(qp_csv_next(l->csv, &record, &more));
        if (!more) break;
        QP_TRY(add_row(l, &record));
    }
    if (l->series->rows == 0) return qp_fail(QP_EDATA, "%s: a header and no rows; give numbers", qp_csv_path(l->csv));
    for (int i = 0; i < l->series->columns && l->series->holes; i++) QP_TRY(fill_column(l->series, i));
    return QP_OK;
}

qp_status qp_series_read(const qp_series_options *options, qp_series *series)
{
    memset(series, 0, sizeof *series);
    loader l = {.options = options, .series = series};
    QP_TRY(qp_csv_open(options->path, &l.csv));
    qp_status status = read_all(&l);
    qp_csv_close(l.csv);
    if (status != QP_OK) qp_series_free(series);
    return status;
}

void qp_series_free(qp_series *series)
{
    for (int i = 0; series->name && i < series->columns; i++) free(series->name[i]);
    free(series->name);
    free(series->path);
    free(series->value);
    free(series->spread.first);
    memset(series, 0, sizeof *series);
}

void qp_series_keep(qp_series *series, int64_t first, int64_t end)
{
    size_t width = (size_t)series->columns * sizeof *series->value;
    memmove(series->value, series->value + first * series->columns, (size_t)(end - first) * width);
    series->rows = end - first;
}
