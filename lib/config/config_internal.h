#ifndef QP_CONFIG_INTERNAL_H
#define QP_CONFIG_INTERNAL_H

#include <stdbool.h>

#include "lib/config/config.h"

/* qp_config_same_word — equal, where hyphen and underscore count as the same character. */
bool qp_config_same_word(const char *a, const char *b);

#endif
