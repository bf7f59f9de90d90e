#ifndef QP_CSV_COLUMNS_H
#define QP_CSV_COLUMNS_H

#include "data/series/csv.h"

/* csv_columns — columns of a CSV file by name or number, and numbers in its cells. */

/* qp_csv_number — the number in a cell, spaces around it ignored; *value is NaN for the others.
 *   decimal_comma  1,5 is one and a half, as 1.5 is
 *   missing        a cell with this text is a hole too; NULL or "": none
 * A hole is an empty cell, NA, N/A, NaN, null, none, "-", "?", ".", or `missing`. Infinities and hexadecimal numbers
 * are text. */
typedef enum { QP_CSV_NUMBER, QP_CSV_HOLE, QP_CSV_TEXT } qp_csv_cell;
qp_csv_cell qp_csv_number(const char *cell, bool decimal_comma, const char *missing, double *value);

/* qp_csv_same_name — whether the header cell `name` is wanted[0..bytes), spaces around it ignored.
 * qp_csv_find — the column, from 0, with the name (compared in NFC) or else the number wanted[0..bytes) of a first
 *   record; -1: none.
 *   *by_name becomes true if it was found by name. A column found by number may be beyond the record's end.
 * qp_csv_no_column — QP_EUSAGE: that there is none, with the names there are. */
bool qp_csv_same_name(const char *name, const char *wanted, size_t bytes);
int qp_csv_find(const qp_csv_record *first, const char *wanted, size_t bytes, bool *by_name);
qp_status qp_csv_no_column(const qp_csv *csv, const qp_csv_record *first, const char *wanted, size_t bytes);

/* qp_csv_names — the names of a first record for a message, as many as `bytes` has room for. */
void qp_csv_names(const qp_csv_record *first, char *list, size_t bytes);

#endif
