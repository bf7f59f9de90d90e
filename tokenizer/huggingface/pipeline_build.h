#ifndef QP_PIPELINE_BUILD_H
#define QP_PIPELINE_BUILD_H

#include "tokenizer/huggingface/pipeline.h"

/* pipeline_build — making pipelines; for the readers of files. Every failure names `place`. */
qp_pipeline *qp_pipeline_new(void);

/* qp_pipeline_add_piece — a piece of the model, as the file writes it (in byte-level models with letters for bytes).
 * qp_pipeline_find_piece — its number in *piece, or -1.   Errors  QP_EMEMORY. */
qp_status qp_pipeline_add_piece(const char *place, qp_pipeline *pipeline, const char *token, size_t bytes, int64_t id,
                                double score);
qp_status qp_pipeline_find_piece(const qp_pipeline *pipeline, const char *token, size_t bytes, int32_t *piece);

/* qp_pipeline_add_merge — two parts as the file writes them; both and the whole must be pieces. rank -1: the next. */
qp_status qp_pipeline_add_merge(const char *place, qp_pipeline *pipeline, qp_text left, qp_text right, int32_t rank);

/* qp_pipeline_add_part — append a part to a template; id is copied. */
qp_status qp_pipeline_add_part(qp_template *list, int sequence, int32_t type_id, const int32_t *id, size_t id_count);

#endif
