#include "tokenizer/stages/stage.h"

#include <stdlib.h>

#include "lib/base/array.h"

void qp_stage_scratch_free(qp_stage_scratch *scratch)
{
    qp_changes_free(&scratch->changes);
    qp_regex_scratch_free(&scratch->regex);
}

qp_status qp_stages_add(qp_stage_list *list, const qp_stage_kind *kind, void **self)
{
    *self = calloc(1, kind->bytes + 1);
    if (!*self || !QP_GROW(list->stage, list->capacity, list->count + 1)) {
        free(*self);
        return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use a smaller tokenizer");
    }
    list->stage[list->count++] = (qp_stage){kind, *self};
    return QP_OK;
}

void qp_stages_free(qp_stage_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const qp_stage *s = &list->stage[i];
        if (s->kind->release) s->kind->release(s->self);
        free(s->self);
    }
    free(list->stage);
    *list = (qp_stage_list){0};
}

const void *qp_stages_only(const qp_stage_list *list, const qp_stage_kind *kind)
{
    return list->count == 1 && list->stage[0].kind == kind ? list->stage[0].self : NULL;
}
