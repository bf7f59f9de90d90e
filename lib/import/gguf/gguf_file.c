#include "lib/import/gguf/gguf_file.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/hash_set.h"
#include "lib/import/gguf/gguf_internal.h"
#include "lib/store/checked.h"

enum { ALIGNMENT_LIMIT = 1 << 20, NAMES = 100000, PIECE_BYTES = 1 << 16 };

/* ---- the list of arrays ---- */

static qp_status read_shape(qp_gguf *file, qp_gguf_array *a)
{
    uint32_t dimensions;
    uint64_t size, count;
    QP_TRY(qp_gguf_take_u32(file, &dimensions));
    if (dimensions < 1 || dimensions > QP_WEIGHT_DIMENSIONS)
        return qp_gguf_damaged(file, a->name, "not of 1 to 4 dimensions");
    a->dimensions = (int)dimensions;
    for (int i = a->dimensions - 1; i >= 0; i--) {
        QP_TRY(qp_gguf_take_u64(file, &size));
        if (size < 1 || size > INT64_MAX) return qp_gguf_damaged(file, a->name, "no rows, or more than any file has");
        a->shape[i] = (int64_t)size;
    }
    if (!qp_checked_product(a->shape, a->dimensions, &count) || !qp_checked_size(count, &a->count))
        return qp_gguf_damaged(file, a->name, "larger than any file");
    return QP_OK;
}

static qp_status read_type(qp_gguf *file, qp_gguf_array *a)
{
    uint32_t number;
    QP_TRY(qp_gguf_take_u32(file, &number));
    a->type = qp_gguf_type_of(number);
    if (!a->type) return qp_gguf_damaged(file, a->name, "of an unknown type");
    if (!a->type->unpack)
        return qp_fail(QP_EDATA,
                       "%s: array %.100s is of type %s; F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K and "
                       "Q6_K can be read: fetch or make the model in one of these",
                       file->base.path, a->name, a->type->name);
    if (a->shape[a->dimensions - 1] % a->type->values != 0)
        return qp_gguf_damaged(file, a->name, "rows that are not whole blocks");
    if (!qp_checked_multiply(a->count / (size_t)a->type->values, (uint64_t)a->type->bytes, &a->bytes))
        return qp_gguf_damaged(file, a->name, "larger than any file");
    return QP_OK;
}

static qp_status read_arrays(qp_gguf *file, uint64_t arrays)
{
    for (uint64_t i = 0; i < arrays; i++) {
        if (!QP_GROW(file->array, file->array_room, file->arrays + 1))
            return qp_fail(QP_EMEMORY, "%s: out of memory for its arrays", file->base.path);
        qp_gguf_array *a = &file->array[file->arrays];
        *a = (qp_gguf_array){0};
        QP_TRY(qp_gguf_take_name(file, &a->name));
        file->arrays++;
        QP_TRY(read_shape(file, a));
        QP_TRY(read_type(file, a));
        QP_TRY(qp_gguf_take_u64(file, &a->offset));
        if (a->offset % file->alignment != 0) return qp_gguf_damaged(file, a->name, "its offset is not aligned");
    }
    return QP_OK;
}

static int by_offset(const void *left, const void *right)
{
    const qp_gguf_array *a = left, *b = right;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Every array is in the file, after those before it; their names differ. */
static qp_status check_arrays(qp_gguf *file)
{
    uint64_t end = 0, room = file->base.bytes - file->data;
    qp_hash_set names = {0};
    qp_status status = QP_OK;
    if (file->arrays) qsort(file->array, file->arrays, sizeof *file->array, by_offset);
    for (size_t i = 0; status == QP_OK && i < file->arrays; i++) {
        const qp_gguf_array *a = &file->array[i];
        uint64_t hash = qp_hash_text(a->name, strlen(a->name));
        if (a->offset < end) status = qp_gguf_damaged(file, a->name, "overlaps another array");
        else if (a->offset > room || a->bytes > room - a->offset)
            status = qp_gguf_damaged(file, a->name, "ends after the end of the file");
        else if (qp_hash_set_get(&names, hash) > 0)
            status = qp_gguf_damaged(file, a->name, "the name is there twice");
        else
            status = qp_hash_set_add(&names, hash);
        end = a->offset + a->bytes;
    }
    qp_hash_set_free(&names);
    return status;
}

/* ---- the file ---- */

static qp_status read_version(qp_gguf *file)
{
    uint32_t magic, version;
    QP_TRY(qp_gguf_take_u32(file, &magic));
    QP_TRY(qp_gguf_take_u32(file, &version));
    if (magic != 0x46554747) return qp_fail(QP_EDATA, "%s: not a GGUF file", file->base.path);
    if (version == 2 || version == 3) return QP_OK;
    if (version >> 24) return qp_fail(QP_EDATA, "%s: a big-endian GGUF file, which cannot be read", file->base.path);
    return qp_fail(QP_EDATA, "%s: version %u of GGUF cannot be read; 2 and 3 can", file->base.path, version);
}

static qp_status read_alignment(qp_gguf *file)
{
    const json_t *value = json_object_get(file->values, "general.alignment");
    json_int_t alignment = value ? json_integer_value(value) : 32;
    if (alignment < 8 || alignment > ALIGNMENT_LIMIT || alignment % 8 != 0)
        return qp_gguf_damaged(file, "general.alignment", "not a multiple of 8 up to 1048576");
    file->alignment = (uint64_t)alignment;
    return QP_OK;
}

static qp_status read_all(qp_gguf *file)
{
    uint64_t arrays, keys;
    QP_TRY(read_version(file));
    QP_TRY(qp_gguf_take_u64(file, &arrays));
    QP_TRY(qp_gguf_take_u64(file, &keys));
    if (arrays > NAMES || keys > NAMES)
        return qp_fail(QP_EDATA, "%s: more than %d arrays or keys; the file is damaged", file->base.path, NAMES);
    if (!(file->values = json_object())) return qp_fail(QP_EMEMORY, "%s: out of memory", file->base.path);
    QP_TRY(qp_gguf_read_values(file, keys));
    QP_TRY(read_alignment(file));
    QP_TRY(read_arrays(file, arrays));
    uint64_t gap = (file->alignment - file->at % file->alignment) % file->alignment;
    if (file->arrays && gap > file->base.bytes - file->at) return qp_gguf_damaged(file, NULL, "it has no arrays");
    file->data = file->arrays ? file->at + gap : file->base.bytes;
    return check_arrays(file);
}

qp_status qp_gguf_open(const char *path, qp_gguf **file)
{
    qp_binary *base;
    *file = NULL;
    QP_TRY(qp_binary_open(path, ".gguf", sizeof(qp_gguf), &base));
    qp_status status = read_all((qp_gguf *)base);
    if (status == QP_OK)
        *file = (qp_gguf *)base;
    else
        qp_gguf_close((qp_gguf *)base);
    return status;
}

void qp_gguf_close(qp_gguf *file)
{
    if (!file) return;
    json_decref(file->values);
    for (size_t i = 0; i < file->lists; i++) free(file->list[i].key);
    for (size_t i = 0; i < file->arrays; i++) free(file->array[i].name);
    free(file->list);
    free(file->array);
    free(file->header);
    qp_binary_close(&file->base);
}

json_t *qp_gguf_values(const qp_gguf *file) { return file->values; }

/* ---- the arrays ---- */

static qp_weight_array array_at(const void *self, int index)
{
    const qp_gguf_array *a = &((const qp_gguf *)self)->array[index];
    qp_weight_array described = {.name = a->name, .dimensions = a->dimensions, .count = a->count};
    memcpy(described.shape, a->shape, sizeof a->shape);
    return described;
}

static qp_status read_array(const void *self, int index, qp_real *value)
{
    const qp_gguf *file = self;
    const qp_gguf_array *a = &file->array[index];
    unsigned char piece[PIECE_BYTES];
    const size_t values = (size_t)a->type->values, bytes = (size_t)a->type->bytes, most = sizeof piece / bytes;
    uint64_t at = file->data + a->offset;
    for (size_t left = a->count / values; left > 0;) {
        size_t blocks = left < most ? left : most;
        QP_TRY(qp_binary_read(&file->base, at, piece, blocks * bytes));
        a->type->unpack(piece, blocks, value);
        at += blocks * bytes;
        value += blocks * values;
        left -= blocks;
    }
    return QP_OK;
}

qp_weight_source qp_gguf_arrays(const qp_gguf *file)
{
    return (qp_weight_source){
        .self = (void *)file, .place = file->base.path, .count = (int)file->arrays, .at = array_at, .read = read_array};
}

/* ---- which files these are ---- */

bool qp_gguf_is(const char *path) { return qp_binary_begins(path, "GGUF", 4); }
