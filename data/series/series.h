#ifndef QP_SERIES_H
#define QP_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

/* series — columns of numbers from a CSV file (csv.h), one row a step of time, in the order of the file.
 *
 * Columns are named as in the header, or numbered from 1; a name is tried first. The first record is a header if the
 * chosen columns are named, or are no numbers there. The rows may have more columns than the header (but all equally
 * many); those have no name.
 * A hole is an empty cell, NA, N/A, NaN, null, none, "-", "?", ".", or what the options call missing. */
typedef enum { QP_HOLES_REFUSE, QP_HOLES_INTERPOLATE } qp_hole_policy;

typedef struct {
    const char *path;
    const char
        *columns; /* one, or several parted by commas: the first is foretold, the others help. "": the only column
                             of numbers */
    qp_hole_policy holes; /* INTERPOLATE: on the straight line between the neighbours; at the ends the nearest value */
    const char *missing;  /* a cell of this text is a hole too (-999); NULL or "": none */
} qp_series_options;

typedef struct {
    char *path;
    int columns;
    char **name; /* [columns]; the number of a column without name */
    int64_t rows;
    double *value; /* [rows, columns], finite */
    int64_t holes; /* filled */
} qp_series;

/* qp_series_read — the whole file.   Memory  8 bytes a number.
 * Errors  QP_EDATA, with file and line: no number, a hole (unless filled), rows of different length, no rows, a column of
 *         holes alone; QP_EUSAGE: no such column (the known ones are told), or several to choose from and none chosen;
 *         those of qp_csv; QP_EMEMORY. */
qp_status qp_series_read(const qp_series_options *options, qp_series *series);
void qp_series_free(qp_series *series);

static inline double qp_series_value(const qp_series *series, int64_t row, int column)
{
    return series->value[row * series->columns + column];
}

#endif
