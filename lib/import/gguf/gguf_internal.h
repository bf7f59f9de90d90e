#ifndef QP_GGUF_INTERNAL_H
#define QP_GGUF_INTERNAL_H

#include "lib/base/files/binary.h"
#include "lib/import/gguf/gguf_blocks.h"
#include "lib/import/gguf/gguf_file.h"

/* gguf_internal — an open GGUF file, for the readers of its parts: gguf_header.c, gguf_values.c,
 * gguf_file.c. */
typedef struct {
    char *name;
    const qp_gguf_type *type;
    int dimensions;
    int64_t shape[QP_WEIGHT_DIMENSIONS]; /* that of a row last */
    size_t count;
    uint64_t offset, bytes; /* offset: from the beginning of the arrays */
} qp_gguf_array;

typedef struct {
    char *key;
    uint32_t type; /* of the elements */
    uint64_t count;
    size_t first; /* byte of the header where the first element is */
} qp_gguf_kept_list;

struct qp_gguf {
    qp_binary base;
    uint64_t alignment, data; /* data: byte where the arrays begin */
    unsigned char *header;    /* header[0 .. loaded), read as far as needed */
    size_t loaded, room, at;  /* at: what is read next */
    json_t *values;
    qp_gguf_kept_list *list;
    size_t lists, list_room;
    qp_gguf_array *array;
    size_t arrays, array_room;
};

/* qp_gguf_take — the next `bytes` of the header, until the next call.
 * qp_gguf_take_u32, _u64 — a number.
 * qp_gguf_take_name — a text without NUL and control characters, malloced.
 * qp_gguf_damaged — the error that begins with the name of the file; name may be NULL.
 * Errors  QP_EDATA: the file ends before; QP_EIO; QP_EMEMORY. */
qp_status qp_gguf_take(qp_gguf *file, uint64_t bytes, const unsigned char **taken);
qp_status qp_gguf_take_u32(qp_gguf *file, uint32_t *value);
qp_status qp_gguf_take_u64(qp_gguf *file, uint64_t *value);
qp_status qp_gguf_take_name(qp_gguf *file, char **name);
qp_status qp_gguf_damaged(const qp_gguf *file, const char *name, const char *what);

/* qp_gguf_read_values — the keys and their values. */
qp_status qp_gguf_read_values(qp_gguf *file, uint64_t keys);

#endif
