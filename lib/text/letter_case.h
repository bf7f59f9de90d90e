#ifndef QP_LETTER_CASE_H
#define QP_LETTER_CASE_H

#include "lib/text/normalize.h"

/* letter_case — text without regard to case, by the full mappings of Unicode 15.0 (one letter may become several).
 * FOLD        full case folding: ß becomes ss
 * FOLD_NFKC   NFKC_Casefold: folding, compatibility forms and ignorable characters in one
 * LOWER       lower case with its context: a sigma at the end of a word is final; U+0130 becomes two
 * LOWER_EACH  every code point separately
 * Bytes that are not UTF-8 are kept. Source: The Unicode Standard, section 3.13; mappings from utf8proc. */
typedef enum { QP_CASE_FOLD, QP_CASE_FOLD_NFKC, QP_CASE_LOWER, QP_CASE_LOWER_EACH } qp_case_mapping;

/* qp_letter_case — appends the mapped text[0..bytes) to *out.  Errors: QP_EMEMORY; QP_EDATA above 2^31 bytes. */
qp_status qp_letter_case(qp_case_mapping mapping, const char *text, size_t bytes, qp_mapped_text *out);

#endif
