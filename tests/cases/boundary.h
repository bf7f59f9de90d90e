#ifndef QP_BOUNDARY_H
#define QP_BOUNDARY_H

#include <stddef.h>

/* boundary — where a reader sees one character end, or one word.
 * A byte that is not UTF-8 is a segment of its own. Unicode 15.0. Linear in the length. */

/* grapheme_next — end of the extended grapheme cluster that begins at text[at]; at < bytes, and `at` is 0 or an
 * earlier result. Source: Unicode Standard Annex 29, section 3, with Indic conjuncts kept whole (rule GB9c, which the
 * standard has had since 15.1 and ICU before); the other rules from utf8proc. */
size_t grapheme_next(const char *text, size_t bytes, size_t at);

/* word_next — the same for words (spaces and punctuation are words too). Source: Annex 29, section 4, tailored as
 * CLDR 42 does: @ is a letter, and Hangul syllables join only each other. */
size_t word_next(const char *text, size_t bytes, size_t at);

#endif
