#ifndef QP_CSV_H
#define QP_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* csv — reads records of comma-separated values, one at a time (also .gz; "-" is standard input; LF or CRLF; the last
 * line may lack its end).
 * The separator is the one that occurs most often outside quotes in the first line: comma, semicolon or TAB; beside a
 * semicolon, commas between digits are decimal commas and do not count. A field in
 * double quotes may contain separators, line ends and doubled quotes. Empty lines are skipped. (RFC 4180, and the
 * output of spreadsheets.) The text is UTF-8, and is read in NFC.
 * A list of files (file_list.h) is one table: a header that further files repeat is passed over there. */
typedef struct {
    int64_t line; /* its first line, from 1 */
    int fields;
    char **field; /* NUL-terminated; valid until the next record */
} qp_csv_record;

typedef struct qp_csv qp_csv;

/* qp_csv_open — errors: those of qp_reader_open.
 * qp_csv_next — the next record; *more is false after the last one. QP_EDATA: a quote that is never closed, text after
 *               a closing quote, NUL bytes, decimal commas in fields that commas separate; those of
 *               qp_reader_next_utf8; QP_EMEMORY. */
qp_status qp_csv_open(const char *path, qp_csv **csv);
qp_status qp_csv_next(qp_csv *csv, qp_csv_record *record, bool *more);
const char *qp_csv_path(const qp_csv *csv);

/* qp_csv_decimal_comma — the file has semicolons between its columns, as spreadsheets write where 1,5 is one and a
 * half; known after the first record. */
bool qp_csv_decimal_comma(const qp_csv *csv);
void qp_csv_close(qp_csv *csv);

#endif
