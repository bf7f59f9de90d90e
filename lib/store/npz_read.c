#include "lib/store/npz_read.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/view.h"
#include "lib/store/checked.h"

enum { LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22, COMMENT_MAX = 65535 };

/* A file in memory. */
typedef struct {
    const char *path;
    const unsigned char *byte;
    size_t bytes;
} content;

static qp_status damaged(const content *c)
{
    return qp_fail(QP_EDATA, "%s: not a whole .npz or .npy file; write it again with quipu embed", c->path);
}

static unsigned u16(const unsigned char *byte) { return byte[0] | (unsigned)byte[1] << 8; }

static bool begins(const content *c, size_t at, const char *magic, size_t bytes)
{
    return at <= c->bytes && c->bytes - at >= bytes && memcmp(c->byte + at, magic, bytes) == 0;
}

/* ---- zip ---- */

/* The end record, the last one that fits. */
static bool find_end(const content *c, size_t *end)
{
    if (c->bytes < END_BYTES) return false;
    size_t last = c->bytes - END_BYTES, first = last > COMMENT_MAX ? last - COMMENT_MAX : 0;
    for (size_t at = last + 1; at-- > first;)
        if (begins(c, at, "PK\5\6", 4)) return *end = at, true;
    return false;
}

/* The stored bytes that the local header at `local` describes. */
static qp_status open_entry(const content *c, uint64_t local, uint64_t bytes, content *array)
{
    if (local > c->bytes || !begins(c, (size_t)local, "PK\3\4", 4) || c->bytes - local < LOCAL_BYTES) return damaged(c);
    const unsigned char *header = c->byte + local;
    uint64_t begin = local + LOCAL_BYTES + u16(header + 26) + u16(header + 28);
    if (begin > c->bytes || c->bytes - begin < bytes) return damaged(c);
    *array = (content){c->path, c->byte + begin, (size_t)bytes};
    return QP_OK;
}

/* Looks for NAME.npy in the central directory. Sizes are those of the directory, because a local header may leave them
 * to a record that follows the array. */
static qp_status find_entry(const content *c, const char *name, content *array)
{
    size_t end, length = strlen(name);
    if (!find_end(c, &end)) return damaged(c);
    uint64_t at = qp_little_u32(c->byte + end + 16);
    for (unsigned left = u16(c->byte + end + 10); left > 0; left--) {
        if (at > end || end - at < CENTRAL_BYTES || !begins(c, (size_t)at, "PK\1\2", 4)) return damaged(c);
        const unsigned char *header = c->byte + at;
        size_t bytes = u16(header + 28), more = bytes + u16(header + 30) + u16(header + 32);
        if (end - at - CENTRAL_BYTES < more) return damaged(c);
        const char *entry = (const char *)header + CENTRAL_BYTES;
        at += CENTRAL_BYTES + more;
        if (bytes != length + 4 || memcmp(entry, name, length) != 0 || memcmp(entry + length, ".npy", 4) != 0) continue;
        if (u16(header + 10) != 0)
            return qp_fail(QP_EDATA, "%s: its array %s is compressed; write it with numpy.savez", c->path, name);
        uint32_t size = qp_little_u32(header + 24);
        if (size == UINT32_MAX) return qp_fail(QP_EDATA, "%s: more than 4 GB; cut it into smaller files", c->path);
        return open_entry(c, qp_little_u32(header + 42), size, array);
    }
    return qp_fail(QP_EDATA, "%s: it has no array '%s', which quipu embed writes", c->path, name);
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

/* "(ROWS, COLUMNS)" or "(ROWS, COLUMNS,)" */
static bool read_shape(const char *text, int64_t shape[2])
{
    char *end;
    if (*text++ != '(') return false;
    for (int i = 0; i < 2; i++) {
        if (*text < '0' || *text > '9') return false;
        shape[i] = strtoll(text, &end, 10);
        if (i == 0 && strncmp(end, ", ", 2) != 0) return false;
        text = end + 2;
    }
    return *end == ')' || strncmp(end, ",)", 2) == 0;
}

static qp_status read_header(const content *c, size_t *begin, int64_t shape[2])
{
    char header[1024];
    if (!begins(c, 0, "\x93NUMPY", 6) || c->bytes < 12) return damaged(c);
    size_t prefix = c->byte[6] > 1 ? 12 : 10, bytes = prefix == 12 ? qp_little_u32(c->byte + 8) : u16(c->byte + 8);
    if (bytes >= sizeof header || c->bytes - prefix < bytes) return damaged(c);
    memcpy(header, c->byte + prefix, bytes);
    header[bytes] = '\0';
    *begin = prefix + bytes;
    bool right = strncmp(value_of(header, "descr"), "'<f4'", 5) == 0 &&
                 strncmp(value_of(header, "fortran_order"), "False", 5) == 0 &&
                 read_shape(value_of(header, "shape"), shape);
    return right ? QP_OK
                 : qp_fail(QP_EDATA, "%s: not an array of float32 with rows and columns in C order; write it with "
                                     "quipu embed",
                           c->path);
}

static qp_status read_matrix(const content *c, float **value, int *rows, int *columns)
{
    size_t begin;
    uint64_t count, bytes;
    int64_t shape[2];
    if (c->bytes < 12) return damaged(c);
    QP_TRY(read_header(c, &begin, shape));
    if (!qp_checked_product(shape, 2, &count) || !qp_checked_multiply(count, sizeof **value, &bytes) ||
        c->bytes - begin != bytes || !qp_checked_int(shape[0], 0, INT32_MAX - 1, rows) ||
        !qp_checked_int(shape[1], 1, INT32_MAX - 1, columns))
        return damaged(c);
    *value = malloc((size_t)bytes + 1);
    if (!*value) return qp_fail(QP_EMEMORY, "%s: out of memory for %d vectors", c->path, *rows);
    memcpy(*value, c->byte + begin, (size_t)bytes);
    return QP_OK;
}

qp_status qp_npz_matrix(const char *path, const char *name, float **value, int *rows, int *columns)
{
    char *text;
    content file = {.path = path}, array = {0};
    *value = NULL;
    QP_TRY(qp_file_read(path, (size_t)8 << 30, &text, &file.bytes));
    file.byte = (const unsigned char *)text;
    qp_status status = QP_OK;
    if (begins(&file, 0, "\x93NUMPY", 6))
        array = file;
    else
        status = find_entry(&file, name, &array);
    if (status == QP_OK) status = read_matrix(&array, value, rows, columns);
    free(text);
    return status;
}
