#include "cli/base/chunks.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/utf8_reader.h"

enum { TEXT_LIMIT_BYTES = 16 << 20 };

static char *standard_input[] = {(char[]){"-"}};

qp_status qp_chunks_begin(qp_chunks *chunks, char **file, int files, int line_limit)
{
    *chunks = (qp_chunks){.file = files > 0 ? file : standard_input, .files = files > 0 ? files : 1};
    size_t lines = (size_t)line_limit;
    chunks->line_limit = line_limit;
    chunks->text_limit = TEXT_LIMIT_BYTES;
    chunks->table = malloc(lines * sizeof *chunks->table);
    chunks->path = malloc(lines * sizeof *chunks->path);
    chunks->number = malloc(lines * sizeof *chunks->number);
    if (chunks->table && chunks->path && chunks->number) return QP_OK;
    return qp_fail(QP_EMEMORY, "out of memory for %d lines; use fewer --threads", line_limit);
}

/* The next line of the current file, or of the next file that has one; *line is NULL at the end of all files. */
static qp_status next_line(qp_chunks *chunks, char **line, size_t *bytes)
{
    for (;;) {
        if (!chunks->reader) {
            *line = NULL;
            if (chunks->file_number == chunks->files) return QP_OK;
            QP_TRY(qp_reader_open(chunks->file[chunks->file_number], &chunks->reader));
        }
        QP_TRY(qp_reader_next_utf8(chunks->reader, line, bytes));
        if (*line) return QP_OK;
        qp_reader_close(chunks->reader);
        chunks->reader = NULL;
        chunks->file_number++;
    }
}

static qp_status append(qp_chunks *chunks, size_t used, const char *line, size_t bytes)
{
    if (used + bytes + 1 > chunks->text_capacity) {
        size_t capacity = chunks->text_capacity * 2 > used + bytes + 1 ? chunks->text_capacity * 2 : used + bytes + 1;
        char *grown = realloc(chunks->text, capacity);
        if (!grown) return qp_fail(QP_EMEMORY, "out of memory for a line of %zu bytes", bytes);
        chunks->text = grown;
        chunks->text_capacity = capacity;
    }
    memcpy(chunks->text + used, line, bytes);
    chunks->text[used + bytes] = '\0';
    return QP_OK;
}

qp_status qp_chunks_next(qp_chunks *chunks)
{
    size_t used = 0;
    chunks->count = 0;
    while (chunks->count < chunks->line_limit && used < chunks->text_limit) {
        char *line;
        size_t bytes;
        if (chunks->count > 0 && !chunks->patient && chunks->reader && qp_reader_waits(chunks->reader)) break;
        QP_TRY(next_line(chunks, &line, &bytes));
        if (!line) break;
        QP_TRY(append(chunks, used, line, bytes));
        int i = chunks->count++;
        chunks->table[i].bytes = bytes;
        chunks->path[i] = chunks->file[chunks->file_number];
        chunks->number[i] = qp_reader_line(chunks->reader);
        used += bytes + 1;
    }
    used = 0; /* growing may have moved the text */
    for (int i = 0; i < chunks->count; i++) {
        chunks->table[i].text = chunks->text + used;
        used += chunks->table[i].bytes + 1;
    }
    chunks->line = chunks->table;
    return QP_OK;
}

const char *qp_chunks_path(const qp_chunks *chunks, int i)
{
    return strcmp(chunks->path[i], "-") == 0 ? "stdin" : chunks->path[i];
}

int64_t qp_chunks_number(const qp_chunks *chunks, int i) { return chunks->number[i]; }

void qp_chunks_end(qp_chunks *chunks)
{
    if (chunks->reader) qp_reader_close(chunks->reader);
    free(chunks->table);
    free(chunks->path);
    free(chunks->number);
    free(chunks->text);
    *chunks = (qp_chunks){0};
}
