#include "lib/import/ctranslate2/ct2_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/files/binary.h"
#include "lib/base/half.h"

enum { NAME_BYTES = 256, MOST = 20000, CHUNK = 4096 };
#define BYTES(id, bytes) bytes,
const uint64_t qp_ct2_type_bytes[QP_CT2_TYPE_COUNT] = {QP_CT2_TYPES(BYTES)};
#undef BYTES
static const char scale_ending[] = "_scale";

typedef struct {
    char name[NAME_BYTES];
    int type, dimensions;
    int64_t shape[QP_WEIGHT_DIMENSIONS];
    size_t count;
    uint64_t offset;
    int scale; /* index of its scales, or -1 */
} variable;

struct qp_ct2_file {
    qp_binary base;
    char spec[NAME_BYTES];
    uint64_t at; /* where the header is read */
    variable *variable;
    size_t count, room;
    int *array, arrays; /* the variables that are no scales */
};

static qp_status damaged(const qp_ct2_file *f, const char *what)
{
    return qp_fail(QP_EDATA, "%s: %s; convert the model again, or fetch it again", f->base.path, what);
}

static qp_status no_memory(const qp_ct2_file *f) { return qp_fail(QP_EMEMORY, "%s: out of memory", f->base.path); }

/* ---- the header ---- */

static qp_status read_number(qp_ct2_file *f, int bytes, uint32_t *value)
{
    uint8_t b[4] = {0};
    *value = 0;
    if (f->base.bytes - f->at < (uint64_t)bytes) return damaged(f, "it is cut off");
    QP_TRY(qp_binary_read(&f->base, f->at, b, (uint64_t)bytes));
    f->at += (uint64_t)bytes;
    *value = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return QP_OK;
}

static qp_status read_text(qp_ct2_file *f, char text[NAME_BYTES])
{
    uint32_t length;
    QP_TRY(read_number(f, 2, &length));
    if (length < 2 || length >= NAME_BYTES) return damaged(f, "a name is empty or too long");
    if (f->base.bytes - f->at < length) return damaged(f, "it is cut off");
    QP_TRY(qp_binary_read(&f->base, f->at, text, length));
    f->at += length;
    text[length] = '\0';
    for (uint32_t i = 0; i + 1 < length; i++)
        if (text[i] < ' ' || text[i] > '~') return damaged(f, "a name is not printable");
    return text[length - 1] == '\0' ? QP_OK : damaged(f, "a name has no end");
}

static int find(const qp_ct2_file *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->variable[i].name, name) == 0) return (int)i;
    return -1;
}

static qp_status read_variable(qp_ct2_file *f)
{
    variable v = {.scale = -1, .count = 1};
    uint32_t dimensions, size, type, bytes;
    QP_TRY(read_text(f, v.name));
    QP_TRY(read_number(f, 1, &dimensions));
    if (dimensions > QP_WEIGHT_DIMENSIONS) return damaged(f, "a variable has more than 4 dimensions");
    v.dimensions = (int)dimensions;
    for (int i = 0; i < v.dimensions; i++) {
        QP_TRY(read_number(f, 4, &size));
        if (size == 0 || size > INT32_MAX || v.count > f->base.bytes / size)
            return damaged(f, "a shape is out of range");
        v.shape[i] = size;
        v.count *= size;
    }
    QP_TRY(read_number(f, 1, &type));
    QP_TRY(read_number(f, 4, &bytes));
    if (type >= QP_CT2_TYPE_COUNT) return damaged(f, "the type of a variable is unknown");
    v.type = (int)type;
    v.offset = f->at;
    if (v.count * qp_ct2_type_bytes[type] != bytes || f->base.bytes - f->at < bytes)
        return damaged(f, "a variable has another size than its shape");
    f->at += bytes;
    if (find(f, v.name) >= 0) return damaged(f, "two variables have one name");
    if (!QP_GROW(f->variable, f->room, f->count + 1)) return no_memory(f);
    f->variable[f->count++] = v;
    return QP_OK;
}

static qp_status read_alias(qp_ct2_file *f)
{
    char name[NAME_BYTES], of[NAME_BYTES];
    QP_TRY(read_text(f, name));
    QP_TRY(read_text(f, of));
    int index = find(f, of);
    if (index < 0 || find(f, name) >= 0) return damaged(f, "an alias of no variable, or with the name of one");
    if (!QP_GROW(f->variable, f->room, f->count + 1)) return no_memory(f);
    f->variable[f->count] = f->variable[index];
    memcpy(f->variable[f->count++].name, name, sizeof name);
    return QP_OK;
}

static qp_status read_header(qp_ct2_file *f)
{
    uint32_t version, revision, count, aliases;
    QP_TRY(read_number(f, 4, &version));
    if (version < 4 || version > 6) return damaged(f, "not a model.bin of version 4, 5 or 6");
    QP_TRY(read_text(f, f->spec));
    QP_TRY(read_number(f, 4, &revision));
    QP_TRY(read_number(f, 4, &count));
    if (count > MOST) return damaged(f, "too many variables");
    for (uint32_t i = 0; i < count; i++) QP_TRY(read_variable(f));
    QP_TRY(read_number(f, 4, &aliases));
    if (aliases > MOST) return damaged(f, "too many aliases");
    for (uint32_t i = 0; i < aliases; i++) QP_TRY(read_alias(f));
    return f->at == f->base.bytes ? QP_OK : damaged(f, "something follows its last alias");
}

/* ---- scales ---- */

static bool ends_in_scale(const char *name)
{
    size_t length = strlen(name), tail = sizeof scale_ending - 1;
    return length > tail && strcmp(name + length - tail, scale_ending) == 0;
}

static int scale_of(const qp_ct2_file *f, int index)
{
    char name[NAME_BYTES + sizeof scale_ending];
    snprintf(name, sizeof name, "%s%s", f->variable[index].name, scale_ending);
    return find(f, name);
}

/* Connects matrices of few bits with their scales; what is left are arrays. An alias has the scales of its variable. */
static qp_status connect(qp_ct2_file *f)
{
    f->array = calloc(f->count + 1, sizeof *f->array);
    if (!f->array) return no_memory(f);
    for (size_t i = 0; i < f->count; i++) {
        variable *v = &f->variable[i];
        bool packed = (v->type == QP_CT2_INT8 || v->type == QP_CT2_INT16) && v->dimensions > 0;
        if (packed) v->scale = scale_of(f, (int)i);
        for (size_t k = 0; packed && v->scale < 0 && k < i; k++)
            if (f->variable[k].offset == v->offset) v->scale = f->variable[k].scale;
        const variable *s = v->scale >= 0 ? &f->variable[v->scale] : NULL;
        size_t rows = v->type == QP_CT2_INT8 && v->dimensions > 0 ? (size_t)v->shape[0] : 1;
        if (packed && (!s || s->type != QP_CT2_FLOAT32 || s->count != rows))
            return qp_fail(QP_EDATA, "%s: %s has no scale for each of its rows; convert the model again", f->base.path,
                           v->name);
        if (!ends_in_scale(v->name)) f->array[f->arrays++] = (int)i;
    }
    return QP_OK;
}

/* ---- the file ---- */

void qp_ct2_close(qp_ct2_file *f)
{
    if (!f) return;
    free(f->variable);
    free(f->array);
    qp_binary_close(&f->base);
}

qp_status qp_ct2_open(const char *path, qp_ct2_file **file)
{
    qp_binary *base;
    *file = NULL;
    QP_TRY(qp_binary_open(path, "model.bin", sizeof(qp_ct2_file), &base));
    qp_ct2_file *f = (qp_ct2_file *)base;
    qp_status status = read_header(f);
    if (status == QP_OK) status = connect(f);
    if (status == QP_OK)
        *file = f;
    else
        qp_ct2_close(f);
    return status;
}

const char *qp_ct2_spec(const qp_ct2_file *file) { return file->spec; }

bool qp_ct2_is_real(const qp_ct2_file *f, const char *name)
{
    int index = find(f, name), type = index >= 0 ? f->variable[index].type : QP_CT2_INT8;
    return type == QP_CT2_FLOAT32 || type == QP_CT2_FLOAT16 || type == QP_CT2_BFLOAT16;
}

bool qp_ct2_same(const qp_ct2_file *f, const char *a, const char *b)
{
    int first = find(f, a), second = find(f, b);
    return first >= 0 && second >= 0 && f->variable[first].offset == f->variable[second].offset;
}

/* ---- values ---- */

static double one(int type, const uint8_t *b)
{
    uint16_t u16 = (uint16_t)(b[0] | b[1] << 8);
    uint32_t u32 = u16;
    if (qp_ct2_type_bytes[type] == 4) u32 |= (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    float real;
    if (type == QP_CT2_INT8) return (int8_t)b[0];
    if (type == QP_CT2_INT16) return (int16_t)u16;
    if (type == QP_CT2_INT32) return (int32_t)u32;
    if (type == QP_CT2_FLOAT16) return (double)qp_half_to_float(u16);
    if (type == QP_CT2_BFLOAT16) u32 = (uint32_t)u16 << 16;
    memcpy(&real, &u32, sizeof real);
    return (double)real;
}

/* The stored numbers, not yet scaled. */
static qp_status read_stored(const qp_ct2_file *f, const variable *v, qp_real *value)
{
    uint8_t chunk[CHUNK + 4] = {0};
    const uint64_t width = qp_ct2_type_bytes[v->type], each = CHUNK / width;
    for (uint64_t done = 0; done < v->count; done += each) {
        uint64_t now = v->count - done < each ? v->count - done : each;
        QP_TRY(qp_binary_read(&f->base, v->offset + done * width, chunk, now * width));
        for (uint64_t i = 0; i < now; i++) value[done + i] = (qp_real)one(v->type, chunk + i * width);
    }
    return QP_OK;
}

static qp_status read_array(const void *self, int index, qp_real *value)
{
    const qp_ct2_file *f = self;
    const variable *v = &f->variable[f->array[index]];
    QP_TRY(read_stored(f, v, value));
    if (v->scale < 0) return QP_OK;
    const variable *s = &f->variable[v->scale];
    size_t width = v->count / s->count;
    qp_real *scale = malloc(s->count * sizeof *scale);
    if (!scale) return no_memory(f);
    qp_status status = read_stored(f, s, scale);
    for (size_t i = 0; status == QP_OK && i < s->count; i++)
        if (!(scale[i] > 0) || !isfinite(scale[i])) status = damaged(f, "a scale is not a positive number");
    for (size_t i = 0; status == QP_OK && i < v->count; i++) value[i] /= scale[i / width];
    free(scale);
    return status;
}

static qp_weight_array array_at(const void *self, int index)
{
    const qp_ct2_file *f = self;
    const variable *v = &f->variable[f->array[index]];
    qp_weight_array a = {.name = v->name, .dimensions = v->dimensions, .count = v->count};
    memcpy(a.shape, v->shape, sizeof a.shape);
    return a;
}

qp_weight_source qp_ct2_arrays(const qp_ct2_file *file)
{
    return (qp_weight_source){(void *)file, file->base.path, file->arrays, array_at, read_array};
}

qp_status qp_ct2_number(const qp_ct2_file *f, const char *name, double fallback, double *value)
{
    int index = find(f, name);
    uint8_t b[4] = {0};
    *value = fallback;
    if (index < 0) return QP_OK;
    const variable *v = &f->variable[index];
    if (v->count != 1) return qp_fail(QP_EDATA, "%s: %s is not one number", f->base.path, name);
    QP_TRY(qp_binary_read(&f->base, v->offset, b, qp_ct2_type_bytes[v->type]));
    *value = one(v->type, b);
    return QP_OK;
}
