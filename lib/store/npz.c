#include "lib/store/npz.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <zlib.h>

#include "lib/base/writer.h"
#include "lib/store/checked.h"

enum {
    NAME_MAX_BYTES = 100,
    HEADER_MAX = 512,
    ENTRIES_MAX = 65535,
    LOCAL_BYTES = 30,
    CENTRAL_BYTES = 46,
    END_BYTES = 22
};

typedef struct {
    char name[NAME_MAX_BYTES + 5];    /* with .npy */
    unsigned char header[HEADER_MAX]; /* of the .npy */
    size_t header_bytes;
    const void *value;
    void *own; /* value, if npz owns it */
    uint64_t value_bytes;
    uint32_t crc;
    uint64_t offset; /* of its local header */
} array;

struct qp_npz {
    array *array;
    int count, room;
    qp_status status; /* the first failure */
    const char *problem;
};

qp_npz *qp_npz_new(void) { return calloc(1, sizeof(qp_npz)); }

void qp_npz_free(qp_npz *npz)
{
    if (!npz) return;
    for (int i = 0; i < npz->count; i++) free(npz->array[i].own);
    free(npz->array);
    free(npz);
}

static void fail(qp_npz *npz, qp_status status, const char *problem)
{
    if (npz->status != QP_OK) return;
    npz->status = status;
    npz->problem = problem;
}

/* ---- .npy ---- */

/* Magic, version, length, a Python dictionary padded so that the values begin at a multiple of 64. */
static void fill_header(array *a, const char *type, int dimensions, const int64_t *shape)
{
    char text[HEADER_MAX];
    int used = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (int i = 0; i < dimensions; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%" PRId64 ",%s", shape[i],
                         i + 1 < dimensions ? " " : "");
    used += snprintf(text + used, sizeof text - (size_t)used, "), }");
    size_t bytes = (10 + (size_t)used + 1 + 63) / 64 * 64;
    memset(a->header, ' ', bytes);
    memcpy(a->header, "\x93NUMPY\x01\x00", 8);
    a->header[8] = (unsigned char)((bytes - 10) & 255);
    a->header[9] = (unsigned char)((bytes - 10) >> 8);
    memcpy(a->header + 10, text, (size_t)used);
    a->header[bytes - 1] = '\n';
    a->header_bytes = bytes;
}

static bool has_name(const qp_npz *npz, const char *name)
{
    for (int i = 0; i < npz->count; i++)
        if (!strcmp(npz->array[i].name, name)) return true;
    return false;
}

/* A new entry, or NULL with the failure remembered. */
static array *add_entry(qp_npz *npz, const char *name, const char *type, size_t size, int dimensions,
                        const int64_t *shape)
{
    uint64_t count, bytes;
    array entry = {0};
    if (!npz || npz->status != QP_OK) return NULL;
    snprintf(entry.name, sizeof entry.name, "%.*s.npy", NAME_MAX_BYTES, name);
    if (dimensions > 8 || !qp_checked_product(shape, dimensions, &count) || !qp_checked_multiply(count, size, &bytes) ||
        bytes > UINT32_MAX)
        fail(npz, QP_EDATA, "an array is larger than 4 GB");
    else if (strlen(name) > NAME_MAX_BYTES || has_name(npz, entry.name) || npz->count == ENTRIES_MAX)
        fail(npz, QP_EDATA, "a name is given twice or too long, or there are too many arrays");
    if (npz->status == QP_OK && npz->count == npz->room) {
        int room = npz->room ? 2 * npz->room : 16;
        array *grown = realloc(npz->array, (size_t)room * sizeof *grown);
        if (!grown) {
            fail(npz, QP_EMEMORY, "out of memory");
        } else {
            npz->array = grown;
            npz->room = room;
        }
    }
    if (npz->status != QP_OK) return NULL;
    entry.value_bytes = bytes;
    fill_header(&entry, type, dimensions, shape);
    npz->array[npz->count] = entry;
    return &npz->array[npz->count++];
}

void qp_npz_add_floats(qp_npz *npz, const char *name, int dimensions, const int64_t *shape, const float *value)
{
    array *a = add_entry(npz, name, "<f4", sizeof *value, dimensions, shape);
    if (a) a->value = value;
}

void qp_npz_add_integers(qp_npz *npz, const char *name, int dimensions, const int64_t *shape, const int32_t *value)
{
    array *a = add_entry(npz, name, "<i4", sizeof *value, dimensions, shape);
    if (a) a->value = value;
}

/* Code points of a text; written to `code` if that is not NULL. */
static int code_points(const char *text, int32_t *code)
{
    int count = 0;
    while (*text) {
        utf8proc_int32_t one;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &one);
        if (code) code[count] = used > 0 ? one : 0xFFFD;
        text += used > 0 ? used : 1;
        count++;
    }
    return count;
}

void qp_npz_add_texts(qp_npz *npz, const char *name, const char *const *text, int count)
{
    int longest = 1;
    for (int i = 0; i < count; i++) {
        int length = code_points(text[i], NULL);
        if (length > longest) longest = length;
    }
    char type[24];
    snprintf(type, sizeof type, "<U%d", longest);
    array *a = add_entry(npz, name, type, (size_t)longest * sizeof(int32_t), 1, (int64_t[]){count});
    if (!a) return;
    int32_t *code = calloc((size_t)count * (size_t)longest + 1, sizeof *code);
    if (!code) {
        npz->count--;
        fail(npz, QP_EMEMORY, "out of memory");
        return;
    }
    for (int i = 0; i < count; i++) code_points(text[i], code + (size_t)i * (size_t)longest);
    a->value = a->own = code;
}

/* ---- zip ---- */

static unsigned char *put(unsigned char *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) *to++ = (unsigned char)(value >> (8 * i));
    return to;
}

/* The 26 bytes that local and central headers share, from "version needed" to the length of the extra field. The date
 * is the earliest possible, so that equal contents make equal files. */
static unsigned char *put_common(unsigned char *to, const array *a)
{
    uint64_t bytes = a->header_bytes + a->value_bytes;
    to = put(to, 20, 2);
    to = put(to, 0, 2);
    to = put(to, 0, 2); /* stored */
    to = put(to, 0, 2);
    to = put(to, 0x21, 2); /* 1980-01-01 */
    to = put(to, a->crc, 4);
    to = put(to, bytes, 4);
    to = put(to, bytes, 4);
    to = put(to, strlen(a->name), 2);
    return put(to, 0, 2);
}

static void write_local(qp_writer *writer, const array *a)
{
    unsigned char header[LOCAL_BYTES];
    put_common(put(header, 0x04034b50, 4), a);
    qp_writer_write(writer, header, sizeof header);
    qp_writer_write(writer, a->name, strlen(a->name));
    qp_writer_write(writer, a->header, a->header_bytes);
    if (a->value_bytes) qp_writer_write(writer, a->value, (size_t)a->value_bytes);
}

static void write_central(qp_writer *writer, const array *a)
{
    unsigned char header[CENTRAL_BYTES] = {0}, *to = put(header, 0x02014b50, 4);
    to = put(to, 20, 2);
    to = put_common(to, a);
    put(to + 10, a->offset, 4); /* no comment, disk 0, no attributes */
    qp_writer_write(writer, header, sizeof header);
    qp_writer_write(writer, a->name, strlen(a->name));
}

static void write_end(qp_writer *writer, const qp_npz *npz, uint64_t offset, uint64_t bytes)
{
    unsigned char header[END_BYTES] = {0}, *to = put(header, 0x06054b50, 4) + 4;
    to = put(to, (uint64_t)npz->count, 2);
    to = put(to, (uint64_t)npz->count, 2);
    to = put(to, bytes, 4);
    put(to, offset, 4);
    qp_writer_write(writer, header, sizeof header);
}

/* Computes offsets and checksums; false if the archive is too large. */
static bool lay_out(qp_npz *npz, uint64_t *central, uint64_t *central_bytes)
{
    *central = *central_bytes = 0;
    for (int i = 0; i < npz->count; i++) {
        array *a = &npz->array[i];
        a->offset = *central;
        a->crc = (uint32_t)crc32_z(crc32_z(0, a->header, a->header_bytes), a->value_bytes ? a->value : a->header,
                                   (size_t)a->value_bytes);
        *central += LOCAL_BYTES + strlen(a->name) + a->header_bytes + a->value_bytes;
        *central_bytes += CENTRAL_BYTES + strlen(a->name);
    }
    return *central + *central_bytes + END_BYTES <= UINT32_MAX;
}

static qp_status save(qp_npz *npz, const char *path)
{
    uint64_t central, central_bytes;
    if (npz->status == QP_OK && !lay_out(npz, &central, &central_bytes))
        fail(npz, QP_EDATA, "the arrays are larger than 4 GB together");
    if (npz->status != QP_OK) return qp_fail(npz->status, "%s: %s; nothing was written", path, npz->problem);
    qp_writer *writer;
    QP_TRY(qp_writer_open(path, &writer));
    for (int i = 0; i < npz->count; i++) write_local(writer, &npz->array[i]);
    for (int i = 0; i < npz->count; i++) write_central(writer, &npz->array[i]);
    write_end(writer, npz, central, central_bytes);
    return qp_writer_commit(writer);
}

qp_status qp_npz_save(qp_npz *npz, const char *path)
{
    if (!npz) return qp_fail(QP_EMEMORY, "%s: out of memory; nothing was written", path);
    qp_status status = save(npz, path);
    qp_npz_free(npz);
    return status;
}
