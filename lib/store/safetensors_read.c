#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/half.h"
#include "lib/store/checked.h"
#include "lib/store/safetensors.h"
#include "lib/store/safetensors_internal.h"

enum { PIECE_BYTES = 1 << 16 }; /* on the stack; a multiple of every element's size */

int qp_safetensors_count(const qp_safetensors *file) { return file->count; }

const qp_stored *qp_safetensors_at(const qp_safetensors *file, int index) { return &file->stored[index]; }

int qp_safetensors_metadata_count(const qp_safetensors *file) { return file->metadata_count; }

const char *qp_safetensors_metadata_key(const qp_safetensors *file, int index) { return file->key[index]; }

const char *qp_safetensors_metadata_value(const qp_safetensors *file, int index) { return file->value[index]; }

const char *qp_safetensors_metadata(const qp_safetensors *file, const char *key)
{
    for (int i = 0; i < file->metadata_count; i++)
        if (!strcmp(file->key[i], key)) return file->value[i];
    return NULL;
}

const qp_stored *qp_safetensors_find(const qp_safetensors *file, const char *name)
{
    int low = 0, high = file->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        const qp_stored *stored = &file->stored[file->by_name[middle]];
        int order = strcmp(name, stored->name);
        if (order == 0) return stored;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const char *shape_text(int dimensions, const int64_t *shape, char *text, size_t bytes)
{
    size_t used = (size_t)snprintf(text, bytes, "[");
    for (int i = 0; i < dimensions && used + 24 < bytes; i++) {
        const char *comma = i ? ", " : "";
        used += (size_t)(shape[i] == -1 ? snprintf(text + used, bytes - used, "%sany", comma)
                                        : snprintf(text + used, bytes - used, "%s%" PRId64, comma, shape[i]));
    }
    snprintf(text + used, bytes - used, "]");
    return text;
}

qp_status qp_safetensors_need(const qp_safetensors *file, const char *name, int dimensions, const int64_t *shape,
                              const qp_stored **result)
{
    qp_printable_name printable;
    const qp_stored *stored = qp_safetensors_find(file, name);
    if (!stored)
        return qp_fail(QP_EDATA, "%s: has no tensor '%s'; it belongs to another kind of model", file->base.path,
                       qp_printable(name, &printable));
    bool fits = stored->dimensions == dimensions;
    for (int i = 0; fits && i < dimensions; i++) fits = shape[i] == -1 || shape[i] == stored->shape[i];
    if (!fits) {
        char have[200], need[200];
        return qp_fail(QP_EDATA, "%s: tensor '%s' is %s where %s is needed; the file and its configuration do not fit",
                       file->base.path, qp_printable(name, &printable),
                       shape_text(stored->dimensions, stored->shape, have, sizeof have),
                       shape_text(dimensions, shape, need, sizeof need));
    }
    *result = stored;
    return QP_OK;
}

qp_status qp_safetensors_map(qp_safetensors *file)
{
    if (file->map) return QP_OK;
    return qp_map_open(file->base.descriptor, file->base.path, (size_t)file->base.bytes, &file->map);
}

qp_map *qp_safetensors_mapped(const qp_safetensors *file) { return file->map; }

const void *qp_safetensors_place(const qp_safetensors *file, const qp_stored *stored)
{
    return qp_map_bytes(file->map) + stored->offset;
}

qp_status qp_safetensors_bytes(const qp_safetensors *file, const qp_stored *stored, void *value)
{
    return qp_safetensors_pread(file, stored->offset, value, stored->bytes);
}

/* ---- conversion ---- */

typedef union {
    double f64[PIECE_BYTES / 8];
    float f32[PIECE_BYTES / 4];
    uint16_t u16[PIECE_BYTES / 2];
    int64_t i64[PIECE_BYTES / 8];
    int32_t i32[PIECE_BYTES / 4];
    uint8_t u8[PIECE_BYTES];
    int8_t i8[PIECE_BYTES];
} piece;

static void convert_reals(const piece *p, qp_dtype dtype, size_t count, qp_real *value)
{
    switch (dtype) {
    case QP_DTYPE_F64:
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)p->f64[i];
        break;
    case QP_DTYPE_F32:
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)p->f32[i];
        break;
    case QP_DTYPE_F16:
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)qp_half_to_float(p->u16[i]);
        break;
    case QP_DTYPE_BF16:
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)qp_bfloat_to_float(p->u16[i]);
        break;
    case QP_DTYPE_I64:
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)p->i64[i];
        break;
    case QP_DTYPE_I32:
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)p->i32[i];
        break;
    case QP_DTYPE_I8:
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)p->i8[i];
        break;
    case QP_DTYPE_U8:
    case QP_DTYPE_BOOL:
    case QP_DTYPE_COUNT:
        for (size_t i = 0; i < count; i++) value[i] = (qp_real)p->u8[i];
        break;
    }
}

static qp_status find_scales(const qp_safetensors *file, const qp_stored *stored, const qp_stored **scales)
{
    char name[256];
    int length = snprintf(name, sizeof name, "%s" QP_SCALE_ENDING, stored->name);
    *scales = length < (int)sizeof name ? qp_safetensors_find(file, name) : NULL;
    if (!*scales) return QP_OK;
    QP_TRY(qp_safetensors_need(file, name, 1, stored->shape, scales));
    if (stored->dimensions > 0 && (*scales)->dtype == QP_DTYPE_F32) return QP_OK;
    return qp_fail(QP_EDATA, "%s: %s is %s where F32 is needed; the file is damaged", file->base.path, name,
                   qp_dtype_name((*scales)->dtype));
}

qp_status qp_safetensors_scales(const qp_safetensors *file, const qp_stored *stored, float *scale)
{
    const qp_stored *scales;
    qp_printable_name printable;
    QP_TRY(find_scales(file, stored, &scales));
    if (!scales)
        return qp_fail(QP_EDATA, "%s: tensor '%s' has no " QP_SCALE_ENDING "; the file is incomplete", file->base.path,
                       qp_printable(stored->name, &printable));
    QP_TRY(qp_safetensors_bytes(file, scales, scale));
    for (size_t i = 0; i < scales->count; i++)
        if (!isfinite(scale[i]) || scale[i] < 0)
            return qp_fail(QP_EDATA, "%s: tensor '%s': factor %zu is %g; the file is damaged", file->base.path,
                           qp_printable(scales->name, &printable), i, (double)scale[i]);
    return QP_OK;
}

qp_status qp_safetensors_scales_place(const qp_safetensors *file, const qp_stored *stored, const float **scale)
{
    const qp_stored *scales;
    float *copy = malloc((size_t)stored->shape[0] * sizeof *copy);
    qp_status status = copy ? qp_safetensors_scales(file, stored, copy)
                            : qp_fail(QP_EMEMORY, "%s: out of memory", file->base.path);
    free(copy);
    QP_TRY(status);
    QP_TRY(find_scales(file, stored, &scales));
    const void *place = qp_safetensors_place(file, scales);
    *scale = (uintptr_t)place % sizeof **scale == 0 ? place : NULL;
    return QP_OK;
}

/* Each row of an I8 array times its factor, if it has factors. */
static qp_status apply_scales(const qp_safetensors *file, const qp_stored *stored, qp_real *value)
{
    const qp_stored *scales;
    QP_TRY(find_scales(file, stored, &scales));
    if (!scales || stored->count == 0) return QP_OK;
    float *scale = malloc(scales->bytes);
    qp_status status = scale ? qp_safetensors_scales(file, stored, scale)
                             : qp_fail(QP_EMEMORY, "%s: out of memory", file->base.path);
    const size_t width = stored->count / scales->count;
    for (size_t i = 0; status == QP_OK && i < stored->count; i++) value[i] *= (qp_real)scale[i / width];
    free(scale);
    return status;
}

qp_status qp_safetensors_reals(const qp_safetensors *file, const qp_stored *stored, qp_real *value)
{
    if (stored->dtype == QP_DTYPE_REAL) return qp_safetensors_bytes(file, stored, value);
    piece p;
    size_t size = qp_dtype_bytes(stored->dtype), done = 0;
    while (done < stored->count) {
        size_t count = stored->count - done < PIECE_BYTES / size ? stored->count - done : PIECE_BYTES / size;
        QP_TRY(qp_safetensors_pread(file, stored->offset + done * size, &p, count * size));
        convert_reals(&p, stored->dtype, count, value + done);
        done += count;
    }
    return stored->dtype == QP_DTYPE_I8 ? apply_scales(file, stored, value) : QP_OK;
}

qp_status qp_safetensors_integers(const qp_safetensors *file, const qp_stored *stored, int64_t *value)
{
    if (stored->dtype == QP_DTYPE_I64) return qp_safetensors_bytes(file, stored, value);
    if (stored->dtype != QP_DTYPE_I32 && stored->dtype != QP_DTYPE_U8 && stored->dtype != QP_DTYPE_BOOL) {
        qp_printable_name printable;
        return qp_fail(QP_EDATA, "%s: tensor '%s' is %s where integers are needed; the file does not fit",
                       file->base.path, qp_printable(stored->name, &printable), qp_dtype_name(stored->dtype));
    }
    piece p;
    size_t size = qp_dtype_bytes(stored->dtype), done = 0;
    while (done < stored->count) {
        size_t count = stored->count - done < PIECE_BYTES / size ? stored->count - done : PIECE_BYTES / size;
        QP_TRY(qp_safetensors_pread(file, stored->offset + done * size, &p, count * size));
        for (size_t i = 0; i < count; i++) value[done + i] = stored->dtype == QP_DTYPE_I32 ? p.i32[i] : p.u8[i];
        done += count;
    }
    return QP_OK;
}
