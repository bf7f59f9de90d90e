#ifndef QP_JSON_WRITER_H
#define QP_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/text/text_buffer.h"

/* json_writer — appends JSON to a text buffer, value by value:
 *     qp_json_open(b, '{'); qp_json_key(b, "ids"); qp_json_open(b, '['); qp_json_integer(b, 3); qp_json_close(b, ']');
 * A comma is written before a key or value if the last byte of the buffer ends a value (a quote, a bracket, a letter or
 * a digit); after white space there is none, so that files can be laid out by hand with qp_text_add. Memory failures
 * are reported once, by qp_text_finish. */

void qp_json_open(qp_text_buffer *buffer, char bracket);
void qp_json_close(qp_text_buffer *buffer, char bracket);
void qp_json_key(qp_text_buffer *buffer, const char *key);

/* qp_json_string   — a string; false, and nothing written, if the bytes are not UTF-8.
 * qp_json_repaired — the same for any bytes: what is not UTF-8 becomes U+FFFD.
 * qp_json_in_html  — the same, and safe inside a <script> element: < > & ' are escaped. */
bool qp_json_string(qp_text_buffer *buffer, const char *text, size_t bytes);
void qp_json_repaired(qp_text_buffer *buffer, const char *text, size_t bytes);
void qp_json_in_html(qp_text_buffer *buffer, const char *text);

/* qp_json_real   — with at most `digits` significant digits, and always a point or an exponent; null if not finite.
 * qp_json_number — the shortest such number that reads back as this double. */
void qp_json_integer(qp_text_buffer *buffer, int64_t value);
void qp_json_real(qp_text_buffer *buffer, double value, int digits);
void qp_json_number(qp_text_buffer *buffer, double value);
void qp_json_bool(qp_text_buffer *buffer, bool value);
void qp_json_null(qp_text_buffer *buffer);

/* A member of an object: key and value. Text as by qp_json_repaired, a real with 8 digits, a number in its shortest
 * form. */
void qp_json_put_text(qp_text_buffer *buffer, const char *key, const char *text);
void qp_json_put_integer(qp_text_buffer *buffer, const char *key, int64_t value);
void qp_json_put_real(qp_text_buffer *buffer, const char *key, double value);
void qp_json_put_number(qp_text_buffer *buffer, const char *key, double value);
void qp_json_put_bool(qp_text_buffer *buffer, const char *key, bool value);

#endif
