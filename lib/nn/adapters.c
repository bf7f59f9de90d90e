#include "lib/nn/adapters.h"

#include "lib/base/name_list.h"

qp_status qp_adapters_add(qp_params *params, const char *patterns, int rank, double alpha)
{
    int count = qp_params_count(params), adapted = 0;
    for (int i = 0; i < count; i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (!p->decay || p->rows <= rank || p->columns <= rank || !qp_name_matches(patterns, p->name)) continue;
        qp_params_adapt(params, i, rank, (qp_real)(alpha / rank));
        adapted++;
    }
    if (adapted > 0) return QP_OK;
    return qp_fail(QP_EUSAGE,
                   "--lora-layers: '%.100s' matches no matrix of more than %d rows and columns; `quipu info --tensors` "
                   "lists their names",
                   patterns, rank);
}
