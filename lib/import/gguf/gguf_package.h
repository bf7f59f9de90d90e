#ifndef QP_GGUF_PACKAGE_H
#define QP_GGUF_PACKAGE_H

#include "lib/package/package.h"

/* gguf_package — a GGUF file as a package: the model and its tokenizer.
 * tokenizer  a tokenizer file to use instead of the one in the file; "": none
 * Errors  those of gguf_file.h, gguf_model.h, gguf_vocabulary.h; QP_EDATA: more pieces than the model has rows, no
 *         token that ends a text. */
qp_status qp_gguf_package(const char *path, const char *tokenizer, qp_package **package);

#endif
