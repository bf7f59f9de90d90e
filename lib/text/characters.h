#ifndef QP_CHARACTERS_H
#define QP_CHARACTERS_H

#include <stdbool.h>
#include <stdint.h>

/* characters — classes of code points that tokenizers ask for.
 *
 * qp_is_white_space    — the 25 code points of White_Space.
 * qp_is_word_character — \w of Unicode: Alphabetic, marks, decimal digits, connectors and the two joiners.
 * A negative code (a byte that is not UTF-8) is in neither class. Source: Unicode Technical Standard 18, annex C. */
bool qp_is_white_space(int32_t code);
bool qp_is_word_character(int32_t code);

#endif
