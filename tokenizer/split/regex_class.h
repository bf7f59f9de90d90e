#ifndef QP_REGEX_CLASS_H
#define QP_REGEX_CLASS_H

#include "tokenizer/split/regex_reader.h"

/* regex_class — the parts of an expression that match one character, in PCRE2's syntax.
 *
 * qp_regex_one — read a [class], ., an escape or a letter and append an item that can be repeated. PCRE2 has no classes
 *                inside classes and no &&: they become alternatives and lookaheads, (?:(?=[a])[b]).
 *                Errors: QP_EDATA, QP_EMEMORY.
 * qp_regex_word_class — the members of \w, for use between brackets; `alone`: of a \w outside of a class. */
qp_status qp_regex_one(qp_regex_reader *reader, qp_text_buffer *out);
const char *qp_regex_word_class(qp_regex_flavor flavor, bool alone);

#endif
