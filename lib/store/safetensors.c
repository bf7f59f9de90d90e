#define _GNU_SOURCE /* qsort_r */
#include "lib/store/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/content.h"
#include "lib/base/files/binary.h"
#include "lib/store/checked.h"
#include "lib/store/safetensors_internal.h"
#include "lib/text/json_reader.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the arrays of a file are little-endian and read as they are");

enum { HEADER_LIMIT = 100000000, PREFIX_BYTES = 8 }; /* the limit is the format's own */

/* ---- one entry of the header ---- */

static qp_status entry_fail(const qp_safetensors *file, const char *name, const char *what)
{
    qp_printable_name printable;
    return qp_fail(QP_EDATA, "%s: tensor '%s': %s; the file is damaged or not safetensors", file->base.path,
                   qp_printable(name, &printable), what);
}

static qp_status parse_dtype(const qp_safetensors *file, const char *name, const char *text, qp_dtype *dtype)
{
    for (int i = 0; i < QP_DTYPE_COUNT; i++)
        if (!strcmp(text, qp_dtype_name((qp_dtype)i))) {
            *dtype = (qp_dtype)i;
            return QP_OK;
        }
    qp_printable_name printable, type;
    return qp_fail(
        QP_EDATA,
        "%s: tensor '%s' has element type %s; convert it to one of F64, F32, F16, BF16, I64, I32, I8, U8, BOOL",
        file->base.path, qp_printable(name, &printable), qp_printable(text, &type));
}

static qp_status parse_shape(const qp_safetensors *file, const char *name, const json_t *shape, qp_stored *stored)
{
    size_t dimensions = json_array_size(shape);
    if (dimensions > QP_SHAPE_MAX) return entry_fail(file, name, "has more than 8 dimensions");
    for (size_t i = 0; i < dimensions; i++) {
        const json_t *dimension = json_array_get(shape, i);
        if (!json_is_integer(dimension))
            return entry_fail(file, name, "its shape holds something that is not an integer");
        stored->shape[i] = json_integer_value(dimension);
    }
    stored->dimensions = (int)dimensions;
    uint64_t count, bytes;
    if (!qp_checked_product(stored->shape, stored->dimensions, &count) ||
        !qp_checked_multiply(count, qp_dtype_bytes(stored->dtype), &bytes) || !qp_checked_size(count, &stored->count) ||
        !qp_checked_size(bytes, &stored->bytes))
        return entry_fail(file, name, "its shape is negative or larger than any memory");
    return QP_OK;
}

static qp_status parse_entry(const qp_safetensors *file, const char *name, const json_t *entry, qp_stored *stored)
{
    const json_t *type = json_object_get(entry, "dtype"), *shape = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    if (!json_is_string(type) || !json_is_array(shape) || json_array_size(offsets) != 2 || json_object_size(entry) != 3)
        return entry_fail(file, name, "needs exactly dtype, shape and two data_offsets");
    stored->name = name;
    QP_TRY(parse_dtype(file, name, json_string_value(type), &stored->dtype));
    QP_TRY(parse_shape(file, name, shape, stored));
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (!json_is_integer(begin) || !json_is_integer(end) || json_integer_value(begin) < 0 ||
        json_integer_value(end) < json_integer_value(begin))
        return entry_fail(file, name, "its data_offsets do not begin before they end");
    uint64_t first = (uint64_t)json_integer_value(begin), last = (uint64_t)json_integer_value(end);
    if (last - first != stored->bytes) return entry_fail(file, name, "its data_offsets do not fit its shape");
    uint64_t data_bytes = file->base.bytes - PREFIX_BYTES - file->header_bytes;
    if (last > data_bytes)
        return entry_fail(file, name, "ends after the end of the file; it was cut short, fetch it again");
    stored->offset = PREFIX_BYTES + file->header_bytes + first;
    return QP_OK;
}

/* ---- the whole header ---- */

static int compare_offset(const void *left, const void *right)
{
    const qp_stored *a = left, *b = right;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1; /* empty ones first */
    return strcmp(a->name, b->name);
}

static int compare_name(const void *left, const void *right, void *context)
{
    const qp_stored *stored = context;
    return strcmp(stored[*(const int *)left].name, stored[*(const int *)right].name);
}

/* The arrays must tile the rest of the file: no overlap, no gap, nothing after them. */
static qp_status check_tiling(const qp_safetensors *file)
{
    uint64_t end = PREFIX_BYTES + file->header_bytes;
    for (int i = 0; i < file->count; i++) {
        const qp_stored *stored = &file->stored[i];
        if (stored->offset != end)
            return entry_fail(file, stored->name,
                              stored->offset < end ? "overlaps another one" : "has a gap before it");
        end += stored->bytes; /* cannot wrap: parse_entry compared it with the length of the file */
    }
    if (end != file->base.bytes)
        return qp_fail(QP_EDATA, "%s: %llu bytes follow the last tensor; the file is damaged, fetch it again",
                       file->base.path, (unsigned long long)(file->base.bytes - end));
    return QP_OK;
}

static qp_status parse_metadata(qp_safetensors *file, json_t *metadata)
{
    if (!json_is_object(metadata))
        return qp_fail(QP_EDATA, "%s: __metadata__ is not a map; the file is damaged", file->base.path);
    size_t count = json_object_size(metadata);
    file->key = calloc(count + 1, sizeof *file->key);
    file->value = calloc(count + 1, sizeof *file->value);
    if (!file->key || !file->value) return qp_fail(QP_EMEMORY, "%s: out of memory for its metadata", file->base.path);
    const char *key;
    json_t *value;
    json_object_foreach (metadata, key, value) {
        qp_printable_name printable;
        if (!json_is_string(value))
            return qp_fail(QP_EDATA, "%s: metadata '%s' is not a string; the file is damaged", file->base.path,
                           qp_printable(key, &printable));
        file->key[file->metadata_count] = key;
        file->value[file->metadata_count++] = json_string_value(value);
    }
    return QP_OK;
}

static qp_status parse_root(qp_safetensors *file)
{
    size_t entries = json_object_size(file->root);
    if (entries > QP_STORED_MAX)
        return qp_fail(QP_EDATA, "%s: claims %zu tensors; more than %d are not read", file->base.path, entries,
                       QP_STORED_MAX);
    file->stored = calloc(entries + 1, sizeof *file->stored);
    file->by_name = calloc(entries + 1, sizeof *file->by_name);
    if (!file->stored || !file->by_name)
        return qp_fail(QP_EMEMORY, "%s: out of memory for its header", file->base.path);
    const char *name;
    json_t *entry;
    json_object_foreach (file->root, name, entry) {
        if (!strcmp(name, "__metadata__"))
            QP_TRY(parse_metadata(file, entry));
        else
            QP_TRY(parse_entry(file, name, entry, &file->stored[file->count++]));
    }
    qsort(file->stored, (size_t)file->count, sizeof *file->stored, compare_offset);
    for (int i = 0; i < file->count; i++) file->by_name[i] = i;
    qsort_r(file->by_name, (size_t)file->count, sizeof *file->by_name, compare_name, file->stored);
    return check_tiling(file);
}

/* What to do with a file of another kind that is given as a model. */
static const char *remedy_for(qp_content content)
{
    switch (content) {
    case QP_CONTENT_GGUF:
    case QP_CONTENT_NPZ: return "quipu import makes a model of it";
    case QP_CONTENT_TORCH:
    case QP_CONTENT_PICKLE: return "it may run programs when it is read; quipu import says how to convert it";
    case QP_CONTENT_JSON: return "quipu tokenizer info describes it if it is a tokenizer";
    case QP_CONTENT_LFS: return "fetch the real file with git lfs pull";
    case QP_CONTENT_PAGE: return "download the file itself";
    case QP_CONTENT_OTHER:
    case QP_CONTENT_SAFETENSORS:
    case QP_CONTENT_NPY: return "give a model file, .safetensors";
    default: return "unpack it first";
    }
}

/* The file has no header of safetensors. */
static qp_status refuse(const char *path)
{
    qp_content content = qp_content_of_file(path);
    if (content == QP_CONTENT_OTHER)
        return qp_fail(QP_EDATA, "%s: is not a model file (safetensors), or is damaged; fetch or make it again", path);
    return qp_fail(QP_EDATA, "%s: is %s, not a model file (safetensors); %s", path, qp_content_name(content),
                   remedy_for(content));
}

/* Limits the header's objects and commas before parsing: a parsed value takes up to twenty times the memory of its
 * text. */
static qp_status check_values(const qp_safetensors *file)
{
    const size_t tensors = QP_STORED_MAX + 2, values = 8 * (size_t)QP_STORED_MAX; /* of objects; of all */
    size_t objects = 0, commas = 0;
    bool quoted = false;
    for (size_t i = 0; i < (size_t)file->header_bytes; i++) {
        char c = file->header[i];
        if (quoted && c == '\\') i++;
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        objects += c == '{';
        commas += c == ',';
    }
    if (objects <= tensors && commas <= values) return QP_OK;
    return qp_fail(QP_EDATA, "%s: a header of %zu tensors and %zu values; more than %d tensors are not read",
                   file->base.path, objects, commas, QP_STORED_MAX);
}

static qp_status read_header(qp_safetensors *file)
{
    unsigned char prefix[PREFIX_BYTES + 1] = {0};
    if (file->base.bytes == 0)
        return qp_fail(QP_EDATA, "%s: the file is empty; fetch or make it again", file->base.path);
    size_t have = file->base.bytes < sizeof prefix ? (size_t)file->base.bytes : sizeof prefix;
    QP_TRY(qp_safetensors_pread(file, 0, prefix, have));
    file->header_bytes = qp_little_u64(prefix);
    if (have <= PREFIX_BYTES || prefix[PREFIX_BYTES] != '{') return refuse(file->base.path);
    if (file->header_bytes > file->base.bytes - PREFIX_BYTES)
        return qp_fail(QP_EDATA,
                       "%s: claims a header of %llu bytes but has %llu bytes in all; it was cut short, fetch it again",
                       file->base.path, (unsigned long long)file->header_bytes, (unsigned long long)file->base.bytes);
    if (file->header_bytes > HEADER_LIMIT)
        return qp_fail(QP_EDATA,
                       "%s: a header of %llu bytes is above the format's limit of 100 MB; the file is damaged",
                       file->base.path, (unsigned long long)file->header_bytes);
    file->header = malloc((size_t)file->header_bytes + 1);
    if (!file->header) return qp_fail(QP_EMEMORY, "%s: out of memory for its header", file->base.path);
    return qp_safetensors_pread(file, PREFIX_BYTES, file->header, (size_t)file->header_bytes);
}

qp_status qp_safetensors_parse(qp_safetensors *file)
{
    QP_TRY(check_values(file));
    const size_t bytes = (size_t)file->header_bytes;
    QP_TRY(qp_json_read(file->base.path, file->header, bytes, JSON_REJECT_DUPLICATES, &file->root));
    if (!json_is_object(file->root))
        return qp_fail(QP_EDATA, "%s: its header is not a JSON object; the file is damaged, fetch it again",
                       file->base.path);
    return parse_root(file);
}

qp_status qp_safetensors_begin(const char *path, qp_safetensors **result)
{
    qp_binary *base;
    *result = NULL;
    QP_TRY(qp_binary_open(path, ".safetensors", sizeof(qp_safetensors), &base));
    qp_status status = read_header((qp_safetensors *)base);
    if (status == QP_OK)
        *result = (qp_safetensors *)base;
    else
        qp_safetensors_close((qp_safetensors *)base);
    return status;
}

qp_status qp_safetensors_open(const char *path, qp_safetensors **result)
{
    QP_TRY(qp_safetensors_begin(path, result));
    qp_status status = qp_safetensors_parse(*result);
    if (status == QP_OK) return QP_OK;
    qp_safetensors_close(*result);
    *result = NULL;
    return status;
}

void qp_safetensors_close(qp_safetensors *file)
{
    if (!file) return;
    qp_map_close(file->map);
    json_decref(file->root);
    free(file->header);
    free(file->stored);
    free(file->by_name);
    free(file->key);
    free(file->value);
    qp_binary_close(&file->base);
}

const char *qp_safetensors_path(const qp_safetensors *file) { return file->base.path; }
