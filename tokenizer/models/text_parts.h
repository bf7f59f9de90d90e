#ifndef QP_TEXT_PARTS_H
#define QP_TEXT_PARTS_H

#include "lib/base/view.h"
#include "tokenizer/models/kind.h"

/* qp_text_part — the beginning of *rest, about `wanted` bytes of it, up to a place where `cut` allows to cut; *rest
 * becomes what is left, empty at the end. The places are spaces between two letters of scripts whose letters are never
 * joined with a space by a normal form: Latin, Greek, Cyrillic, kana, Han, Hangul syllables. */
qp_text qp_text_part(qp_safe_cut cut, size_t wanted, qp_text *rest);

#endif
