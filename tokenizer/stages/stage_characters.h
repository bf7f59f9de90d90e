#ifndef QP_STAGE_CHARACTERS_H
#define QP_STAGE_CHARACTERS_H

#include "tokenizer/stages/stage_kinds.h"

/* stage_characters — normalizers that look at one character at a time. */

/* A change of one character: what it becomes is added to `changes`. */
typedef qp_status (*qp_character_change)(qp_changes *changes, int32_t code);

/* qp_change_characters — append the stretch with every character changed. A dropped character does not move the spans
 * of the others. Errors: QP_EMEMORY.
 * qp_lower_character   — a change: simple lower case; U+0130 becomes i and a dot above. */
qp_status qp_change_characters(qp_character_change change, qp_changes *changes, qp_stretch stretch,
                               qp_mapped_text *out);
qp_status qp_lower_character(qp_changes *changes, int32_t code);

#endif
