#ifndef QP_NAME_LIST_H
#define QP_NAME_LIST_H

#include <stdbool.h>

/* qp_name_matches — does a name match one of the patterns, with * and ? as in the shell, separated by commas? */
bool qp_name_matches(const char *patterns, const char *name);

#endif
