#include "lib/decode/alignment.h"

#include <stdlib.h>

/* The cross-attention map to believe, or NULL. */
static const qp_attention_map *cross_map(const qp_model_maps *maps)
{
    const qp_attention_map *last = NULL, *before = NULL;
    int layers = 0;
    for (int i = 0; i < maps->count; i++) {
        if (maps->entry[i].kind != QP_MAP_CROSS) continue;
        before = last;
        last = &maps->entry[i].map;
        layers++;
    }
    return layers >= 3 ? before : last;
}

qp_status qp_alignment(const qp_model *model, qp_tape *tape, const int32_t *source, int source_count,
                       const int32_t *target, int target_count, qp_real *weight)
{
    int32_t source_start[2] = {0, source_count}, target_start[2] = {0, target_count};
    qp_batch batch = {.source = {.sequences = {.count = 1, .start = source_start}, .id = source},
                      .target = {.sequences = {.count = 1, .start = target_start}, .id = target}};
    qp_model_maps *maps = malloc(sizeof *maps);
    if (!maps) return qp_fail(QP_EMEMORY, "alignment: out of memory");
    maps->count = 0;
    qp_tape_begin(tape, QP_INFER, 0);
    qp_model_logits(model, tape, &batch, maps);
    qp_status status = qp_tape_status(tape);
    const qp_attention_map *map = cross_map(maps);
    if (status == QP_OK && !map)
        status = qp_fail(QP_EUSAGE, "alignment: this model has no attention between target and source; "
                                    "leave --alignment out");
    if (status == QP_OK) {
        size_t block = (size_t)source_count * (size_t)target_count;
        for (size_t i = 0; i < block; i++) {
            qp_real sum = 0;
            for (int head = 0; head < map->heads; head++) sum += map->weights.value[(size_t)head * block + i];
            weight[i] = sum / (qp_real)map->heads;
        }
    }
    free(maps);
    return status;
}

int qp_alignment_hard(const qp_real *weight, int source_count, int t)
{
    const qp_real *row = weight + (ptrdiff_t)t * source_count;
    int best = 0;
    for (int j = 1; j < source_count - 1; j++)
        if (row[j] > row[best]) best = j;
    return best;
}
