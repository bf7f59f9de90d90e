#ifndef QP_JSON_DUMP_H
#define QP_JSON_DUMP_H

#include <jansson.h>

/* qp_json_dump — a value as text, malloc'ed; flags as those of json_dumps; NULL: out of memory. Use it in place of
 * json_dumps: jansson 2.14 ignores that it could not write a key, and returns a text without that key. */
char *qp_json_dump(const json_t *value, size_t flags);

#endif
