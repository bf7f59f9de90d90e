#ifndef QP_CLI_UNREAD_H
#define QP_CLI_UNREAD_H

#include "cli/base/options.h"

/* unread — options that were given on the command line, but that nothing reads with this model or beside the other
 * options: a mistake that would otherwise change nothing without a word. */
typedef struct {
    const char *option; /* field name */
    bool read;          /* with this model, by this command */
    const char *users;  /* what would read it: "taggers" */
} qp_unread;

/* qp_unread_check — QP_EUSAGE for the first row [count] whose option was given and is not read.
 * qp_unread_table — the same for all fields of a table that is not read.
 * options  NULL: nothing was given */
qp_status qp_unread_check(const qp_options *options, const qp_unread *row, int count);
qp_status qp_unread_table(const qp_options *options, const qp_field_table *table, const char *users);

#endif
