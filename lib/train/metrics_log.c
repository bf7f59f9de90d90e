#include "lib/train/metrics_log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/text/json_writer.h"

enum { PATH_BYTES = 4096, DIGITS = 9, TRAINING_COLUMNS = 8, VALID_COLUMNS_MAX = 64 };

struct qp_metrics_log {
    FILE *json, *csv;
    qp_text_buffer object;              /* the line of the JSON file that is being written */
    char json_path[PATH_BYTES], csv_path[PATH_BYTES];
    const char *loss;                   /* name of the training loss */
    char column[VALID_COLUMNS_MAX][32]; /* metrics of validation with a column in the CSV file, in its order */
    int columns;
};

/* A field of the CSV file, in any locale; empty if the value is not finite. */
static const char *number(double value, char text[32])
{
    if (!isfinite(value)) return "";
    snprintf(text, 32, "%.*g", DIGITS, value);
    for (char *at = text; *at; at++)
        if (*at == ',') *at = '.';
    return text;
}

/* Whether a line is complete; its update, and whether it belongs to a validation. */
typedef bool line_reader(qp_metrics_log *log, const char *line, size_t bytes, int64_t *update, bool *validation);

static bool whole_json(qp_metrics_log *log, const char *line, size_t bytes, int64_t *update, bool *validation)
{
    (void)log;
    *validation = strstr(line, "\"valid\"") != NULL;
    return bytes > 2 && line[bytes - 1] == '}' && sscanf(line, "{\"update\":%" SCNd64, update) == 1;
}

/* Takes the columns of validation from the header. */
static void read_header(qp_metrics_log *log, const char *line)
{
    log->columns = 0;
    for (const char *at = line; (at = strstr(at, ",valid_")) && log->columns < VALID_COLUMNS_MAX;) {
        at += strlen(",valid_");
        snprintf(log->column[log->columns++], sizeof log->column[0], "%.*s", (int)strcspn(at, ","), at);
    }
}

static bool whole_csv(qp_metrics_log *log, const char *line, size_t bytes, int64_t *update, bool *validation)
{
    int commas = 0, third = 0;
    sscanf(line, "%*d,%*d,%n", &third);
    *validation = third > 0 && line[third] == ','; /* no target tokens */
    for (size_t i = 0; i < bytes; i++) commas += line[i] == ',';
    if (strncmp(line, "update,", 7) == 0) {
        read_header(log, line);
        return *update = 0, true;
    }
    return commas == TRAINING_COLUMNS + log->columns - 1 && sscanf(line, "%" SCNd64, update) == 1;
}

/* A file that is rewritten line by line; the new content replaces the old when all is written. */
typedef struct {
    qp_reader *reader;
    qp_writer *writer;
} rewriting;

static qp_status rewrite_open(const char *path, rewriting *r)
{
    QP_TRY(qp_reader_open(path, &r->reader));
    qp_status status = qp_writer_open(path, &r->writer);
    if (status != QP_OK) qp_reader_close(r->reader);
    return status;
}

static qp_status rewrite_close(rewriting *r, qp_status status)
{
    qp_reader_close(r->reader);
    if (status == QP_OK) return qp_writer_commit(r->writer);
    qp_writer_abort(r->writer);
    return status;
}

/* Rewrites the file with the complete lines up to `update`; atomic. */
static qp_status cut_back(qp_metrics_log *log, const char *path, int64_t update, bool validated, line_reader *whole)
{
    if (!qp_file_exists(path)) return QP_OK;
    rewriting r;
    QP_TRY(rewrite_open(path, &r));
    qp_status status;
    char *line;
    size_t bytes;
    while ((status = qp_reader_next(r.reader, &line, &bytes)) == QP_OK && line) {
        int64_t at = 0;
        bool validation = false;
        if (!whole(log, line, bytes, &at, &validation) || at > update) continue;
        if (validation && at == update && !validated) continue;
        qp_writer_write(r.writer, line, bytes);
        qp_writer_write(r.writer, "\n", 1);
    }
    return rewrite_close(&r, status);
}

static qp_status open_files(qp_metrics_log *log, int64_t update, bool validated)
{
    QP_TRY(cut_back(log, log->json_path, update, validated, whole_json));
    QP_TRY(cut_back(log, log->csv_path, update, validated, whole_csv));
    if (update == 0) log->columns = 0; /* the files are written from the beginning */
    log->json = fopen(log->json_path, update > 0 ? "a" : "w");
    if (log->json) log->csv = fopen(log->csv_path, update > 0 ? "a" : "w");
    if (!log->json || !log->csv)
        return qp_fail(qp_status_of_errno(QP_ECREATE),
                       "%s: cannot be written: %s; give another folder or its permissions",
                       log->json ? log->csv_path : log->json_path, strerror(errno));
    if (fseek(log->csv, 0, SEEK_END) == 0 && ftell(log->csv) == 0) {
        fprintf(log->csv, "update,epoch,target_tokens,%s,gradient_norm,rate,tokens_per_second,seconds\n", log->loss);
        log->columns = 0;
        fflush(log->csv);
    }
    return QP_OK;
}

qp_status qp_metrics_log_open(const char *folder, const qp_metrics_log_options *o, qp_metrics_log **opened)
{
    *opened = NULL;
    qp_metrics_log *log = calloc(1, sizeof *log);
    if (!log) return qp_fail(QP_EMEMORY, "%s: out of memory", folder);
    snprintf(log->json_path, sizeof log->json_path, "%s/metrics.jsonl", folder);
    snprintf(log->csv_path, sizeof log->csv_path, "%s/metrics.csv", folder);
    log->loss = o->smoothed ? "smoothed_loss" : "loss";
    qp_status status = open_files(log, o->update, o->validated);
    if (status == QP_OK) {
        *opened = log;
        return QP_OK;
    }
    if (log->json) fclose(log->json);
    if (log->csv) fclose(log->csv);
    free(log);
    return status;
}

/* Begins the next object; its buffer keeps its memory, so that an update allocates nothing. */
static qp_text_buffer *begin_object(qp_metrics_log *log)
{
    log->object.bytes = 0;
    qp_json_open(&log->object, '{');
    return &log->object;
}

/* Writes the object as a line; errors of the file are found by qp_metrics_log_close. */
static qp_status end_object(qp_metrics_log *log)
{
    qp_json_close(&log->object, '}');
    qp_text_add(&log->object, "\n");
    if (log->object.failed) return qp_fail(QP_EMEMORY, "%s: out of memory", log->json_path);
    fwrite(log->object.text, 1, log->object.bytes, log->json);
    fflush(log->json);
    return QP_OK;
}

static void put_real(qp_text_buffer *out, const char *key, double value)
{
    qp_json_key(out, key);
    qp_json_real(out, value, DIGITS);
}

qp_status qp_metrics_log_training(qp_metrics_log *log, const qp_progress *p)
{
    const struct {
        const char *name;
        double value;
    } real[] = {{log->loss, p->loss},
                {"gradient_norm", p->gradient_norm},
                {"rate", p->rate},
                {"tokens_per_second", p->tokens_per_second},
                {"seconds", p->elapsed_seconds}};
    char text[32];
    qp_text_buffer *out = begin_object(log);
    qp_json_put_integer(out, "update", p->update);
    qp_json_put_integer(out, "epoch", p->epoch);
    qp_json_put_integer(out, "target_tokens", p->target_tokens);
    fprintf(log->csv, "%" PRId64 ",%" PRId64 ",%" PRId64, p->update, p->epoch, p->target_tokens);
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        put_real(out, real[i].name, real[i].value);
        fprintf(log->csv, ",%s", number(real[i].value, text));
    }
    for (int i = 0; i < log->columns; i++) fputc(',', log->csv);
    fputs("\n", log->csv);
    fflush(log->csv);
    return end_object(log);
}

/* Rewrites the CSV file with `added` to its header and an empty field on every other line; atomic. */
static qp_status widen(const char *path, const char *added)
{
    rewriting r;
    QP_TRY(rewrite_open(path, &r));
    qp_status status;
    char *line;
    size_t bytes;
    bool header = true;
    while ((status = qp_reader_next(r.reader, &line, &bytes)) == QP_OK && line) {
        qp_writer_write(r.writer, line, bytes);
        qp_writer_printf(r.writer, "%s%s\n", header ? ",valid_" : ",", header ? added : "");
        header = false;
    }
    return rewrite_close(&r, status);
}

/* Gives every metric a column of the CSV file. */
static qp_status add_columns(qp_metrics_log *log, const qp_metrics *metrics)
{
    for (int i = 0; i < metrics->count; i++) {
        int k = 0;
        while (k < log->columns && strcmp(log->column[k], metrics->entry[i].name) != 0) k++;
        if (k < log->columns || log->columns == VALID_COLUMNS_MAX) continue;
        fclose(log->csv);
        log->csv = NULL;
        QP_TRY(widen(log->csv_path, metrics->entry[i].name));
        log->csv = fopen(log->csv_path, "a");
        if (!log->csv)
            return qp_fail(qp_status_of_errno(QP_ECREATE), "%s: cannot be written: %s; give its permissions",
                           log->csv_path, strerror(errno));
        snprintf(log->column[log->columns++], sizeof log->column[0], "%s", metrics->entry[i].name);
    }
    return QP_OK;
}

qp_status qp_metrics_log_validation(qp_metrics_log *log, int64_t update, int64_t epoch, const qp_metrics *metrics)
{
    QP_TRY(add_columns(log, metrics));
    char text[32];
    qp_text_buffer *out = begin_object(log);
    qp_json_put_integer(out, "update", update);
    qp_json_put_integer(out, "epoch", epoch);
    qp_json_key(out, "valid");
    qp_json_open(out, '{');
    for (int i = 0; i < metrics->count; i++) put_real(out, metrics->entry[i].name, metrics->entry[i].value);
    qp_json_close(out, '}');
    fprintf(log->csv, "%" PRId64 ",%" PRId64 ",,,,,,", update, epoch);
    for (int i = 0; i < log->columns; i++) {
        const double *value = qp_metrics_find(metrics, log->column[i]);
        fprintf(log->csv, ",%s", value ? number(*value, text) : "");
    }
    fputs("\n", log->csv);
    fflush(log->csv);
    return end_object(log);
}

qp_status qp_metrics_log_close(qp_metrics_log *log)
{
    if (!log) return QP_OK;
    qp_status json = qp_output_check(log->json, log->json_path);
    qp_status csv = log->csv ? qp_output_check(log->csv, log->csv_path) : QP_OK;
    fclose(log->json);
    if (log->csv) fclose(log->csv);
    qp_text_free(&log->object);
    free(log);
    return json != QP_OK ? json : csv;
}
