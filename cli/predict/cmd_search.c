#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/json_text.h"
#include "cli/base/open_model.h"
#include "cli/base/options.h"
#include "cli/predict/embed_lines.h"
#include "lib/base/array.h"
#include "lib/base/threads.h"
#include "lib/base/writer.h"
#include "lib/decode/nearest.h"
#include "lib/store/npz_read.h"
#include "lib/text/utf8_reader.h"

/* search — the lines of an embedded file that are most like each line of the input. */
#define SEARCH_FIELDS(X)                                                                                               \
    X(TEXT, model, "", 0, 0, "FILE", "the model that embedded the lines")                                              \
    X(TEXT, index, "", 0, 0, "FILE", "their vectors, as quipu embed writes them (.npz)")                               \
    X(TEXT, texts, "", 0, 0, "FILE", "the lines themselves, to be shown")                                              \
    X(TEXT, file, "", 0, 0, "FILE", "file with a text to search for on each line; - is stdin")                         \
    X(INT, top, "5", 1, 100000, NULL, "nearest lines to show of each")                                                 \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object for each line of the input")                                   \
    X(INT, threads, "0", 0, 4096, NULL, "threads; 0: all CPUs; changes the speed, not the result")                     \
    QP_VERIFY_FIELD(X)

typedef struct {
    SEARCH_FIELDS(QP_FIELD_DECLARE)
} search_options;

static QP_FIELD_TABLE(table, "search", search_options, SEARCH_FIELDS);
static search_options config;
static const qp_option_group groups[] = {{&table, &config}};
static const qp_option_alias aliases[] = {{'m', "model"}, {'f', "file"}, {'k', "top"}, {'t', "threads"}};
static const qp_command search = {
    .name = "search",
    .summary = "the lines of an embedded file that are most like a text",
    .usage = "-m MODEL --index vectors.npz --texts FILE [-k 5] [FILE...]",
    .notes = "Output: number of the input line TAB cosine TAB number of the line found TAB that line, the nearest "
             "first. Every vector is compared: nothing is missed.",
    .group = groups,
    .group_count = 1,
    .alias = aliases,
    .alias_count = 4,
    .takes_files = true,
};

typedef struct {
    qp_nearest table;
    char *text; /* all lines, one after the other */
    size_t *start;
    size_t text_capacity, start_capacity;
    int lines;
    int64_t queries;
} job;

/* ---- the lines ---- */

static qp_status keep_line(job *j, const char *line, size_t bytes)
{
    size_t begin = j->lines ? j->start[j->lines] : 0;
    if (!QP_GROW(j->start, j->start_capacity, (size_t)j->lines + 2) ||
        !QP_GROW(j->text, j->text_capacity, begin + bytes + 1))
        return qp_fail(QP_EMEMORY, "search: out of memory for the lines of %s", config.texts);
    if (bytes) memcpy(j->text + begin, line, bytes);
    j->start[j->lines] = begin;
    j->start[++j->lines] = begin + bytes;
    return QP_OK;
}

/* As many lines as the index has vectors. */
static qp_status read_lines(job *j)
{
    qp_reader *reader;
    QP_TRY(qp_reader_open(config.texts, &reader));
    qp_status status = QP_OK;
    char *line = NULL;
    size_t bytes;
    while (status == QP_OK) {
        status = qp_reader_next_utf8(reader, &line, &bytes);
        if (status != QP_OK || !line || j->lines > j->table.rows) break;
        status = keep_line(j, line, bytes);
    }
    qp_reader_close(reader);
    if (status == QP_OK && j->lines != j->table.rows)
        status = qp_fail(QP_EDATA, "%s: %s%d lines, but %s has %d vectors; embed this file again", config.texts,
                         j->lines > j->table.rows ? "more than " : "",
                         j->lines > j->table.rows ? j->table.rows : j->lines, config.index, j->table.rows);
    return status;
}

static qp_status read_index(job *j)
{
    float *vector;
    int rows, width;
    QP_TRY(qp_npz_matrix(config.index, "vectors", &vector, &rows, &width));
    qp_status status = rows > 0 ? qp_nearest_init(&j->table, vector, rows, width)
                                : qp_fail(QP_EDATA, "%s: it has no vectors", config.index);
    free(vector);
    return status;
}

/* ---- queries ---- */

static qp_status put_query(const job *j, const qp_line *query, const qp_neighbour *found, int k)
{
    qp_text_buffer out = {0};
    if (config.json) {
        qp_json_open(&out, '{');
        qp_json_key(&out, "query");
        qp_json_repaired(&out, query->text, query->bytes);
        qp_json_key(&out, "found");
        qp_json_open(&out, '[');
    }
    for (int i = 0; i < k; i++) {
        size_t begin = j->start[found[i].row], bytes = j->start[found[i].row + 1] - begin;
        if (!config.json) {
            printf("%lld\t%.4f\t%d\t", (long long)j->queries, (double)found[i].cosine, found[i].row + 1);
            qp_line_put(stdout, j->text + begin, bytes);
            putchar('\n');
            continue;
        }
        qp_json_open(&out, '{');
        qp_json_put_integer(&out, "line", found[i].row + 1);
        qp_json_put_real(&out, "cosine", (double)found[i].cosine);
        qp_json_key(&out, "text");
        qp_json_repaired(&out, j->text + begin, bytes);
        qp_json_close(&out, '}');
    }
    if (!config.json) return QP_OK;
    qp_json_close(&out, ']');
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

static qp_status find_chunk(void *self, const qp_chunks *chunks, qp_embeddings *v)
{
    job *j = self;
    int count = chunks->count, k = config.top < j->table.rows ? (int)config.top : j->table.rows;
    if (v->width != j->table.width)
        return qp_fail(QP_EDATA, "%s: vectors of %d numbers, but this model's have %d; embed the lines with it",
                       config.index, j->table.width, v->width);
    qp_neighbour *found = malloc((size_t)count * (size_t)k * sizeof *found);
    qp_status status = found ? qp_nearest_find(&j->table, v->value, count, k, (int)config.threads, found)
                             : qp_fail(QP_EMEMORY, "search: out of memory for %d lines", count);
    for (int i = 0; status == QP_OK && i < count; i++) {
        j->queries++;
        status = put_query(j, &chunks->line[i], found + (ptrdiff_t)i * k, k);
    }
    free(found);
    v->count = 0;
    return status == QP_OK ? qp_output_check(stdout, "stdout") : status;
}

static qp_status run(void *self, const qp_options *options)
{
    (void)self;
    job j = {0};
    qp_package *m;
    if (!*config.index || !*config.texts)
        return qp_fail(QP_EUSAGE, "search: no %s; add %s", *config.index ? "lines" : "vectors",
                       *config.index ? "--texts FILE" : "--index vectors.npz, made by quipu embed");
    QP_TRY(qp_package_open(config.model, config.verify, &m));
    config.threads = qp_threads_of(config.threads);
    qp_status status = read_index(&j);
    if (status == QP_OK) status = read_lines(&j);
    if (status == QP_OK) status = qp_embed_lines(m, options, config.file, (int)config.threads, find_chunk, &j);
    qp_nearest_free(&j.table);
    free(j.text);
    free(j.start);
    qp_package_free(m);
    return status;
}

int qp_cmd_search(int argc, char **argv) { return qp_options_run(&search, argc, argv, run, NULL); }
