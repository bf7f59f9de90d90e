#include "tokenizer/learn/line_source.h"

qp_status qp_file_lines_next(void *self, const char **line, size_t *bytes)
{
    qp_file_lines *files = self;
    *line = NULL;
    for (;;) {
        if (!files->reader) {
            if (files->next == files->count) return QP_OK;
            QP_TRY(qp_reader_open(files->path[files->next++], &files->reader));
        }
        char *found = NULL;
        QP_TRY(qp_reader_next(files->reader, &found, bytes));
        *line = found;
        if (found) return QP_OK;
        qp_reader_close(files->reader);
        files->reader = NULL;
    }
}

void qp_file_lines_close(qp_file_lines *files)
{
    if (files->reader) qp_reader_close(files->reader);
    files->reader = NULL;
}
