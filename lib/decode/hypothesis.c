#include "lib/decode/hypothesis.h"

#include <stdlib.h>

qp_status qp_hypothesis_new(int count, int source_tokens, bool attention, qp_hypothesis *hypothesis)
{
    size_t room = (size_t)count + 1;
    *hypothesis = (qp_hypothesis){.count = count};
    hypothesis->id = malloc(room * sizeof *hypothesis->id);
    hypothesis->log_probability = malloc(room * sizeof *hypothesis->log_probability);
    if (attention) hypothesis->attention = malloc(room * ((size_t)source_tokens + 1) * sizeof *hypothesis->attention);
    if (hypothesis->id && hypothesis->log_probability && (!attention || hypothesis->attention)) return QP_OK;
    qp_hypothesis_free(hypothesis);
    return qp_fail(QP_EMEMORY, "search: out of memory for a result of %d tokens; use a smaller --batch-size", count);
}

void qp_hypothesis_free(qp_hypothesis *hypothesis)
{
    free(hypothesis->id);
    free(hypothesis->log_probability);
    free(hypothesis->attention);
    *hypothesis = (qp_hypothesis){0};
}

void qp_search_result_free(qp_search_result *result)
{
    for (int i = 0; i < result->count; i++) qp_hypothesis_free(&result->best[i]);
    free(result->best);
    *result = (qp_search_result){0};
}
