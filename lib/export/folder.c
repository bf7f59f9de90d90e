#include "lib/export/folder.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/writer.h"

qp_status qp_in_folder(const char *folder, const char *name, char path[QP_PATH_BYTES])
{
    int length = snprintf(path, QP_PATH_BYTES, "%s/%s", folder, name);
    if (length >= 0 && length < QP_PATH_BYTES) return QP_OK;
    return qp_fail(QP_ECREATE, "%.100s...: the name of this folder is too long", folder);
}

qp_status qp_folder_text(const char *folder, const char *name, qp_text_buffer *text)
{
    char path[QP_PATH_BYTES], *content;
    size_t bytes;
    qp_writer *writer;
    QP_TRY(qp_text_finish(text, &content, &bytes));
    qp_status status = qp_in_folder(folder, name, path);
    if (status == QP_OK) status = qp_writer_open(path, &writer);
    if (status == QP_OK) {
        qp_writer_write(writer, content, bytes);
        status = qp_writer_commit(writer);
    }
    free(content);
    return status;
}

/* Breaks the lines of JSON without white space. */
qp_status qp_folder_json(const char *folder, const char *name, qp_text_buffer *json)
{
    qp_text_buffer lines = {.failed = json->failed};
    int depth = 0;
    bool inside = false, list = false; /* a string; an array, which stays on its line */
    for (size_t i = 0; i < json->bytes; i++) {
        char c = json->text[i];
        if (inside && c == '\\') {
            qp_text_put(&lines, json->text + i++, 2);
            continue;
        }
        if (c == '"') inside = !inside;
        if (!inside && (c == '[' || c == ']')) list = c == '[';
        bool breaks = !inside && !list;
        if (breaks && c == '}') qp_text_add(&lines, "\n");
        if (breaks && c == '}') qp_text_repeat(&lines, "  ", --depth);
        qp_text_put(&lines, &c, 1);
        if (breaks && c == '{') depth++;
        if (breaks && (c == '{' || c == ',')) qp_text_add(&lines, "\n");
        if (breaks && (c == '{' || c == ',')) qp_text_repeat(&lines, "  ", depth);
        if (!inside && (c == ':' || (list && c == ','))) qp_text_add(&lines, " ");
    }
    qp_text_add(&lines, "\n");
    qp_text_free(json);
    return qp_folder_text(folder, name, &lines);
}
