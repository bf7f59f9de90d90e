#ifndef QP_JSON_READER_H
#define QP_JSON_READER_H

#include <jansson.h>

#include "lib/base/status.h"

/* qp_json_read — parses JSON with jansson; the only place that does so, because jansson itself is not safe when
 * memory runs out.
 * place   begins the error message: the name of the file
 * Memory  taken at once before reading: at most 1,024 bytes for each byte of the text, usually 20; freed with the value
 * flags   those of json_loadb, such as JSON_REJECT_DUPLICATES
 * root    the value; the caller calls json_decref
 * Errors  QP_EDATA "place:line: not JSON: reason; ..."; QP_EMEMORY. */
qp_status qp_json_read(const char *place, const char *text, size_t bytes, size_t flags, json_t **root);

#endif
