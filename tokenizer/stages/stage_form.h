#ifndef QP_STAGE_FORM_H
#define QP_STAGE_FORM_H

#include "tokenizer/stages/stage_kinds.h"

/* stage_form — normal forms that keep the spans of a stretch: a character that is composed has the span of its first
 * part, one that is decomposed shares its span among its parts.
 *
 * qp_form_stretch — append the stretch in this normal form. Errors: QP_EMEMORY. */
qp_status qp_form_stretch(qp_form form, qp_changes *changes, qp_stretch stretch, qp_mapped_text *out);

#endif
