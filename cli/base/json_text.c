#include "cli/base/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/utf8.h"

json_t *qp_json_text(const char *text, size_t bytes)
{
    char *valid = malloc(3 * bytes + 1);
    if (!valid) return NULL;
    size_t used = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        if (qp_utf8_next(text + at, bytes - at, &length) == QP_INVALID_CODE) {
            memcpy(valid + used, "\xEF\xBF\xBD", 3);
            used += 3;
        } else {
            memcpy(valid + used, text + at, length);
            used += length;
        }
    }
    json_t *string = json_stringn(valid, used);
    free(valid);
    return string;
}

void qp_json_line(FILE *stream, json_t *object)
{
    json_dumpf(object, stream, JSON_COMPACT | JSON_REAL_PRECISION(8));
    json_decref(object);
    putc('\n', stream);
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
