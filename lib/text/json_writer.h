#ifndef QP_JSON_WRITER_H
#define QP_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* json_out — text that grows while it is written, for the writers of files: JSON laid out for people (one piece a
 * line), keys that hold NUL, lines of other formats. Once memory is exhausted nothing more is added; take tells. Zero
 * it before the first use. */
typedef struct {
    char *text;
    size_t bytes, capacity;
    bool failed;
} qp_json_out;

void qp_json_out_free(qp_json_out *out);

/* qp_json_out_raw    — bytes as they are.
 * qp_json_out_format — printf.
 * qp_json_out_string — a JSON string, quotes and all; false (and nothing written) when the bytes are not UTF-8. */
void qp_json_out_raw(qp_json_out *out, const char *text, size_t bytes);
void qp_json_out_format(qp_json_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool qp_json_out_string(qp_json_out *out, const char *text, size_t bytes);

/* qp_json_out_number — the shortest decimal number that reads back as this double, with a point or an exponent. */
void qp_json_out_number(qp_json_out *out, double value);

/* qp_json_out_take — the text, malloc'ed and NUL-terminated; *out is empty again. Errors: QP_EMEMORY. */
qp_status qp_json_out_take(qp_json_out *out, char **text, size_t *bytes);

#endif
