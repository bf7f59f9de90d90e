#include "data/text/word_vectors.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/text/utf8.h"

enum { SAMPLE_BYTES = 1 << 16, WORD_BYTES = 4096 };

struct qp_word_vectors {
    qp_reader *reader;
    const char *path;
    bool header, binary;
    int width;
    int64_t words, read; /* words: what the header says */
    const char *numbers; /* of a line: where they begin */
    float *value;        /* [width] of a binary record */
    char word[WORD_BYTES];
};

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static bool is_numeric(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+' || c == 'e' || c == 'E';
}

/* ---- which format ---- */

static size_t count_fields(const char *text, size_t bytes)
{
    size_t fields = 0;
    for (size_t i = 0; i < bytes; i++) fields += !is_blank(text[i]) && (i == 0 || is_blank(text[i - 1]));
    return fields;
}

/* A number of digits alone, at most 18; -1: something else. */
static int64_t whole_number(const char **at)
{
    int64_t number = 0;
    const char *c = *at;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (c - *at == 18) return -1;
        number = number * 10 + (*c - '0');
    }
    if (c == *at) return -1;
    *at = c;
    return number;
}

static bool parse_header(const char *line, size_t bytes, int64_t *words, int64_t *width)
{
    const char *at = line, *end = line + bytes;
    *words = whole_number(&at);
    if (*words < 0 || !is_blank(*at)) return false;
    while (is_blank(*at)) at++;
    *width = whole_number(&at);
    while (is_blank(*at)) at++;
    return *width >= 0 && at == end;
}

/* Does the record after the header look like a line of text? Floats have bytes that no text has, but few of them may
 * look like letters: then the fields decide. */
static bool is_text(const char *sample, size_t bytes, int width)
{
    const char *end = memchr(sample, '\n', bytes), *blank = memchr(sample, ' ', bytes);
    size_t length = end ? (size_t)(end - sample) : bytes;
    if (!blank || blank > sample + length) blank = memchr(sample, '\t', length);
    if (!blank) return end || bytes == 0;
    bool numeric = true;
    for (const char *c = blank; c < sample + length; c++) {
        if ((*c < ' ' || *c > '~') && *c != '\t' && *c != '\r') return false;
        numeric = numeric && (is_numeric(*c) || is_blank(*c) || *c == '\r');
    }
    return numeric || width >= 4 || count_fields(blank, length - (size_t)(blank - sample)) == (size_t)width;
}

/* The smallest record: a letter, then for each value a blank and a digit, and a LF; or a space and the floats. The last
 * LF may be absent. */
static qp_status check_header(const qp_word_vectors *v, int64_t width)
{
    int64_t record = v->binary ? 2 + 4 * width : 2 + 2 * width, bound = qp_reader_bound(v->reader);
    if (v->words > 0 && v->words - 1 <= (bound - (record - 1)) / record && bound >= record - 1) return QP_OK;
    return qp_fail(QP_EDATA, "%s:1: the header promises %lld words of %lld numbers, which %s; the file is truncated or "
                             "its first line is wrong",
                   v->path, (long long)v->words, (long long)width,
                   v->words > 0 ? "a file of this size cannot hold" : "is nothing");
}

static qp_status look(qp_word_vectors *v, char *sample)
{
    char *line;
    size_t bytes, got;
    int64_t width;
    QP_TRY(qp_reader_next(v->reader, &line, &bytes));
    if (!line) return qp_fail(QP_EDATA, "%s: is empty; a file of word vectors is wanted", v->path);
    v->header = parse_header(line, bytes, &v->words, &width);
    if (!v->header) width = (int64_t)count_fields(line, bytes) - 1;
    if (width < 1 || width > QP_WORD_VECTORS_WIDEST)
        return qp_fail(QP_EDATA, "%s:1: words of %lld numbers; word vectors have 1 to %d, in lines of a word and "
                                 "its numbers",
                       v->path, (long long)width, QP_WORD_VECTORS_WIDEST);
    v->width = (int)width;
    if (!v->header) return QP_OK;
    QP_TRY(qp_reader_bytes(v->reader, sample, SAMPLE_BYTES, &got));
    v->binary = !is_text(sample, got, v->width);
    return check_header(v, width);
}

qp_status qp_word_vectors_open(const char *path, qp_word_vectors **vectors, int *width)
{
    char *line;
    size_t bytes;
    *vectors = NULL;
    if (qp_file_once(path))
        return qp_fail(QP_EUSAGE, "%s: word vectors are read more than once, which a pipe cannot; name a file", path);
    qp_word_vectors *v = calloc(1, sizeof *v);
    char *sample = malloc(SAMPLE_BYTES);
    qp_status status = v && sample ? QP_OK : qp_fail(QP_EMEMORY, "%s: no memory to read it", path);
    if (status == QP_OK) v->path = path;
    if (status == QP_OK) status = qp_reader_open(path, &v->reader);
    if (status == QP_OK) status = look(v, sample);
    if (status == QP_OK) {
        qp_reader_close(v->reader);
        status = qp_reader_open(path, &v->reader);
        v->value = malloc((size_t)v->width * sizeof *v->value);
        if (!v->value) status = qp_fail(QP_EMEMORY, "%s: no memory for %d numbers", path, v->width);
    }
    if (status == QP_OK && v->header) status = qp_reader_next(v->reader, &line, &bytes);
    free(sample);
    if (status != QP_OK) {
        qp_word_vectors_close(v);
        return status;
    }
    *vectors = v;
    *width = v->width;
    return QP_OK;
}

void qp_word_vectors_close(qp_word_vectors *v)
{
    if (!v) return;
    qp_reader_close(v->reader);
    free(v->value);
    free(v);
}

/* ---- lines ---- */

static qp_status bad_count(const qp_word_vectors *v, int64_t numbers)
{
    return qp_fail(QP_EDATA, "%s:%lld: %s%lld numbers after the word, %s has %d; the file is damaged", v->path,
                   (long long)qp_reader_line(v->reader), numbers > v->width ? "at least " : "", (long long)numbers,
                   v->header ? "the header" : "line 1", v->width);
}

static qp_status bad_number(const qp_word_vectors *v, const char *field, size_t bytes)
{
    return qp_fail(QP_EDATA, "%s:%lld: '%.*s' is not a finite number; correct or remove the line", v->path,
                   (long long)qp_reader_line(v->reader), bytes < 30 ? (int)bytes : 30, field);
}

static qp_status bad_word(const qp_word_vectors *v, const char *what)
{
    const char *unit = v->binary ? ": record " : ":";
    return qp_fail(QP_EDATA, "%s%s%lld: %s; the file is damaged", v->path, unit,
                   (long long)(v->binary ? v->read : qp_reader_line(v->reader)), what);
}

/* The field before text[*end]; *end becomes its start. Bytes of the field, 0: there is none. */
static size_t last_field(const char *text, size_t *end)
{
    while (*end > 0 && is_blank(text[*end - 1])) --*end;
    size_t stop = *end;
    while (*end > 0 && !is_blank(text[*end - 1])) --*end;
    return stop - *end;
}

static bool all_numeric(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (!is_numeric(text[i])) return false;
    return true;
}

/* "." is a word. */
static bool is_number(const char *text, size_t bytes)
{
    bool digit = false;
    for (size_t i = 0; i < bytes; i++) digit = digit || (text[i] >= '0' && text[i] <= '9');
    return digit && all_numeric(text, bytes);
}

/* Numbers are taken from the end, since the words of GloVe hold spaces. */
static qp_status next_line(qp_word_vectors *v, qp_text *word)
{
    char *line;
    size_t bytes;
    QP_TRY(qp_reader_next(v->reader, &line, &bytes));
    *word = (qp_text){NULL, 0};
    if (!line) return QP_OK;
    size_t end = bytes;
    for (int i = 0; i < v->width; i++) {
        size_t length = last_field(line, &end);
        if (end == 0) return bad_count(v, i);
        if (!all_numeric(line + end, length)) {
            size_t fields = count_fields(line, bytes); /* is it a number, or the word of a line that is too short? */
            return fields <= (size_t)v->width ? bad_count(v, (int64_t)fields - 1) : bad_number(v, line + end, length);
        }
    }
    v->numbers = line + end;
    while (end > 0 && is_blank(line[end - 1])) end--;
    size_t start = end, length = last_field(line, &start);
    if (length == 0) return bad_count(v, v->width - 1);
    if (start > 0 && (v->header || is_number(line + start, length))) return bad_count(v, (int64_t)v->width + 1);
    *word = (qp_text){line, end};
    return QP_OK;
}

static qp_status value_of_line(const qp_word_vectors *v, float *value)
{
    const char *at = v->numbers;
    for (int i = 0; i < v->width; i++) {
        while (is_blank(*at)) at++;
        char *end;
        value[i] = strtof(at, &end);
        bool whole = end > at && (*end == '\0' || is_blank(*end));
        if (!whole || !isfinite(value[i])) return bad_number(v, at, strcspn(at, " \t"));
        at = end;
    }
    return QP_OK;
}

/* ---- records ---- */

static qp_status next_record(qp_word_vectors *v, qp_text *word)
{
    size_t got, bytes = 0, row = (size_t)v->width * sizeof *v->value;
    *word = (qp_text){NULL, 0};
    do {
        char c;
        QP_TRY(qp_reader_bytes(v->reader, &c, 1, &got));
        if (got == 0 || c == ' ') break;
        if (bytes == 0 && c == '\n') continue;
        if (bytes == WORD_BYTES) return bad_word(v, "a word of more than 4096 bytes");
        v->word[bytes++] = c;
    } while (true);
    if (got == 0 && bytes == 0) return QP_OK; /* the end */
    if (got > 0) QP_TRY(qp_reader_bytes(v->reader, v->value, row, &got));
    if (got < row) return bad_word(v, "the file ends inside this record");
    *word = (qp_text){v->word, bytes};
    return QP_OK;
}

static qp_status value_of_record(const qp_word_vectors *v, float *value)
{
    memcpy(value, v->value, (size_t)v->width * sizeof *value);
    for (int i = 0; i < v->width; i++)
        if (!isfinite(value[i]))
            return qp_fail(QP_EDATA, "%s: record %lld: number %d is not finite; the file is damaged", v->path,
                           (long long)v->read, i + 1);
    return QP_OK;
}

/* ---- all ---- */

qp_status qp_word_vectors_next(qp_word_vectors *v, qp_text *word)
{
    v->read++;
    QP_TRY(v->binary ? next_record(v, word) : next_line(v, word));
    bool more = word->text != NULL;
    int64_t words = more ? v->read : v->read - 1;
    if (v->header && (more ? words > v->words : words < v->words))
        return qp_fail(QP_EDATA, "%s: the header promises %lld words, the file has %s%lld; it is damaged or its first "
                                 "line is wrong",
                       v->path, (long long)v->words, more ? "at least " : "", (long long)words);
    if (!more) return QP_OK;
    if (word->bytes == 0) return bad_word(v, "the word is empty");
    if (qp_utf8_valid(word->text, word->bytes) < word->bytes) return bad_word(v, "the word is not UTF-8");
    return QP_OK;
}

qp_status qp_word_vectors_value(qp_word_vectors *v, float *value)
{
    return v->binary ? value_of_record(v, value) : value_of_line(v, value);
}
