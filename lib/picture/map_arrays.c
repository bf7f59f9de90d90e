#include "lib/picture/map_arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store/npz.h"

/* All maps of one kind in one block; NULL without memory. */
static float *gather(const qp_picture *picture, qp_map_kind kind)
{
    size_t size = (size_t)picture->side[kind].rows.count * (size_t)picture->side[kind].columns.count;
    size_t heads = (size_t)picture->side[kind].heads;
    float *block = calloc((size_t)picture->side[kind].layers * heads * size + 1, sizeof *block);
    for (int i = 0; block && i < picture->maps; i++) {
        const qp_picture_map *map = &picture->map[i];
        if (map->kind == kind)
            memcpy(block + ((size_t)map->layer * heads + (size_t)map->head) * size, map->weight, size * sizeof *block);
    }
    return block;
}

static void add_kind(qp_npz *npz, const qp_picture *picture, qp_map_kind kind, const float *block)
{
    char name[32];
    const qp_token_labels *rows = &picture->side[kind].rows, *columns = &picture->side[kind].columns;
    int64_t shape[4] = {picture->side[kind].layers, picture->side[kind].heads, rows->count, columns->count};
    snprintf(name, sizeof name, "%s_weights", qp_map_kind_name(kind));
    qp_npz_add_floats(npz, name, 4, shape, block);
    snprintf(name, sizeof name, "%s_rows", qp_map_kind_name(kind));
    qp_npz_add_texts(npz, name, (const char *const *)rows->text, rows->count);
    snprintf(name, sizeof name, "%s_columns", qp_map_kind_name(kind));
    qp_npz_add_texts(npz, name, (const char *const *)columns->text, columns->count);
}

qp_status qp_map_arrays_save(const qp_picture *picture, const char *path)
{
    static const qp_map_kind kind[QP_MAP_KINDS] = {QP_MAP_CROSS, QP_MAP_ENCODER, QP_MAP_DECODER};
    float *block[QP_MAP_KINDS] = {NULL};
    bool failed = false;
    if (picture->maps == 0) return qp_fail(QP_EUSAGE, "%s: there is no attention to save; the model has none", path);
    qp_npz *npz = qp_npz_new();
    for (int k = 0; k < QP_MAP_KINDS && npz && !failed; k++) {
        if (picture->side[kind[k]].layers == 0) continue;
        block[k] = gather(picture, kind[k]);
        failed = !block[k];
        if (!failed) add_kind(npz, picture, kind[k], block[k]);
    }
    qp_status status;
    if (failed) {
        qp_npz_free(npz);
        status = qp_fail(QP_EMEMORY, "%s: out of memory; nothing was written", path);
    } else {
        status = qp_npz_save(npz, path);
    }
    for (int k = 0; k < QP_MAP_KINDS; k++) free(block[k]);
    return status;
}
