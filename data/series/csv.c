#include "data/series/csv.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/files/file_list.h"
#include "lib/text/normalize.h"
#include "lib/text/utf8_reader.h"

struct qp_csv {
    qp_reader *reader;
    char separator; /* 0: unknown */
    char *text;     /* fields of one record, each NUL-terminated */
    size_t bytes, capacity;
    size_t *start; /* of each field */
    size_t start_capacity, field_capacity;
    char **field;
    int fields, columns; /* of this record; of the first one */
    char *header;        /* the first line, in a list of files; "": it has only numbers */
    int files;           /* that have been begun */
    qp_mapped_text composed;
};

qp_status qp_csv_open(const char *path, qp_csv **csv)
{
    *csv = NULL;
    qp_csv *opened = calloc(1, sizeof *opened);
    if (!opened) return qp_fail(QP_EMEMORY, "%s: out of memory", path);
    qp_status status = qp_reader_open_list(path, &opened->reader);
    if (status == QP_OK)
        *csv = opened;
    else
        free(opened);
    return status;
}

const char *qp_csv_path(const qp_csv *csv) { return qp_reader_path(csv->reader); }
bool qp_csv_decimal_comma(const qp_csv *csv) { return csv->separator == ';'; }

void qp_csv_close(qp_csv *csv)
{
    if (!csv) return;
    qp_reader_close(csv->reader);
    free(csv->header);
    free(csv->text);
    free(csv->start);
    free(csv->field);
    qp_mapped_text_free(&csv->composed);
    free(csv);
}

static qp_status fail_at(const qp_csv *csv, qp_status status, const char *what)
{
    return qp_fail(status, "%s:%lld: %s", qp_reader_path(csv->reader), (long long)qp_reader_line(csv->reader), what);
}

static qp_status put(qp_csv *csv, char byte)
{
    if (!QP_GROW(csv->text, csv->capacity, csv->bytes + 1)) return fail_at(csv, QP_EMEMORY, "no memory for the line");
    csv->text[csv->bytes++] = byte;
    return QP_OK;
}

static qp_status begin_field(qp_csv *csv)
{
    size_t needed = (size_t)csv->fields + 1;
    if (!QP_GROW(csv->start, csv->start_capacity, needed) || !QP_GROW(csv->field, csv->field_capacity, needed))
        return fail_at(csv, QP_EMEMORY, "no memory for the line");
    csv->start[csv->fields++] = csv->bytes;
    return QP_OK;
}

/* The next line in NFC, so that names and labels are equal however they are composed. */
static qp_status next_line(qp_csv *csv, char **line, size_t *bytes)
{
    qp_text normal;
    QP_TRY(qp_reader_next_utf8(csv->reader, line, bytes));
    if (!*line) return QP_OK;
    QP_TRY(qp_nfc_view((qp_text){*line, *bytes}, &csv->composed, &normal));
    if (normal.text == *line) return QP_OK;
    QP_TRY(qp_mapped_text_add(&csv->composed, "", 1, 0, 0, false));
    *line = csv->composed.text;
    *bytes = normal.bytes;
    return QP_OK;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void find_separator(qp_csv *csv, const char *line, size_t bytes)
{
    static const char candidates[] = ",;\t";
    size_t count[3] = {0}, decimal = 0;
    bool quoted = false;
    for (size_t i = 0; i < bytes; i++) {
        if (line[i] == '"') quoted = !quoted;
        for (int k = 0; k < 3; k++) count[k] += !quoted && line[i] == candidates[k];
        bool inside = i > 0 && i + 1 < bytes && is_digit(line[i - 1]) && is_digit(line[i + 1]);
        decimal += !quoted && line[i] == ',' && inside;
    }
    if (count[1] > 0) count[0] -= decimal;
    int best = 0;
    for (int k = 1; k < 3; k++)
        if (count[k] > count[best]) best = k;
    csv->separator = candidates[best];
}

/* Append the next line to the record; QP_EDATA at the end of the file, because a quote is open. */
static qp_status continue_quote(qp_csv *csv, char **line, size_t *bytes, int64_t begun)
{
    QP_TRY(next_line(csv, line, bytes));
    if (*line) return put(csv, '\n');
    return qp_fail(QP_EDATA, "%s:%lld: a quote is opened here and never closed; write quotes inside a field twice",
                   qp_reader_path(csv->reader), (long long)begun);
}

/* Read a quoted field; *at moves from after its opening quote to after its closing one. Reads more lines as needed. */
static qp_status quoted_field(qp_csv *csv, char **line, size_t *bytes, size_t *at)
{
    int64_t begun = qp_reader_line(csv->reader);
    for (;;) {
        while (*at == *bytes) {
            QP_TRY(continue_quote(csv, line, bytes, begun));
            *at = 0;
        }
        char byte = (*line)[(*at)++];
        if (byte == '"') {
            if (*at == *bytes || (*line)[*at] != '"') break;
            (*at)++;
        }
        QP_TRY(put(csv, byte));
    }
    while (*at < *bytes && (*line)[*at] == ' ' && csv->separator != ' ') (*at)++;
    if (*at < *bytes && (*line)[*at] != csv->separator)
        return fail_at(csv, QP_EDATA, "text after a closing quote; write quotes inside a field twice");
    return QP_OK;
}

static qp_status split(qp_csv *csv, char *line, size_t bytes)
{
    size_t at = 0;
    csv->bytes = 0;
    csv->fields = 0;
    for (;;) {
        QP_TRY(begin_field(csv));
        if (at < bytes && line[at] == '"') {
            at++;
            QP_TRY(quoted_field(csv, &line, &bytes, &at));
        }
        for (; at < bytes && line[at] != csv->separator; at++) {
            if (!line[at]) return fail_at(csv, QP_EDATA, "a NUL byte; is this a text file?");
            QP_TRY(put(csv, line[at]));
        }
        QP_TRY(put(csv, 0));
        if (at++ >= bytes) return QP_OK;
    }
}

/* Whether a line is the header again, at the beginning of a further file. */
static qp_status repeats_header(qp_csv *csv, const char *line, bool *repeats)
{
    bool begins = csv->files != qp_reader_files(csv->reader);
    csv->files = qp_reader_files(csv->reader);
    *repeats = begins && csv->header && *csv->header && strcmp(line, csv->header) == 0;
    if (csv->header) return QP_OK;
    bool numbers = line[strspn(line, " +-.0123456789eE,;\t\"")] == '\0';
    csv->header = strdup(numbers ? "" : line);
    return csv->header ? QP_OK : fail_at(csv, QP_EMEMORY, "no memory for the line");
}

/* Twice the fields of the first line, and whole numbers after each comma: 1,5 is one and a half. */
static bool has_decimal_commas(const qp_csv *csv)
{
    if (csv->separator != ',' || csv->fields != 2 * csv->columns) return false;
    for (int i = 0; i < csv->fields; i++) {
        const char *digits = csv->field[i] + (i % 2 == 0 && *csv->field[i] == '-');
        if (!*digits || digits[strspn(digits, "0123456789")]) return false;
    }
    return true;
}

static qp_status too_many(const qp_csv *csv)
{
    return qp_fail(QP_EDATA,
                   "%s:%lld: %d fields, but the first line has %d; if the commas are in the numbers, separate the "
                   "fields with ';'",
                   qp_reader_path(csv->reader), (long long)qp_reader_line(csv->reader), csv->fields, csv->columns);
}

qp_status qp_csv_next(qp_csv *csv, qp_csv_record *record, bool *more)
{
    char *line;
    size_t bytes;
    *record = (qp_csv_record){0};
    *more = false;
    bool repeats = false;
    do {
        QP_TRY(next_line(csv, &line, &bytes));
        if (!line) return QP_OK;
        if (bytes > 0) QP_TRY(repeats_header(csv, line, &repeats));
    } while (bytes == 0 || repeats);
    if (!csv->separator) find_separator(csv, line, bytes);
    record->line = qp_reader_line(csv->reader);
    QP_TRY(split(csv, line, bytes));
    for (int i = 0; i < csv->fields; i++) csv->field[i] = csv->text + csv->start[i];
    if (!csv->columns) csv->columns = csv->fields;
    if (has_decimal_commas(csv)) return too_many(csv);
    record->fields = csv->fields;
    record->field = csv->field;
    *more = true;
    return QP_OK;
}
