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
    if (qp_conll_read(path, 0, &conll) != QP_OK) return;
    for (int64_t i = 0; i < conll->sentences; i++)
        qp_fuzz_require(conll->start[i] < conll->start[i + 1], "no sentence is empty");
    for (int64_t i = 0; i < conll->words; i++)
        qp_fuzz_require(conll->word[i].word_end <= conll->bytes && conll->word[i].tag_end <= conll->bytes,
                        "words are in the text");
    qp_conll_free(conll);
}

static void read_series(const char *path)
{
    qp_series series;
    for (int holes = 0; holes < 2; holes++) {
        const qp_series_options options = {path, "", holes ? QP_HOLES_INTERPOLATE : QP_HOLES_REFUSE, "-999"};
        if (qp_series_read(&options, &series) != QP_OK) continue;
        for (int64_t i = 0; i < series.rows * series.columns; i++)
            qp_fuzz_require(isfinite(series.value[i]), "numbers are finite");
        qp_series_free(&series);
    }
}

static void read_pairs(qp_text_kind kind, const char *path)
{
    const char *none = NULL;
    const qp_text_files files = {.kind = kind,
                                 .source = kind == QP_TEXT_ONE_FILE ? none : path,
                                 .target = kind == QP_TEXT_ONE_FILE ? path : none};
    qp_text_pairs *pairs;
    qp_text_pair pair;
    bool more = true;
    if (qp_text_pairs_open(&files, &pairs) != QP_OK) return;
    while (more && qp_text_pairs_next(pairs, &pair, &more) == QP_OK)
        if (more) qp_fuzz_require(pair.target[pair.target_bytes] == '\0', "a text ends with NUL");
    qp_text_pairs_close(pairs);
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
    enum { CONLL, SERIES, TABBED, LABELLED, ONE_FILE, LINES, LABELS, SCALING, VECTORS, KINDS };
    if (bytes == 0) return 0;
    const int kind = data[0] % KINDS, file = memfd_create("fuzz", 0);
    char path[64], *content = malloc(bytes);
    if (content && file >= 0 && write(file, data + 1, bytes - 1) == (ssize_t)(bytes - 1)) {
        memcpy(content, data + 1, bytes - 1);
        content[bytes - 1] = '\0';
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        if (kind == CONLL) read_conll(path);
        if (kind == SERIES) read_series(path);
        if (kind == TABBED) read_pairs(QP_TEXT_TABBED, path);
        if (kind == LABELLED) read_pairs(QP_TEXT_LABELLED, path);
        if (kind == ONE_FILE) read_pairs(QP_TEXT_ONE_FILE, path);
        if (kind == LINES) read_lines(path);
        if (kind == VECTORS) read_vectors(path);
        if (kind == LABELS || kind == SCALING) read_json(kind == LABELS, content);
    }
    free(content);
    if (file >= 0) close(file);
    return 0;
}
