#ifndef QP_JAMO_H
#define QP_JAMO_H

#include "lib/text/normalize.h"

/* jamo — syllables to jamo and back, by arithmetic (The Unicode Standard, section 3.12): syllable = ((leading x 21) +
 * vowel) x 28 + trailing. Text in NFC or NFKC survives the round trip, because it has no jamo that could join. */

/* qp_jamo_take_apart — appends text[0..bytes) to *out, each syllable as two or three jamo with the syllable's span.
 * qp_jamo_join       — joins jamo to syllables in place; returns the new length. */
qp_status qp_jamo_take_apart(const char *text, size_t bytes, qp_mapped_text *out);
size_t qp_jamo_join(char *text, size_t bytes);

#endif
