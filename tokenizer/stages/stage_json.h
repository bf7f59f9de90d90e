#ifndef QP_STAGE_JSON_H
#define QP_STAGE_JSON_H

#include <jansson.h>

#include "lib/text/json_writer.h"
#include "tokenizer/stages/ranges.h"

/* stage_json — reading and writing the fields of stages in a tokenizer.json.
 *
 * A text of a stage is malloc'ed and NUL-terminated. */
typedef struct {
    char *text;
    size_t bytes;
} qp_stage_string;

/* qp_json_flag      — a true or false; `missing` where it is absent or null.
 * qp_json_stage_text      — a text that must be there.
 * qp_json_character — a text of one character.
 * qp_json_count     — a whole number from 0 to 1000000.
 * qp_json_behavior  — what becomes of matches, by its name.
 * Errors  QP_EDATA, naming place and key; QP_EMEMORY. */
qp_status qp_json_flag(const char *place, const json_t *json, const char *key, bool missing, bool *flag);
qp_status qp_json_stage_text(const char *place, const json_t *json, const char *key, qp_stage_string *text);
qp_status qp_json_character(const char *place, const json_t *json, const char *key, qp_stage_string *text);
qp_status qp_json_count(const char *place, const json_t *json, const char *key, int *count);
qp_status qp_json_behavior(const char *place, const json_t *json, qp_split_behavior *behavior);

/* qp_text_copy        — a copy of a text, malloc'ed and NUL-terminated; NULL: no memory.
 * qp_stage_string_set — the same for a stage. Errors: QP_EMEMORY. */
char *qp_text_copy(const char *text, size_t bytes);
qp_status qp_stage_string_set(qp_stage_string *string, const char *text, size_t bytes);

/* qp_json_write_flag, qp_json_write_text — append `, "key": value`. Texts of stages are UTF-8. */
void qp_json_write_flag(qp_text_buffer *out, const char *key, bool value);
void qp_json_write_text(qp_text_buffer *out, const char *key, const char *text, size_t bytes);

#endif
