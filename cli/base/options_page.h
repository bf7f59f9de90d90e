#ifndef QP_OPTIONS_PAGE_H
#define QP_OPTIONS_PAGE_H

#include "cli/base/options.h"

/* qp_options_page — the help of one command for other programs, on stdout.
 *   "man"   a manual page (man 7)
 *   "list"  a line for each option: name, letter, kind, value, help, separated by tabs. kind: flag, off (a flag that is
 *           on, to be turned off), choice (value: a, b, c), number, file or text
 * Errors  QP_EUSAGE: another form. */
qp_status qp_options_page(const qp_command *command, const char *form);

#endif
