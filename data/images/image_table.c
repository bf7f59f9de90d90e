#include "data/images/image_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/series/csv_columns.h"
#include "lib/base/array.h"

typedef struct {
    const qp_images_options *options;
    qp_images *images;
    qp_csv *csv;
    int label;  /* column of the labels; -1: none */
    int *place; /* [cells] columns of the numbers */
    size_t place_capacity;
    int cells, fields;
    int64_t first_line;
    qp_real *value; /* [cells] of one row */
} table;

static bool add_place(table *t, int column)
{
    if (!QP_GROW(t->place, t->place_capacity, (size_t)t->cells + 1)) return false;
    t->place[t->cells++] = column;
    return true;
}

static qp_status no_memory(const table *t) { return qp_fail(QP_EMEMORY, "%s: no memory for a row", t->options->path); }

/* Columns that the options name, the first of them the labels'. */
static qp_status choose_named(table *t, const qp_csv_record *first, bool *by_name)
{
    const char *wanted = t->options->columns;
    for (int i = 0; *wanted; i++) {
        size_t bytes = strcspn(wanted, ",");
        int column = qp_csv_find(first, wanted, bytes, by_name);
        bool whole_row = qp_image_cells(t->options->size) == (size_t)first->fields; /* it has no labels */
        if (i == 0 && t->options->known && (column < 0 || (!*by_name && whole_row)))
            column = -1;
        else if (column < 0 || column >= first->fields)
            return qp_csv_no_column(t->csv, first, wanted, bytes);
        if (i == 0)
            t->label = column;
        else if (!add_place(t, column))
            return no_memory(t);
        wanted += bytes;
        wanted += *wanted == ',';
    }
    return QP_OK;
}

/* A column whose name says that it holds labels. */
static qp_status choose_usual(table *t, const qp_csv_record *first, bool *by_name)
{
    static const char *const usual[] = {"label", "class", "target"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual && !*by_name; i++) {
        int column = qp_csv_find(first, usual[i], strlen(usual[i]), by_name);
        if (*by_name) t->label = column;
    }
    if (*by_name || t->options->known) return QP_OK;
    return qp_fail(QP_EUSAGE, "%s: which column holds the labels? Name it with --column NAME, or number it from 1",
                   t->options->path);
}

/* The size of an image of t->cells numbers. */
static qp_status settle_size(table *t)
{
    qp_image_size size = t->options->size;
    int side = (int)(sqrt(t->cells) + 0.5);
    if (size.height && !size.channels) size.channels = 1;
    if (size.height && qp_image_cells(size) != (size_t)t->cells)
        return qp_fail(QP_EDATA, "%s: %d numbers in a row, but images of %d x %d x %d have %zu", t->options->path,
                       t->cells, size.height, size.width, size.channels, qp_image_cells(size));
    if (!size.height && !t->options->series && side * side != t->cells)
        return qp_fail(QP_EDATA, "%s: %d numbers in a row are no square image; add --image-size HxW (a series: 1xW)",
                       t->options->path, t->cells);
    if (!size.height) size = (qp_image_size){t->options->series ? 1 : side, t->options->series ? t->cells : side, 1};
    t->images->size = size;
    return qp_image_size_check(t->options->path, size.height, size.width, size.channels);
}

static bool all_numbers(const table *t, const qp_csv_record *record)
{
    double number;
    for (int i = 0; i < t->cells; i++)
        if (qp_csv_number(record->field[t->place[i]], qp_csv_decimal_comma(t->csv), NULL, &number) == QP_CSV_TEXT)
            return false;
    return true;
}

/* Choose the columns by the first record; *header: it has their names. */
static qp_status choose(table *t, const qp_csv_record *first, bool *header)
{
    t->label = -1;
    t->fields = first->fields;
    t->first_line = first->line;
    bool named = t->options->columns && *t->options->columns;
    *header = false;
    QP_TRY(named ? choose_named(t, first, header) : choose_usual(t, first, header));
    for (int i = 0, all = t->cells == 0; all && i < first->fields; i++)
        if (i != t->label && !add_place(t, i)) return no_memory(t);
    if (t->cells == 0)
        return qp_fail(QP_EDATA, "%s: no columns of numbers beside the labels", t->options->path);
    if (!all_numbers(t, first)) *header = true;
    QP_TRY(settle_size(t));
    t->value = malloc((size_t)t->cells * sizeof *t->value);
    return t->value ? QP_OK : no_memory(t);
}

static qp_status add_row(table *t, const qp_csv_record *row)
{
    double number;
    if (row->fields != t->fields)
        return qp_fail(QP_EDATA, "%s:%lld: %d columns, but line %lld has %d; every row needs the same number",
                       t->options->path, (long long)row->line, row->fields, (long long)t->first_line, t->fields);
    for (int i = 0; i < t->cells; i++) {
        const char *cell = row->field[t->place[i]];
        bool is = qp_csv_number(cell, qp_csv_decimal_comma(t->csv), NULL, &number) == QP_CSV_NUMBER;
        t->value[i] = is ? (qp_real)number : 0;
        if (!is || !isfinite(t->value[i]))
            return qp_fail(QP_EDATA, "%s:%lld: '%.40s' in column %d is not a number; correct it", t->options->path,
                           (long long)row->line, cell, t->place[i] + 1);
    }
    qp_image image = {.value = t->value,
                      .label = t->label >= 0 ? row->field[t->label] : NULL,
                      .path = t->options->path,
                      .line = row->line};
    return qp_images_add(t->images, t->options, &image);
}

static qp_status read_rows(table *t)
{
    qp_csv_record record;
    bool more, header;
    QP_TRY(qp_csv_next(t->csv, &record, &more));
    if (!more) return qp_fail(QP_EDATA, "%s: the file is empty; give rows of numbers", t->options->path);
    QP_TRY(choose(t, &record, &header));
    if (!header) QP_TRY(add_row(t, &record));
    for (;;) {
        QP_TRY(qp_csv_next(t->csv, &record, &more));
        if (!more) return QP_OK;
        QP_TRY(add_row(t, &record));
    }
}

qp_status qp_image_table_read(const qp_images_options *options, qp_images *images)
{
    table t = {.options = options, .images = images};
    QP_TRY(qp_csv_open(options->path, &t.csv));
    qp_status status = read_rows(&t);
    qp_csv_close(t.csv);
    free(t.place);
    free(t.value);
    return status;
}
