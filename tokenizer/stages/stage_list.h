#ifndef QP_STAGE_LIST_H
#define QP_STAGE_LIST_H

#include "tokenizer/stages/stage.h"

/* stage_list — the normalizer, pre_tokenizer and decoder of a tokenizer.json.
 *
 * qp_stages_read  — append the stages of `json` (null: none; Sequence: each of its list).
 *                   Errors: QP_EDATA naming a stage that is unknown, or a field that is missing or wrong; QP_EMEMORY.
 * qp_stages_write — append the stages as one Sequence; without `present`, null. Errors: those of the stages. */
qp_status qp_stages_read(const char *place, const json_t *json, qp_stage_role role, qp_stage_list *list);
qp_status qp_stages_write(const qp_stage_list *list, qp_stage_role role, bool present, qp_text_buffer *out);

#endif
