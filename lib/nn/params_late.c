#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/nn/params_internal.h"

/* Panels that are made when a weight is used (weight_panels.h). */

void qp_params_late_free(qp_params *params)
{
    free(params->late);
    free(params->late_block);
    params->late = NULL;
    params->late_block = NULL;
}

void qp_params_pack_late(qp_params *params)
{
    qp_packed *packed = params->packed;
    size_t total = 0, used = 0;
    qp_params_late_free(params);
    for (int i = 0; i < params->count; i++)
        if (packed[i].row) total += qp_late_bytes(&packed[i]);
    if (total == 0) return;
    params->late = calloc((size_t)params->count, sizeof *params->late);
    params->late_block = qp_memory_large(total);
    for (int i = 0; params->late && params->late_block && i < params->count; i++) {
        const size_t bytes = packed[i].row ? qp_late_bytes(&packed[i]) : 0;
        if (bytes == 0) continue;
        const bool in_file = params->map && qp_map_is_file(params->map) && !params->own[i];
        params->late[i].memory = (char *)params->late_block + used;
        params->late[i].mapped = in_file && packed[i].type == QP_WEIGHT_PANELS;
        packed[i].late = &params->late[i];
        used += bytes;
    }
}
