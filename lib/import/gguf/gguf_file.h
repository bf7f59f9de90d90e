#ifndef QP_GGUF_FILE_H
#define QP_GGUF_FILE_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/base/view.h"
#include "lib/import/weight_source.h"

/* gguf_file — reads GGUF files, versions 2 and 3, those of llama.cpp:
 *     "GGUF" | u32 version | u64 number of arrays | u64 number of keys
 *     each key:    text | u32 type | value          text: u64 bytes | UTF-8       list: u32 type | u64 count | elements
 *     each array:  text | u32 dimensions | u64 size of each, that of a row first | u32 type | u64 offset
 *     zeros up to a multiple of general.alignment (32 where it is not given) | the arrays, each at its offset from here
 * All numbers are little-endian. Every count, size and offset is compared with the length of the file before memory is
 * taken; arrays stay in the file and do not overlap.
 * Source  docs/gguf.md of github.com/ggml-org/ggml. */
typedef struct qp_gguf qp_gguf;

/* The types of values. */
enum {
    QP_GGUF_U8, QP_GGUF_I8, QP_GGUF_U16, QP_GGUF_I16, QP_GGUF_U32, QP_GGUF_I32, QP_GGUF_FLOAT, QP_GGUF_BOOL,
    QP_GGUF_TEXT, QP_GGUF_LIST, QP_GGUF_U64, QP_GGUF_I64, QP_GGUF_DOUBLE, QP_GGUF_VALUE_TYPES
};

/* qp_gguf_is — whether a file begins with "GGUF". */
bool qp_gguf_is(const char *path);

/* qp_gguf_open — reads everything but the arrays; qp_gguf_close frees it (NULL is fine).
 * Memory  at most twice the bytes before the arrays, and 1,024 bytes for each array and key.
 * Errors  QP_ENOINPUT; QP_EDATA naming key or array: cut short, a size that the file does not have, a name twice, an
 *         unknown version or type; QP_EIO; QP_EMEMORY. */
qp_status qp_gguf_open(const char *path, qp_gguf **file);
void qp_gguf_close(qp_gguf *file);

/* qp_gguf_arrays — the arrays, unpacked (gguf_blocks.h) as they are read.
 * qp_gguf_values — an object with all keys; the value of lists, of texts of more than 1,000 bytes and of texts that are
 *   not UTF-8 is null. A float becomes the shortest decimal number that rounds to it. Borrowed. */
qp_weight_source qp_gguf_arrays(const qp_gguf *file);
json_t *qp_gguf_values(const qp_gguf *file);

/* A list, read from its beginning to its end. */
typedef struct {
    uint64_t count;
    const unsigned char *next;
} qp_gguf_list;

/* qp_gguf_find_list — the list of this key; false: there is none whose elements have this type (of 4 bytes, or TEXT).
 * qp_gguf_next_text, qp_gguf_next_u32, qp_gguf_next_float — one element; at most list->count calls. */
bool qp_gguf_find_list(const qp_gguf *file, const char *key, uint32_t type, qp_gguf_list *list);
qp_text qp_gguf_next_text(qp_gguf_list *list);
uint32_t qp_gguf_next_u32(qp_gguf_list *list);
float qp_gguf_next_float(qp_gguf_list *list);

#endif
