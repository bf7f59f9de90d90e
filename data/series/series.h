#ifndef QP_SERIES_H
#define QP_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/cluster/spread.h"

/* series — columns of numbers from a CSV file (csv.h): one row per time step, in the order of the file.
 *
 * Columns are chosen by their name in the header or by number from 1; a name takes precedence. The first record is a
 * header if columns are chosen by name, or are not numbers there. Rows may have more columns than the header (but all
 * the same number); these have no name.
 * A hole is an empty cell, NA, N/A, NaN, null, none, "-", "?", ".", or the text that the options call missing. */
typedef enum { QP_HOLES_REFUSE, QP_HOLES_INTERPOLATE } qp_hole_policy;

typedef struct {
    const char *path;
    const char *columns;  /* separated by commas: the first is forecast, the others are inputs; "": the only numbers */
    qp_hole_policy holes; /* INTERPOLATE: linear between the neighbors; the nearest value at the ends */
    const char *missing;  /* a cell with this text is a hole too (-999); NULL or "": none */
} qp_series_options;

typedef struct {
    char *path;
    int columns;
    char **name; /* [columns]; its number if it has no name */
    int64_t rows;
    double *value;    /* [rows, columns], finite */
    int64_t holes;    /* holes filled */
    qp_spread spread; /* of several ranks: whose rows `value` are (series_share.h) */
} qp_series;

/* qp_series_read — read the whole file.
 * Memory  8 bytes per number.
 * Errors  QP_EDATA, with file and line: not a number, a hole (unless filled), rows of different length, no rows, a
 *         column of only holes; QP_EUSAGE: no such column, or no choice among several; those of qp_csv; QP_EMEMORY. */
qp_status qp_series_read(const qp_series_options *options, qp_series *series);
void qp_series_free(qp_series *series);

/* qp_series_keep — drop all rows but first .. end-1. */
void qp_series_keep(qp_series *series, int64_t first, int64_t end);

static inline double qp_series_value(const qp_series *series, int64_t row, int column)
{
    return series->value[row * series->columns + column];
}

#endif
