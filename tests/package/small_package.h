#ifndef QP_SMALL_PACKAGE_H
#define QP_SMALL_PACKAGE_H

#include "lib/package/package.h"
#include "tokenizer/own/tokenizer_config.h"

/* small_package — models with their first weights, made in memory. */

/* A tokenizer of this type, learned from a text. */
qp_tokenizer *small_tokenizer(int type, const char *text);

/* A model of width 8 with these settings ("task=tag", ...), which end in NULL, and this tokenizer on both sides.
 * labels: a JSON array, or NULL. */
qp_package *small_package(const char *const *setting, qp_tokenizer *tokenizer, const char *labels);

#endif
