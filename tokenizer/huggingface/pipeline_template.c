#include "tokenizer/huggingface/pipeline_template.h"

const qp_template qp_template_plain_pair = {(qp_template_part[]){{0, 0, NULL, 0}, {1, 1, NULL, 0}}, 2, 2};

qp_status qp_template_fill(const qp_template *t, const qp_encoding *one, const qp_encoding *two, qp_encoding *list)
{
    for (size_t i = 0; i < t->count; i++) {
        const qp_template_part *part = &t->part[i];
        const qp_encoding *from = part->sequence == 1 ? two : one;
        for (int k = 0; part->sequence >= 0 && from && k < from->count; k++) {
            qp_token token = qp_encoding_token(from, k);
            token.type_id = part->type_id;
            token.sequence = part->sequence;
            QP_TRY(qp_encoding_add_token(list, token));
        }
        for (size_t k = 0; part->sequence < 0 && k < part->id_count; k++)
            QP_TRY(qp_encoding_add_token(list, (qp_token){part->id[k], part->type_id, -1, 0, 0}));
    }
    return QP_OK;
}

size_t qp_template_added(const qp_template *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) count += t->part[i].sequence < 0 ? t->part[i].id_count : 0;
    return count;
}
