#ifndef QP_CODE_PASS_H
#define QP_CODE_PASS_H

#include "lib/metric/segment.h"

/* code_pass — the steps of the metrics' tokenizers. A pass reads `in` and overwrites `out` with the result; the two
 * must differ. Errors set out->failed. */
typedef bool (*qp_code_test)(int32_t code);

/* qp_pass_apart — puts a space on both sides of every code point that passes the test. */
void qp_pass_apart(qp_codes *in, qp_codes *out, qp_code_test test);

/* qp_pass_pair — pairs a b that pass the tests, from left to right and without overlap, become
 *   before: "a b "   else: " a b" */
void qp_pass_pair(qp_codes *in, qp_codes *out, qp_code_test first, qp_code_test second, bool before);

/* qp_pass_replace — every `from` becomes `to`; both ASCII. */
void qp_pass_replace(qp_codes *in, qp_codes *out, const char *from, const char *to);

/* qp_pass_remove — drops the code points that pass the test. */
void qp_pass_remove(qp_codes *in, qp_codes *out, qp_code_test test);

/* The common steps of NIST's mteval-13a and of tercom for Western languages; `in` is overwritten, the result is in
 * `out`.
 *   unescape  decodes &quot; &amp; &lt; &gt; and adds a space at both ends
 *   numbers   splits off full stop and comma unless between digits, and a dash after a digit
 *   symbol    whether it is one of the ASCII symbols that are split off */
void qp_pass_unescape(qp_codes *in, qp_codes *out);
void qp_pass_numbers(qp_codes *in, qp_codes *out);
bool qp_is_western_symbol(int32_t code);

#endif
