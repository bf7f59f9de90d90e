#ifndef QP_WEIGHT_NAMES_H
#define QP_WEIGHT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* weight_names — names of arrays as patterns: '#' is the number of a layer, or of an expert in it, '+' that
 * number where it is counted from 1. */
enum { QP_WEIGHT_NAME_BYTES = 256, QP_WEIGHT_NUMBERS = 2 };

/* qp_weight_name_fits — whether `name` is the pattern, with a number for each '#' or '+'; these, from 0, go to
 *   number [QP_WEIGHT_NUMBERS].
 * qp_weight_name — the first `length` bytes of a pattern with its numbers; false: too long. */
bool qp_weight_name_fits(const char *pattern, const char *name, int *number);
bool qp_weight_name(const char *pattern, size_t length, const int *number, char name[QP_WEIGHT_NAME_BYTES]);

#endif
