#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/hash_set.h"
#include "lib/base/writer.h"
#include "lib/store/checked.h"
#include "lib/store/safetensors.h"
#include "lib/store/safetensors_internal.h"
#include "lib/text/json_writer.h"

enum { ALIGNMENT = 64 }; /* of the first array in the file, so that a mapped file can be used in place */

typedef struct {
    const void *value;
    size_t bytes;
} part;

struct qp_safetensors_writer {
    qp_text_buffer metadata; /* the members of the header's JSON object, without its braces: "key":"value",... */
    qp_text_buffer tensors;
    qp_hash_set names[2]; /* the metadata's and the tensors' */
    part *part;
    size_t count, capacity;
    uint64_t end; /* bytes of all arrays so far */
    bool no_memory;
    char problem[160]; /* the first thing that was wrong, "" if nothing */
};

enum { METADATA, TENSORS };

static void remember(qp_safetensors_writer *writer, const char *kind, const char *name, const char *what)
{
    qp_printable_name printable;
    if (!writer->problem[0])
        snprintf(writer->problem, sizeof writer->problem, "%s '%s' %s", kind, qp_printable(name, &printable), what);
}

/* Adds a name; false if it is already there. */
static bool is_new(qp_safetensors_writer *writer, int kind, const char *name)
{
    uint64_t hash = qp_hash_text(name, strlen(name));
    if (qp_hash_set_get(&writer->names[kind], hash)) return false;
    if (qp_hash_set_add(&writer->names[kind], hash) != QP_OK) writer->no_memory = true;
    return true;
}

/* Writes the key of the next member of an object; false if it is not UTF-8. */
static bool put_key(qp_text_buffer *out, const char *key)
{
    if (!qp_json_string(out, key, strlen(key))) return false;
    qp_text_put(out, ":", 1);
    return true;
}

qp_safetensors_writer *qp_safetensors_writer_new(void)
{
    qp_safetensors_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return NULL;
    char zeros[QP_CHECKSUM_DIGITS + 1] = {0};
    memset(zeros, '0', QP_CHECKSUM_DIGITS);
    qp_safetensors_writer_metadata(writer, QP_CHECKSUM_KEY, zeros);
    return writer;
}

void qp_safetensors_writer_free(qp_safetensors_writer *writer)
{
    if (!writer) return;
    qp_text_free(&writer->metadata);
    qp_text_free(&writer->tensors);
    qp_hash_set_free(&writer->names[METADATA]);
    qp_hash_set_free(&writer->names[TENSORS]);
    free(writer->part);
    free(writer);
}

void qp_safetensors_writer_metadata(qp_safetensors_writer *writer, const char *key, const char *value)
{
    if (!writer) return;
    if (!is_new(writer, METADATA, key))
        remember(writer, "metadata", key, "is given twice");
    else if (!put_key(&writer->metadata, key) || !qp_json_string(&writer->metadata, value, strlen(value)))
        remember(writer, "metadata", key, "is not valid UTF-8");
}

/* One tensor's entry: {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]} */
static void put_entry(qp_text_buffer *out, qp_dtype dtype, int dimensions, const int64_t *shape, const uint64_t *offset)
{
    qp_json_open(out, '{');
    qp_json_key(out, "dtype");
    qp_json_string(out, qp_dtype_name(dtype), strlen(qp_dtype_name(dtype)));
    qp_json_key(out, "shape");
    qp_json_open(out, '[');
    for (int i = 0; i < dimensions; i++) qp_json_integer(out, shape[i]);
    qp_json_close(out, ']');
    qp_json_key(out, "data_offsets");
    qp_json_open(out, '[');
    for (int i = 0; i < 2; i++) qp_json_integer(out, (int64_t)offset[i]);
    qp_json_close(out, ']');
    qp_json_close(out, '}');
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
    if (!is_new(writer, TENSORS, name) || !strcmp(name, "__metadata__")) {
        remember(writer, "tensor", name, "is given twice, or its name is reserved");
        return;
    }
    if (!QP_GROW(writer->part, writer->capacity, writer->count + 1)) {
        writer->no_memory = true;
        return;
    }
    if (!put_key(&writer->tensors, name)) {
        remember(writer, "tensor", name, "has a name that is not valid UTF-8");
        return;
    }
    put_entry(&writer->tensors, dtype, dimensions, shape, (const uint64_t[]){writer->end, end});
    writer->part[writer->count++] = (part){value, (size_t)bytes};
    writer->end = end;
}

/* The header, padded with spaces, checksum digits still '0'. */
static qp_status build_header(const qp_safetensors_writer *writer, char **header, size_t *bytes)
{
    qp_text_buffer out = {.failed = writer->no_memory || writer->metadata.failed || writer->tensors.failed};
    qp_text_add(&out, "{\"__metadata__\":{");
    qp_text_put(&out, writer->metadata.text, writer->metadata.bytes);
    qp_text_add(&out, writer->count ? "}," : "}");
    qp_text_put(&out, writer->tensors.text, writer->tensors.bytes);
    qp_text_add(&out, "}");
    while ((8 + out.bytes) % ALIGNMENT != 0 && !out.failed) qp_text_add(&out, " ");
    return qp_text_finish(&out, header, bytes);
}

static bool sign_header(const qp_safetensors_writer *writer, const unsigned char *prefix, char *header, size_t bytes)
{
    qp_checksum sum;
    char *place = qp_checksum_place(header, bytes), digits[QP_CHECKSUM_DIGITS + 1];
    if (!place || !qp_checksum_begin(&sum)) return false;
    qp_checksum_add(&sum, prefix, 8);
    qp_checksum_add(&sum, header, bytes);
    for (size_t i = 0; i < writer->count; i++) qp_checksum_add(&sum, writer->part[i].value, writer->part[i].bytes);
    qp_checksum_end(&sum, digits);
    memcpy(place, digits, QP_CHECKSUM_DIGITS);
    return true;
}

static qp_status write_file(const qp_safetensors_writer *writer, const char *path)
{
    if (writer->problem[0]) return qp_fail(QP_EDATA, "%s: %s; nothing was written", path, writer->problem);
    size_t bytes = 0;
    char *header;
    unsigned char prefix[8];
    bool built = build_header(writer, &header, &bytes) == QP_OK;
    qp_little_put_u64(prefix, bytes);
    if (!built || !sign_header(writer, prefix, header, bytes)) {
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
