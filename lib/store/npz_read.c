#include "lib/store/npz_read.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/files/binary.h"
#include "lib/store/checked.h"

enum { LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22, COMMENT_MAX = 65535, HEADER_MAX = 1024, MOST = 10000 };

struct qp_npz_file {
    qp_binary base;
    qp_npz_array *array;
    size_t count, room;
};

static qp_status damaged(const qp_npz_file *f)
{
    return qp_fail(QP_EDATA, "%s: not a whole .npz or .npy file; write or fetch it again", f->base.path);
}

static qp_status no_memory(const char *path) { return qp_fail(QP_EMEMORY, "%s: out of memory", path); }

static unsigned u16(const unsigned char *byte) { return byte[0] | (unsigned)byte[1] << 8; }

/* Exactly these bytes of the file. */
static qp_status read_at(const qp_npz_file *f, uint64_t at, void *memory, uint64_t bytes)
{
    if (at > f->base.bytes || f->base.bytes - at < bytes) return damaged(f);
    return bytes ? qp_binary_read(&f->base, at, memory, bytes) : QP_OK;
}

/* ---- npy ---- */

/* The text after 'KEY': in the header, a Python dictionary that numpy writes in one way. */
static const char *value_of(const char *header, const char *key)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s': ", key);
    const char *found = strstr(header, quoted);
    return found ? found + strlen(quoted) : "";
}

/* "()", "(ROWS,)", "(ROWS, COLUMNS)" or "(ROWS, COLUMNS,)"; -1: not so, or too many. */
static int read_shape(const char *text, int64_t shape[QP_NPZ_DIMENSIONS])
{
    char *end;
    int count = 0;
    if (*text++ != '(') return -1;
    while (*text != ')') {
        if (count == QP_NPZ_DIMENSIONS || *text < '0' || *text > '9') return -1;
        shape[count++] = strtoll(text, &end, 10);
        bool last = *end == ')' || strncmp(end, ",)", 2) == 0;
        if (!last && strncmp(end, ", ", 2) != 0) return -1;
        text = *end == ')' ? end : last ? end + 1 : end + 2;
    }
    return count;
}

static qp_npz_type type_of(const char *descr)
{
    static const struct {
        const char *text;
        qp_npz_type type;
    } known[] = {{"'<f4'", QP_NPZ_FLOAT},
                 {"'|u1'", QP_NPZ_BYTE},
                 {"'|i1'", QP_NPZ_BYTE},
                 {"'<u1'", QP_NPZ_BYTE},
                 {"'<i1'", QP_NPZ_BYTE}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(descr, known[i].text, 5) == 0) return known[i].type;
    return QP_NPZ_OTHER;
}

/* The .npy file of `bytes` at a->offset. Afterwards a->offset is that of its values, which are known to be there. */
static qp_status read_header(const qp_npz_file *f, uint64_t bytes, qp_npz_array *a)
{
    unsigned char start[12];
    char header[HEADER_MAX];
    uint64_t count, size;
    if (bytes < sizeof start) return damaged(f);
    QP_TRY(read_at(f, a->offset, start, sizeof start));
    if (memcmp(start, "\x93NUMPY", 6) != 0) return damaged(f);
    uint64_t prefix = start[6] > 1 ? 12 : 10, length = prefix == 12 ? qp_little_u32(start + 8) : u16(start + 8);
    if (length >= sizeof header || bytes - prefix < length) return damaged(f);
    QP_TRY(read_at(f, a->offset + prefix, header, length));
    header[length] = '\0';
    a->offset += prefix + length;
    a->type = type_of(value_of(header, "descr"));
    a->dimensions = read_shape(value_of(header, "shape"), a->shape);
    bool read = a->dimensions >= 0 && strncmp(value_of(header, "fortran_order"), "False", 5) == 0;
    if (!read) a->type = QP_NPZ_OTHER;
    if (a->type == QP_NPZ_OTHER) {
        a->dimensions = 0;
        return QP_OK;
    }
    if (!qp_checked_product(a->shape, a->dimensions, &count) ||
        !qp_checked_multiply(count, a->type == QP_NPZ_FLOAT ? 4 : 1, &size) || bytes - prefix - length != size)
        return damaged(f);
    a->count = (size_t)count;
    return QP_OK;
}

/* ---- zip ---- */

/* The end record, the last one that fits: where the central directory is, and how many entries it has. */
static qp_status find_end(const qp_npz_file *f, uint64_t *end, uint64_t *first, unsigned *entries)
{
    if (f->base.bytes < END_BYTES) return damaged(f);
    uint64_t window = f->base.bytes < END_BYTES + COMMENT_MAX ? f->base.bytes : END_BYTES + COMMENT_MAX;
    unsigned char *tail = malloc((size_t)window);
    if (!tail) return no_memory(f->base.path);
    qp_status status = read_at(f, f->base.bytes - window, tail, window);
    size_t at = (size_t)window - END_BYTES + 1;
    while (status == QP_OK && at-- > 0)
        if (memcmp(tail + at, "PK\5\6", 4) == 0) break;
    bool found = status == QP_OK && at < window;
    if (found) {
        *end = f->base.bytes - window + at;
        *entries = u16(tail + at + 10);
        *first = qp_little_u32(tail + at + 16);
    }
    free(tail);
    return status != QP_OK || found ? status : damaged(f);
}

/* The array of an entry of the central directory. Sizes are those of the directory, because a local header may leave
 * them to a record that follows the array. */
static qp_status read_entry(qp_npz_file *f, const unsigned char *central, qp_npz_array *a)
{
    unsigned char local[LOCAL_BYTES];
    uint64_t size = qp_little_u32(central + 24), at = qp_little_u32(central + 42);
    if (u16(central + 10) != 0) {
        a->type = QP_NPZ_COMPRESSED;
        return QP_OK;
    }
    if (size == UINT32_MAX || at == UINT32_MAX)
        return qp_fail(QP_EDATA, "%s: more than 4 GB; cut it into smaller files", f->base.path);
    QP_TRY(read_at(f, at, local, sizeof local));
    if (memcmp(local, "PK\3\4", 4) != 0) return damaged(f);
    a->offset = at + LOCAL_BYTES + u16(local + 26) + u16(local + 28);
    if (a->offset > f->base.bytes || f->base.bytes - a->offset < size) return damaged(f);
    return read_header(f, size, a);
}

/* Entries that do not end in .npy are no arrays. */
static qp_status read_directory(qp_npz_file *f)
{
    uint64_t end = 0, at = 0;
    unsigned left = 0;
    QP_TRY(find_end(f, &end, &at, &left));
    if (left > MOST) return qp_fail(QP_EDATA, "%s: more than %d arrays", f->base.path, MOST);
    for (; left > 0; left--) {
        unsigned char central[CENTRAL_BYTES];
        qp_npz_array a = {.name = ""};
        if (at > end || end - at < CENTRAL_BYTES) return damaged(f);
        QP_TRY(read_at(f, at, central, sizeof central));
        uint64_t length = u16(central + 28), more = length + u16(central + 30) + u16(central + 32);
        if (memcmp(central, "PK\1\2", 4) != 0 || end - at - CENTRAL_BYTES < more || length >= sizeof a.name)
            return damaged(f);
        QP_TRY(read_at(f, at + CENTRAL_BYTES, a.name, length));
        at += CENTRAL_BYTES + more;
        if (length < 4 || memcmp(a.name + length - 4, ".npy", 4) != 0) continue;
        a.name[length - 4] = '\0';
        if (qp_npz_find(f, a.name) >= 0) return damaged(f);
        QP_TRY(read_entry(f, central, &a));
        if (!QP_GROW(f->array, f->room, f->count + 1)) return no_memory(f->base.path);
        f->array[f->count++] = a;
    }
    return QP_OK;
}

/* ---- the file ---- */

static qp_status read_arrays(qp_npz_file *f)
{
    char start[6];
    if (f->base.bytes < sizeof start) return damaged(f);
    QP_TRY(read_at(f, 0, start, sizeof start));
    if (memcmp(start, "\x93NUMPY", sizeof start) != 0) return read_directory(f);
    if (!QP_GROW(f->array, f->room, 1)) return no_memory(f->base.path);
    f->array[0] = (qp_npz_array){.name = ""};
    f->count = 1;
    return read_header(f, f->base.bytes, f->array);
}

qp_status qp_npz_open(const char *path, qp_npz_file **file)
{
    qp_binary *base;
    *file = NULL;
    QP_TRY(qp_binary_open(path, ".npz", sizeof(qp_npz_file), &base));
    qp_status status = read_arrays((qp_npz_file *)base);
    if (status == QP_OK)
        *file = (qp_npz_file *)base;
    else
        qp_npz_close((qp_npz_file *)base);
    return status;
}

void qp_npz_close(qp_npz_file *f)
{
    if (!f) return;
    free(f->array);
    qp_binary_close(&f->base);
}

int qp_npz_count(const qp_npz_file *file) { return (int)file->count; }
const char *qp_npz_path(const qp_npz_file *file) { return file->base.path; }
const qp_npz_array *qp_npz_at(const qp_npz_file *file, int index) { return &file->array[index]; }

int qp_npz_find(const qp_npz_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->array[i].name, name) == 0) return (int)i;
    return -1;
}

qp_status qp_npz_readable(const qp_npz_file *f, int index)
{
    const qp_npz_array *a = &f->array[index];
    if (a->type == QP_NPZ_COMPRESSED)
        return qp_fail(QP_EDATA, "%s: its array %.60s is compressed; write it with numpy.savez", f->base.path, a->name);
    if (a->type == QP_NPZ_OTHER)
        return qp_fail(QP_EDATA, "%s: its array %.60s is not one of float32 or bytes in C order", f->base.path,
                       a->name);
    return QP_OK;
}

qp_status qp_npz_values(const qp_npz_file *f, int index, void *value)
{
    const qp_npz_array *a = &f->array[index];
    QP_TRY(qp_npz_readable(f, index));
    return read_at(f, a->offset, value, (uint64_t)a->count * (a->type == QP_NPZ_FLOAT ? 4 : 1));
}

/* ---- one matrix ---- */

static qp_status read_matrix(const qp_npz_file *f, const char *name, float **value, int *rows, int *columns)
{
    int index = qp_npz_find(f, name);
    if (index < 0 && f->count == 1 && !*f->array[0].name) index = 0;
    if (index < 0) return qp_fail(QP_EDATA, "%s: it has no array '%s', which quipu embed writes", f->base.path, name);
    const qp_npz_array *a = &f->array[index];
    if (a->type != QP_NPZ_COMPRESSED && (a->type != QP_NPZ_FLOAT || a->dimensions != 2))
        return qp_fail(QP_EDATA,
                       "%s: not an array of float32 with rows and columns in C order; write it with quipu "
                       "embed",
                       f->base.path);
    if (a->type == QP_NPZ_FLOAT && (!qp_checked_int(a->shape[0], 0, INT32_MAX - 1, rows) ||
                                    !qp_checked_int(a->shape[1], 1, INT32_MAX - 1, columns)))
        return damaged(f);
    *value = malloc(a->count * sizeof **value + 1);
    if (!*value) return no_memory(f->base.path);
    qp_status status = qp_npz_values(f, index, *value);
    if (status == QP_OK) return QP_OK;
    free(*value);
    *value = NULL;
    return status;
}

qp_status qp_npz_matrix(const char *path, const char *name, float **value, int *rows, int *columns)
{
    qp_npz_file *file;
    *value = NULL;
    QP_TRY(qp_npz_open(path, &file));
    qp_status status = read_matrix(file, name, value, rows, columns);
    qp_npz_close(file);
    return status;
}
