#ifndef QP_TEXT_H
#define QP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/status.h"

/* text — messages and tables for people. */

/* qp_report — print `quipu: <message of the last failure>` as one line on stderr; returns the exit code of `status`:
 * 0 done, 2 usage, 65 bad data, 66 missing input, 70 bug, 71 memory, 73 cannot create, 74 I/O, 128+n after signal n.
 * A reader that closed its pipe (head, less) has what it wanted: nothing is printed, and the code is 0. Call it right
 * after the failure: it reads errno. */
int qp_report(qp_status status);

/* qp_warn — one line `quipu: warning: ...` on stderr. */
void qp_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* qp_text_columns — width of the terminal of `stream`; COLUMNS of the environment for a file, else 80. */
int qp_text_columns(FILE *stream);

/* qp_text_in_color — whether color is wanted on `stream`: it is a terminal, TERM is not "dumb" or missing, and NO_COLOR
 * is not set. */
bool qp_text_in_color(FILE *stream);

/* qp_text_row — print two columns, the right one wrapped to the terminal's width; in a narrow terminal the left one
 * gets a line of its own. */
void qp_text_row(FILE *stream, const char *left, const char *right);

/* qp_text_wrap — print lines of text wrapped to the terminal's width. What follows a break is indented as its line is,
 * and by `hang` columns more. */
void qp_text_wrap(FILE *stream, const char *text, int hang);

/* qp_text_printf — the same for printf's arguments, with the line's end. */
void qp_text_printf(FILE *stream, int hang, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* qp_text_note — print a line for a person: wrapped in a terminal, unchanged in a file. */
void qp_text_note(FILE *stream, const char *text, int hang);

/* qp_text_hyphenate — a field's C name with hyphens, as an option. */
void qp_text_hyphenate(const char *name, char *text, size_t bytes);

/* qp_text_size — bytes as "1.5 GB", in powers of 1000; qp_text_duration — "1 h 02 min", "3.2 s". Both return `text`. */
const char *qp_text_size(double size_bytes, char *text, size_t bytes);
const char *qp_text_duration(double seconds, char *text, size_t bytes);

#endif
