#ifndef QP_ARENA_H
#define QP_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* arena — a range of address space, allocated from the front and freed all at once.
 *
 * The range is reserved, not committed: a page takes memory only when it is first touched, and is kept afterwards. A
 * training step allocates nothing once the largest batch has been seen, and each page fault happens once. */
typedef struct {
    char *base;
    size_t reserved_bytes; /* length of the range */
    size_t used_bytes;     /* allocated since the last reset */
    size_t peak_bytes;     /* the largest used_bytes so far */
} qp_arena;

/* qp_arena_init — reserves up to `reserve_bytes` (0: the memory of the machine); false if not even a small range can be
 * reserved. */
bool qp_arena_init(qp_arena *arena, size_t reserve_bytes);
void qp_arena_free(qp_arena *arena);

/* qp_arena_take — `bytes` of uninitialised memory at a 64-byte boundary, or NULL when the range is used up. */
void *qp_arena_take(qp_arena *arena, size_t bytes);

/* qp_arena_mark, qp_arena_rewind — free everything taken since the mark. */
size_t qp_arena_mark(const qp_arena *arena);
void qp_arena_rewind(qp_arena *arena, size_t mark);

#endif
