#ifndef QP_REGEX_TRANSLATE_H
#define QP_REGEX_TRANSLATE_H

#include "lib/text/json_writer.h"

/* regex_translate — an expression of Rust's kind (tiktoken's patterns) put so that Oniguruma (Hugging Face's engine)
 * finds the same: x{1,3}+ gives nothing back, but is (?:x{1,3})+ there, so it becomes (?>x{1,3}); ^ and $ are the ends
 * of the text, but those of lines there, so they become \A and \z. The rest stays as it is.
 *   pattern  one that qp_regex_compile_as takes
 *   out      zeroed; its text becomes the expression. out->failed: no memory. */
void qp_regex_translate(const char *pattern, size_t bytes, qp_json_out *out);

#endif
