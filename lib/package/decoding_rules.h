#ifndef QP_DECODING_RULES_H
#define QP_DECODING_RULES_H

#include <jansson.h>

#include "lib/config/config.h"

/* decoding_rules — what a model's publisher says of its use: defaults of options of translate and generate, and the
 * tokens of its languages. It is JSON text, in the package and in the model file:
 *   {"rules": {"beam_size": "4", ...}, "languages": {"de": 128020, ...}, "source": 128022, "last": true}
 * rules: options of search.h, sample.h and generate.h. source: the language of the sources where none is given.
 * last: its token follows the end of the source; else it precedes the text. Every key may be missing.
 *
 * qp_decoding_check — QP_EDATA, beginning with place, unless the text is as above, with ids below `vocabulary`.
 * qp_decoding_read  — the object, to be given back with json_decref.
 * qp_decoding_apply — sets the fields of a table that have a rule; json NULL: none.
 * qp_decoding_rules — calls put(self, option, value) for every rule.
 * Errors  QP_EMEMORY, and those above. */
qp_status qp_decoding_check(const char *place, const char *json, int64_t vocabulary);
qp_status qp_decoding_read(const char *json, json_t **root);
qp_status qp_decoding_apply(const char *json, const qp_field_table *table, void *object);
qp_status qp_decoding_rules(const char *json, void (*put)(void *self, const char *option, const char *value),
                            void *self);

#endif
