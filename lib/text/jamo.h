#ifndef QP_JAMO_H
#define QP_JAMO_H

#include "lib/text/normalize.h"

/* jamo — syllables to jamo and back, by arithmetic (The Unicode Standard, section 3.12): syllable = ((leading x 21) +
 * vowel) x 28 + trailing. Text in NFC or NFKC comes back as it was, because there no jamo stand that could join. */

/* qp_jamo_take_apart — append text[0..bytes) to *out, each syllable as two or three jamo, all with its span.
 * qp_jamo_join       — in place: jamo that make a syllable become it; the new length. */
qp_status qp_jamo_take_apart(const char *text, size_t bytes, qp_mapped_text *out);
size_t qp_jamo_join(char *text, size_t bytes);

#endif
