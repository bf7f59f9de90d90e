#include "cli/base/json_text.h"

qp_status qp_json_line(FILE *stream, qp_text_buffer *json)
{
    qp_status status = json->failed ? qp_fail(QP_EMEMORY, "out of memory for a line of JSON") : QP_OK;
    if (status == QP_OK) {
        fwrite(json->text, 1, json->bytes, stream);
        putc('\n', stream);
    }
    qp_text_free(json);
    return status;
}

void qp_line_put(FILE *stream, const char *text, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        size_t run = 0;
        while (at + run < bytes && text[at + run] != '\n' && text[at + run] != '\r') run++;
        fwrite(text + at, 1, run, stream);
        at += run;
        if (at < bytes) {
            putc(' ', stream);
            at++;
        }
    }
}
