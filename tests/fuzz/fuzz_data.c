#define _GNU_SOURCE /* memfd_create */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/series/series_scaling.h"
#include "data/series/series.h"
#include "data/text/conll.h"
#include "data/text/labels.h"
#include "data/text/text_pairs.h"
#include "data/text/word_vectors.h"
#include "lib/base/file.h"
#include "tests/fuzz/fuzz_targets.h"

static void read_conll(const char *path)
{
    qp_conll *conll = NULL;
    for (int column = 1; column < 4; column++)
        if (qp_conll_read(path, column, &conll) == QP_OK) qp_conll_free(conll);
    if (qp_conll_read(path, 0, &conll) != QP_OK) return;
    for (int64_t i = 0; i < conll->sentences; i++)
        qp_fuzz_require(conll->start[i] < conll->start[i + 1], "no sentence is empty");
    for (int64_t i = 0; i < conll->words; i++)
        qp_fuzz_require(conll->word[i].word_end <= conll->bytes && conll->word[i].tag_end <= conll->bytes,
                        "words are in the text");
    qp_conll_free(conll);
}

/* What a model keeps of a series: the scaling, which must be the same after it was written and read. */
static void scale(qp_series *series, int window, qp_level_kind level)
{
    const qp_scaling_options options = {.level = level, .window = window, .horizon = 1, .linear = true};
    qp_scaling scaling, again = {0};
    char *json, *twice, *columns;
    if (qp_scaling_fit(series, &options, &scaling) != QP_OK) return;
    if (qp_scaling_json(&scaling, &json) == QP_OK) {
        qp_fuzz_require(qp_scaling_parse(json, &again) == QP_OK, "a scaling can be read again");
        qp_fuzz_require(qp_scaling_json(&again, &twice) == QP_OK && strcmp(json, twice) == 0, "and is the same");
        qp_fuzz_require(qp_scaling_check(&again, series) == QP_OK, "and fits its series");
        free(twice);
        free(json);
        qp_scaling_free(&again);
    }
    if (qp_scaling_columns(&scaling, &columns) == QP_OK) free(columns);
    qp_series_keep(series, 1, series->rows);
    (void)qp_scaling_check(&scaling, series);
    qp_scaling_free(&scaling);
}

static void read_series(const char *path)
{
    static const char *const columns[] = {"", "temp", "temp,day", "2", " 3, 1", "temp,temp", "none,", "a,b"};
    qp_series series;
    for (size_t i = 0; i < 2 * sizeof columns / sizeof *columns; i++) {
        const qp_series_options options = {path, columns[i / 2], i & 1 ? QP_HOLES_INTERPOLATE : QP_HOLES_REFUSE,
                                           "-999"};
        if (qp_series_read(&options, &series) != QP_OK) continue;
        for (int64_t k = 0; k < series.rows * series.columns; k++)
            qp_fuzz_require(isfinite(series.value[k]), "numbers are finite");
        scale(&series, 2, i & 1 ? QP_LEVEL_LAST : QP_LEVEL_FIXED);
        qp_series_free(&series);
    }
}

/* Labels as a training learns them, then as its validation looks them up. */
static void read_label(qp_labels *labels, const qp_text_pair *pair, int64_t line)
{
    int32_t number, again;
    if (qp_labels_number(labels, line % 3 == 2 ? QP_LABEL_REFUSE : QP_LABEL_LEARN, "fuzz", line, pair->source,
                         pair->source_bytes, &number) != QP_OK)
        return;
    qp_status status =
        qp_labels_number(labels, QP_LABEL_REFUSE, "fuzz", line, pair->source, pair->source_bytes, &again);
    qp_fuzz_require(status == QP_OK && number == again && number < labels->count, "a label is found again");
}

static void read_pairs(const qp_text_files *files)
{
    qp_labels labels = {0};
    qp_text_pairs *pairs;
    qp_text_pair pair;
    bool more = true;
    if (qp_text_pairs_open(files, &pairs) != QP_OK) return;
    while (more && qp_text_pairs_next(pairs, &pair, &more) == QP_OK) {
        if (!more) break;
        qp_fuzz_require(pair.target[pair.target_bytes] == '\0', "a text ends with NUL");
        if (files->kind == QP_TEXT_LABELLED) read_label(&labels, &pair, qp_text_pairs_line(pairs, false));
    }
    qp_labels_free(&labels);
    qp_text_pairs_close(pairs);
}

/* The lines before the first NUL, and those after it, as a file of their own. */
static void read_two_files(const char *content, size_t bytes)
{
    const char *middle = memchr(content, '\0', bytes);
    const size_t first = middle ? (size_t)(middle - content) : bytes, second = middle ? bytes - first - 1 : 0;
    char source[64], target[64];
    int a = memfd_create("source", 0), b = memfd_create("target", 0);
    snprintf(source, sizeof source, "/proc/self/fd/%d", a);
    snprintf(target, sizeof target, "/proc/self/fd/%d", b);
    if (a >= 0 && b >= 0 && write(a, content, first) == (ssize_t)first &&
        write(b, content + bytes - second, second) == (ssize_t)second)
        read_pairs(&(qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = source, .target = target});
    if (a >= 0) close(a);
    if (b >= 0) close(b);
}

/* Lines of a text or of gzip; no LF is in a line. */
static void read_lines(const char *path)
{
    qp_reader *reader;
    char *line;
    size_t bytes;
    if (qp_reader_open(path, &reader) != QP_OK) return;
    while (qp_reader_next(reader, &line, &bytes) == QP_OK && line)
        qp_fuzz_require(!memchr(line, '\n', bytes) && line[bytes] == '\0', "a line is a line");
    qp_reader_close(reader);
    if (qp_reader_open(path, &reader) != QP_OK) return;
    while (qp_reader_raw(reader, &line, &bytes) == QP_OK && line)
        qp_fuzz_require(!memchr(line, '\n', bytes), "a raw line is a line");
    qp_reader_close(reader);
}

/* What is written into a pipe, whose length is not known, is read again, unless it is longer than the limit. */
static void read_pipe(const char *content, size_t bytes, size_t limit)
{
    int ends[2];
    char path[64], *read = NULL;
    size_t read_bytes;
    if (pipe(ends) != 0) return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    bool whole = write(ends[1], content, bytes) == (ssize_t)bytes;
    close(ends[1]);
    if (whole && qp_file_read(path, limit, &read, &read_bytes) == QP_OK) {
        qp_fuzz_require(read_bytes == bytes && memcmp(read, content, bytes) == 0, "a pipe gives what was written");
        qp_fuzz_require(bytes <= limit, "the limit is kept");
        free(read);
    }
    close(ends[0]);
}

/* A whole file, and what is none. */
static void read_whole(const char *path, const char *content, size_t bytes)
{
    enum { PIPE = 1 << 15 }; /* more would wait for a reader */
    char *read = NULL;
    size_t read_bytes;
    bool whole = qp_file_read(path, bytes / 2, &read, &read_bytes) == QP_OK;
    qp_fuzz_require(!whole || bytes == 0, "the limit of a file is kept");
    if (whole) free(read);
    qp_fuzz_require(qp_file_read("/tmp", bytes, &read, &read_bytes) != QP_OK, "a folder is no file");
    qp_fuzz_require(qp_file_read("/tmp/quipu-fuzz/none", bytes, &read, &read_bytes) != QP_OK, "it is not there");
    if (bytes > PIPE) return;
    read_pipe(content, bytes, bytes / 2);
    read_pipe(content, bytes, PTRDIFF_MAX);
}

static void read_vectors(const char *path)
{
    qp_word_vectors *vectors;
    qp_text word;
    int width;
    if (qp_word_vectors_open(path, &vectors, &width) != QP_OK) return;
    float *value = malloc((size_t)width * sizeof *value);
    while (value && qp_word_vectors_next(vectors, &word) == QP_OK && word.text) {
        qp_fuzz_require(word.bytes > 0, "a word is not empty");
        if (qp_word_vectors_value(vectors, value) != QP_OK) continue;
        for (int i = 0; i < width; i++) qp_fuzz_require(isfinite(value[i]), "vectors are finite");
    }
    free(value);
    qp_word_vectors_close(vectors);
}

static void read_json(bool labels, const char *content)
{
    qp_labels names = {0};
    qp_scaling scaling;
    char *json;
    if (labels && qp_labels_parse(content, &names) == QP_OK) {
        if (qp_labels_json(&names, &json) == QP_OK) free(json);
        qp_labels_free(&names);
    }
    if (!labels && qp_scaling_parse(content, &scaling) == QP_OK) {
        if (qp_scaling_json(&scaling, &json) == QP_OK) free(json);
        qp_scaling_free(&scaling);
    }
}

int qp_fuzz_data(const uint8_t *data, size_t bytes)
{
    enum { CONLL, SERIES, TABBED, LABELLED, ONE_FILE, LINES, LABELS, SCALING, VECTORS, TWO_FILES, SCORED, KINDS };
    if (bytes == 0) return 0;
    const int kind = data[0] % KINDS, file = memfd_create("fuzz", 0);
    char path[64], *content = malloc(bytes);
    if (content && file >= 0 && write(file, data + 1, bytes - 1) == (ssize_t)(bytes - 1)) {
        memcpy(content, data + 1, bytes - 1);
        content[bytes - 1] = '\0';
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        if (kind == CONLL) read_conll(path);
        if (kind == SERIES) read_series(path);
        if (kind == TABBED) read_pairs(&(qp_text_files){.kind = QP_TEXT_TABBED, .source = path});
        if (kind == LABELLED) read_pairs(&(qp_text_files){.kind = QP_TEXT_LABELLED, .source = path});
        if (kind == SCORED) read_pairs(&(qp_text_files){.kind = QP_TEXT_SCORED, .source = path});
        if (kind == ONE_FILE) read_pairs(&(qp_text_files){.kind = QP_TEXT_ONE_FILE, .target = path});
        if (kind == TWO_FILES) read_two_files(content, bytes - 1);
        if (kind == LINES) {
            read_lines(path);
            read_whole(path, content, bytes - 1);
        }
        if (kind == VECTORS) read_vectors(path);
        if (kind == LABELS || kind == SCALING) read_json(kind == LABELS, content);
    }
    free(content);
    if (file >= 0) close(file);
    return 0;
}
