#ifndef QP_HUGGINGFACE_STAGES_H
#define QP_HUGGINGFACE_STAGES_H

#include <jansson.h>

#include "tokenizer/huggingface/pipeline.h"

/* huggingface_stages — normalizer, pre_tokenizer and decoder of a tokenizer.json as rows of stages. */
typedef enum { QP_ROLE_NORMALIZER, QP_ROLE_SPLITTER, QP_ROLE_DECODER } qp_stage_role;

/* qp_huggingface_stages — append the stages of `json` (null: none; Sequence: each of its list). Errors: QP_EDATA naming
 * a stage this program does not know, or a field that is missing or wrong. */
qp_status qp_huggingface_stages(const char *place, const json_t *json, qp_stage_role role, int depth,
                                qp_stage_list *list);

/* qp_json_flag — a true or false of an object; `missing` where it is not there or null. */
qp_status qp_json_flag(const char *place, const json_t *json, const char *key, bool missing, bool *flag);

#endif
