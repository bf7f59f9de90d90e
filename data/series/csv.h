#ifndef QP_CSV_H
#define QP_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* csv — records of comma-separated values, one at a time (.gz as it is, "-" is standard input; LF or CRLF; the last line
 * with or without its end).
 * The separator is what occurs most often in the first line outside quotes: comma, semicolon or TAB. A field in double
 * quotes may hold separators, line ends, and quotes written twice. Empty lines are no records. (RFC 4180, and what
 * spreadsheets write.) */
typedef struct {
    int64_t line; /* on which it begins, from 1 */
    int fields;
    char **field; /* NUL-terminated; valid until the next record */
} qp_csv_record;

typedef struct qp_csv qp_csv;

/* qp_csv_open — errors: those of qp_reader_open.
 * qp_csv_next — the next record; *more false behind the last one. QP_EDATA: a quote that is not closed before the end of
 *               the file, text behind a closing quote, NUL bytes; those of qp_reader; QP_EMEMORY. */
qp_status qp_csv_open(const char *path, qp_csv **csv);
qp_status qp_csv_next(qp_csv *csv, qp_csv_record *record, bool *more);
const char *qp_csv_path(const qp_csv *csv);
void qp_csv_close(qp_csv *csv);

#endif
