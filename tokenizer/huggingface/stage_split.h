#ifndef QP_STAGE_SPLIT_H
#define QP_STAGE_SPLIT_H

#include "tokenizer/huggingface/stage_normalize.h"

/* stage_split — stages that cut text into ranges; a range that is an added token stays as it is. */
typedef struct {
    struct qp_range {
        size_t begin, end; /* of the text */
        int32_t added;     /* number of an added token, -1: ordinary text */
    } * range;
    size_t count, capacity;
} qp_ranges;

void qp_ranges_free(qp_ranges *ranges);
qp_status qp_ranges_add(qp_ranges *ranges, size_t begin, size_t end, int32_t added);

/* qp_stage_split — append to *out and *out_ranges what the stage makes of one range of `from`. Empty ranges are left
 * out. original_begin   where the range began in the original text (Metaspace's "first"). */
qp_status qp_stage_split(const qp_stage *stage, qp_stage_scratch *scratch, const qp_mapped_text *from,
                         struct qp_range range, qp_mapped_text *out, qp_ranges *out_ranges);

#endif
