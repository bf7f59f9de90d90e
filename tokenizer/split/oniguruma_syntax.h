#ifndef QP_ONIGURUMA_SYNTAX_H
#define QP_ONIGURUMA_SYNTAX_H

#include "lib/text/text_buffer.h"

/* qp_oniguruma_syntax — rewrite an expression for Rust's engines (tiktoken's patterns) so that Oniguruma (the engine of
 * Hugging Face) finds the same matches: the possessive x{1,3}+, which means (?:x{1,3})+ there, becomes (?>x{1,3}); ^
 * and $, which are the ends of lines there, become \A and \z. The rest is copied.
 *   pattern  one that qp_regex_compile takes
 *   out      the expression is appended; out->failed: no memory */
void qp_oniguruma_syntax(const char *pattern, size_t bytes, qp_text_buffer *out);

#endif
