#ifndef QP_SMALL_PACKAGE_H
#define QP_SMALL_PACKAGE_H

#include "lib/package/package.h"
#include "lib/quipu.h"
#include "tokenizer/own/tokenizer_config.h"

/* small_package — small models, made in memory. */

/* A tokenizer of this type, learned from a text. */
qp_tokenizer *small_tokenizer(int type, const char *text);

/* A model of width 8 with these settings ("task=tag", ...), which end in NULL, and this tokenizer on both sides.
 * labels: a JSON array, or NULL. */
qp_package *small_package(const char *const *setting, qp_tokenizer *tokenizer, const char *labels);

/* What quipu_train makes of a text and options, NAME and VALUE in turn up to NULL. The caller closes it.
 * SMALL_MODEL: options of one layer of width 8. */
#define SMALL_MODEL "layers", "1", "emb-size", "8", "ff-size", "8", "heads", "2"
quipu_package *trained_package(const char *const *option, const char *text);

#endif
