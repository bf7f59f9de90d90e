#ifndef QP_OPTIONS_HELP_H
#define QP_OPTIONS_HELP_H

#include "cli/base/options.h"

/* qp_options_help — print the help of one command on stdout. Without words: the options of main_option, or all of them;
 * `--all`: all of them by group; any other words: the options whose name, text or choices contain all these words,
 * without regard to case.
 * Errors  QP_EUSAGE: no option has the words. */
qp_status qp_options_help(const qp_command *command, char *const *word, int words);

#endif
