#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/file.h"
#include "lib/store/checked.h"
#include "lib/store/safetensors.h"
#include "lib/store/safetensors_internal.h"

enum { ALIGNMENT = 64 }; /* of the first array in the file, so that a mapped file can be used as it is */

typedef struct {
    const void *value;
    size_t bytes;
} part;

struct qp_safetensors_writer {
    json_t *metadata;
    json_t *tensors; /* the header's entries, in the order given */
    part *part;
    size_t count, room;
    uint64_t end; /* bytes of all arrays so far */
    bool no_memory;
    char problem[160]; /* the first thing that was wrong, "" if nothing */
};

qp_safetensors_writer *qp_safetensors_writer_new(void)
{
    qp_safetensors_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return NULL;
    writer->metadata = json_object();
    writer->tensors = json_object();
    char zeros[QP_CHECKSUM_DIGITS + 1] = {0};
    memset(zeros, '0', QP_CHECKSUM_DIGITS);
    writer->no_memory = json_object_set_new(writer->metadata, QP_CHECKSUM_KEY, json_string(zeros)) != 0 ||
                        !writer->tensors;
    return writer;
}

void qp_safetensors_writer_free(qp_safetensors_writer *writer)
{
    if (!writer) return;
    json_decref(writer->metadata);
    json_decref(writer->tensors);
    free(writer->part);
    free(writer);
}

static void remember(qp_safetensors_writer *writer, const char *kind, const char *name, const char *what)
{
    qp_printable_name printable;
    if (!writer->problem[0])
        snprintf(writer->problem, sizeof writer->problem, "%s '%s' %s", kind, qp_printable(name, &printable), what);
}

void qp_safetensors_writer_metadata(qp_safetensors_writer *writer, const char *key, const char *value)
{
    if (!writer) return;
    if (json_object_get(writer->metadata, key)) {
        remember(writer, "metadata", key, "is given twice");
        return;
    }
    if (json_object_set_new(writer->metadata, key, json_string(value)) != 0)
        remember(writer, "metadata", key, "is not valid UTF-8, or memory is short");
}

static json_t *entry_of(qp_dtype dtype, int dimensions, const int64_t *shape, uint64_t begin, uint64_t end)
{
    json_t *list = json_array();
    for (int i = 0; i < dimensions; i++) json_array_append_new(list, json_integer(shape[i]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", qp_dtype_name(dtype), "shape", list, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

void qp_safetensors_writer_add(qp_safetensors_writer *writer, const char *name, qp_dtype dtype, int dimensions,
                               const int64_t *shape, const void *value)
{
    if (!writer) return;
    uint64_t count, bytes, end;
    if (dimensions < 0 || dimensions > QP_SHAPE_MAX || !qp_checked_product(shape, dimensions, &count) ||
        !qp_checked_multiply(count, qp_dtype_bytes(dtype), &bytes) || !qp_checked_add(writer->end, bytes, &end) ||
        end > INT64_MAX) {
        remember(writer, "tensor", name, "has an impossible shape");
        return;
    }
    if (json_object_get(writer->tensors, name) || !strcmp(name, "__metadata__")) {
        remember(writer, "tensor", name, "is given twice, or its name is reserved");
        return;
    }
    if (writer->count == writer->room) {
        size_t room = writer->room ? 2 * writer->room : 64;
        part *grown = realloc(writer->part, room * sizeof *grown);
        if (!grown) {
            writer->no_memory = true;
            return;
        }
        writer->part = grown;
        writer->room = room;
    }
    if (json_object_set_new(writer->tensors, name, entry_of(dtype, dimensions, shape, writer->end, end)) != 0) {
        remember(writer, "tensor", name, "has a name that is not valid UTF-8, or memory is short");
        return;
    }
    writer->part[writer->count++] = (part){value, (size_t)bytes};
    writer->end = end;
}

/* The header, padded with spaces, checksum digits still '0'; NULL without memory. */
static char *build_header(const qp_safetensors_writer *writer, size_t *bytes)
{
    json_t *root = json_object();
    if (json_object_set(root, "__metadata__", writer->metadata) != 0 ||
        json_object_update(root, writer->tensors) != 0) {
        json_decref(root);
        return NULL;
    }
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (!text) return NULL;
    size_t length = strlen(text), padded = (8 + length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - 8;
    char *header = malloc(padded + 1);
    if (header) {
        memcpy(header, text, length);
        memset(header + length, ' ', padded - length);
        header[padded] = '\0';
        *bytes = padded;
    }
    free(text);
    return header;
}

static bool sign_header(const qp_safetensors_writer *writer, const unsigned char *prefix, char *header, size_t bytes)
{
    XXH3_state_t *state = XXH3_createState();
    char *place = qp_checksum_place(header, bytes);
    if (!state || !place) {
        XXH3_freeState(state);
        return false;
    }
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, prefix, 8);
    XXH3_128bits_update(state, header, bytes);
    for (size_t i = 0; i < writer->count; i++)
        if (writer->part[i].bytes) XXH3_128bits_update(state, writer->part[i].value, writer->part[i].bytes);
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    char digits[QP_CHECKSUM_DIGITS + 1];
    snprintf(digits, sizeof digits, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64, (uint64_t)hash.low64);
    memcpy(place, digits, QP_CHECKSUM_DIGITS);
    return true;
}

static qp_status write_file(const qp_safetensors_writer *writer, const char *path)
{
    if (writer->problem[0]) return qp_fail(QP_EDATA, "%s: %s; nothing was written", path, writer->problem);
    size_t bytes = 0;
    char *header = writer->no_memory ? NULL : build_header(writer, &bytes);
    unsigned char prefix[8];
    qp_little_put_u64(prefix, bytes);
    if (!header || !sign_header(writer, prefix, header, bytes)) {
        free(header);
        return qp_fail(QP_EMEMORY, "%s: out of memory while saving; nothing was written", path);
    }
    qp_writer *out;
    qp_status status = qp_writer_open(path, &out);
    if (status == QP_OK) {
        qp_writer_write(out, prefix, sizeof prefix); /* the writer remembers failures; commit reports them */
        qp_writer_write(out, header, bytes);
        for (size_t i = 0; i < writer->count; i++)
            if (writer->part[i].bytes) qp_writer_write(out, writer->part[i].value, writer->part[i].bytes);
        status = qp_writer_commit(out);
    }
    free(header);
    return status;
}

qp_status qp_safetensors_writer_save(qp_safetensors_writer *writer, const char *path)
{
    if (!writer) return qp_fail(QP_EMEMORY, "%s: out of memory while saving; nothing was written", path);
    qp_status status = write_file(writer, path);
    qp_safetensors_writer_free(writer);
    return status;
}
