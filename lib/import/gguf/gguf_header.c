#include <string.h>

#include "lib/base/array.h"
#include "lib/base/files/binary.h"
#include "lib/import/gguf/gguf_internal.h"
#include "lib/store/checked.h"
#include "lib/text/utf8.h"

enum { READ_AHEAD = 1 << 16, NAME_LIMIT = 65535 };

qp_status qp_gguf_damaged(const qp_gguf *file, const char *name, const char *what)
{
    return qp_fail(QP_EDATA, "%s: %.100s%s%s; the file is damaged, fetch it again", file->base.path, name ? name : "",
                   name ? ": " : "", what);
}

/* Reads so much of the file that header[0 .. end) is there; `end` is not after the end of the file. */
static qp_status load(qp_gguf *file, uint64_t end)
{
    uint64_t wanted = file->loaded ? 2 * (uint64_t)file->loaded : READ_AHEAD;
    if (wanted < end) wanted = end;
    if (wanted > file->base.bytes) wanted = file->base.bytes;
    size_t bytes;
    if (!qp_checked_size(wanted, &bytes) || !QP_GROW(file->header, file->room, bytes))
        return qp_fail(QP_EMEMORY, "%s: out of memory for its header", file->base.path);
    QP_TRY(qp_binary_read(&file->base, file->loaded, file->header + file->loaded, bytes - file->loaded));
    file->loaded = bytes;
    return QP_OK;
}

qp_status qp_gguf_take(qp_gguf *file, uint64_t bytes, const unsigned char **taken)
{
    *taken = NULL;
    if (bytes > file->base.bytes - file->at) return qp_gguf_damaged(file, NULL, "it ends before its header does");
    if (file->at + bytes > file->loaded) QP_TRY(load(file, file->at + bytes));
    *taken = file->header + file->at;
    file->at += (size_t)bytes;
    return QP_OK;
}

qp_status qp_gguf_take_u32(qp_gguf *file, uint32_t *value)
{
    const unsigned char *taken;
    QP_TRY(qp_gguf_take(file, 4, &taken));
    *value = qp_little_u32(taken);
    return QP_OK;
}

qp_status qp_gguf_take_u64(qp_gguf *file, uint64_t *value)
{
    const unsigned char *taken;
    QP_TRY(qp_gguf_take(file, 8, &taken));
    *value = qp_little_u64(taken);
    return QP_OK;
}

qp_status qp_gguf_take_name(qp_gguf *file, char **name)
{
    uint64_t bytes;
    const unsigned char *taken;
    QP_TRY(qp_gguf_take_u64(file, &bytes));
    if (bytes == 0 || bytes > NAME_LIMIT) return qp_gguf_damaged(file, NULL, "a name of no or too many bytes");
    QP_TRY(qp_gguf_take(file, bytes, &taken));
    for (uint64_t i = 0; i < bytes; i++)
        if (taken[i] < ' ' || taken[i] == 127) return qp_gguf_damaged(file, NULL, "a name with control characters");
    if (qp_utf8_valid((const char *)taken, (size_t)bytes) != bytes)
        return qp_gguf_damaged(file, NULL, "a name that is not UTF-8");
    *name = strndup((const char *)taken, (size_t)bytes);
    return *name ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory for its names", file->base.path);
}
