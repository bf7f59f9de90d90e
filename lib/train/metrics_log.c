#include "lib/train/metrics_log.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"

enum { PATH_BYTES = 4096, TRAINING_COLUMNS = 8 };
static const char training_columns[] = "update,epoch,target_tokens,loss,gradient_norm,rate,tokens_per_second,seconds";
static const char *const validation_column[] = {"loss", "perplexity", "bleu", "chrf", "accuracy", "f1", "exact_match"};
enum { VALIDATION_COLUMNS = sizeof validation_column / sizeof *validation_column };

struct qp_metrics_log {
    FILE *json, *csv;
    char json_path[PATH_BYTES], csv_path[PATH_BYTES];
};

/* A number as JSON and CSV want it, whatever the locale; `none` for what is no number. */
static const char *number(double value, const char *none, char text[32])
{
    if (!isfinite(value)) return none;
    snprintf(text, 32, "%.9g", value);
    for (char *at = text; *at; at++)
        if (*at == ',') *at = '.';
    return text;
}

/* Whether the line is whole, its update, and whether it is of a validation. */
typedef bool line_reader(const char *line, size_t bytes, int64_t *update, bool *validation);

static bool whole_json(const char *line, size_t bytes, int64_t *update, bool *validation)
{
    *validation = strstr(line, "\"valid\"") != NULL;
    return bytes > 2 && line[bytes - 1] == '}' && sscanf(line, "{\"update\": %" SCNd64, update) == 1;
}

static bool whole_csv(const char *line, size_t bytes, int64_t *update, bool *validation)
{
    int commas = 0, third = 0;
    sscanf(line, "%*d,%*d,%n", &third);
    *validation = third > 0 && line[third] == ','; /* no target tokens */
    for (size_t i = 0; i < bytes; i++) commas += line[i] == ',';
    if (strncmp(line, training_columns, sizeof training_columns - 1) == 0) return *update = 0, true;
    return commas == TRAINING_COLUMNS + VALIDATION_COLUMNS - 1 && sscanf(line, "%" SCNd64, update) == 1;
}

/* Rewrite the file with the whole lines up to `update`; atomic. */
static qp_status cut_back(const char *path, int64_t update, bool validated, line_reader *whole)
{
    if (!qp_file_exists(path)) return QP_OK;
    qp_reader *reader;
    qp_writer *writer;
    QP_TRY(qp_reader_open(path, &reader));
    qp_status status = qp_writer_open(path, &writer);
    if (status != QP_OK) {
        qp_reader_close(reader);
        return status;
    }
    char *line;
    size_t bytes;
    while ((status = qp_reader_next(reader, &line, &bytes)) == QP_OK && line) {
        int64_t at = 0;
        bool validation = false;
        if (!whole(line, bytes, &at, &validation) || at > update) continue;
        if (validation && at == update && !validated) continue;
        qp_writer_write(writer, line, bytes);
        qp_writer_write(writer, "\n", 1);
    }
    qp_reader_close(reader);
    if (status == QP_OK) return qp_writer_commit(writer);
    qp_writer_abort(writer);
    return status;
}

static qp_status open_files(qp_metrics_log *log, int64_t update, bool validated)
{
    QP_TRY(cut_back(log->json_path, update, validated, whole_json));
    QP_TRY(cut_back(log->csv_path, update, validated, whole_csv));
    log->json = fopen(log->json_path, update > 0 ? "a" : "w");
    log->csv = fopen(log->csv_path, update > 0 ? "a" : "w");
    if (!log->json || !log->csv)
        return qp_fail(QP_ECREATE, "%s: cannot be written; give another folder or its permissions",
                       log->json ? log->csv_path : log->json_path);
    if (fseek(log->csv, 0, SEEK_END) == 0 && ftell(log->csv) == 0) {
        fputs(training_columns, log->csv);
        for (int i = 0; i < VALIDATION_COLUMNS; i++) fprintf(log->csv, ",valid_%s", validation_column[i]);
        fputs("\n", log->csv);
        fflush(log->csv);
    }
    return QP_OK;
}

qp_status qp_metrics_log_open(const char *folder, int64_t update, bool validated, qp_metrics_log **opened)
{
    *opened = NULL;
    qp_metrics_log *log = calloc(1, sizeof *log);
    if (!log) return qp_fail(QP_EMEMORY, "%s: out of memory", folder);
    snprintf(log->json_path, sizeof log->json_path, "%s/metrics.jsonl", folder);
    snprintf(log->csv_path, sizeof log->csv_path, "%s/metrics.csv", folder);
    qp_status status = open_files(log, update, validated);
    if (status == QP_OK) {
        *opened = log;
        return QP_OK;
    }
    if (log->json) fclose(log->json);
    if (log->csv) fclose(log->csv);
    free(log);
    return status;
}

void qp_metrics_log_training(qp_metrics_log *log, const qp_progress *p)
{
    const struct {
        const char *name;
        double value;
    } real[] = {{"loss", p->loss},
                {"gradient_norm", p->gradient_norm},
                {"rate", p->rate},
                {"tokens_per_second", p->tokens_per_second},
                {"seconds", p->elapsed_seconds}};
    char text[32];
    fprintf(log->json, "{\"update\": %" PRId64 ", \"epoch\": %" PRId64 ", \"target_tokens\": %" PRId64, p->update,
            p->epoch, p->target_tokens);
    fprintf(log->csv, "%" PRId64 ",%" PRId64 ",%" PRId64, p->update, p->epoch, p->target_tokens);
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        fprintf(log->json, ", \"%s\": %s", real[i].name, number(real[i].value, "null", text));
        fprintf(log->csv, ",%s", number(real[i].value, "", text));
    }
    fputs("}\n", log->json);
    for (int i = 0; i < VALIDATION_COLUMNS; i++) fputc(',', log->csv);
    fputs("\n", log->csv);
    fflush(log->json);
    fflush(log->csv);
}

void qp_metrics_log_validation(qp_metrics_log *log, int64_t update, int64_t epoch, const qp_metrics *metrics)
{
    char text[32];
    fprintf(log->json, "{\"update\": %" PRId64 ", \"epoch\": %" PRId64 ", \"valid\": {", update, epoch);
    for (int i = 0; i < metrics->count; i++)
        fprintf(log->json, "%s\"%s\": %s", i ? ", " : "", metrics->entry[i].name,
                number(metrics->entry[i].value, "null", text));
    fputs("}}\n", log->json);
    fprintf(log->csv, "%" PRId64 ",%" PRId64 ",,,,,,", update, epoch);
    for (int i = 0; i < VALIDATION_COLUMNS; i++) {
        const char *shown = "";
        for (int k = 0; k < metrics->count; k++)
            if (strcmp(metrics->entry[k].name, validation_column[i]) == 0)
                shown = number(metrics->entry[k].value, "", text);
        fprintf(log->csv, ",%s", shown);
    }
    fputs("\n", log->csv);
    fflush(log->json);
    fflush(log->csv);
}

qp_status qp_metrics_log_close(qp_metrics_log *log)
{
    if (!log) return QP_OK;
    qp_status json = qp_output_check(log->json, log->json_path);
    qp_status csv = qp_output_check(log->csv, log->csv_path);
    fclose(log->json);
    fclose(log->csv);
    free(log);
    return json != QP_OK ? json : csv;
}
