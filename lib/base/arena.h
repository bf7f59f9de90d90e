#ifndef QP_ARENA_H
#define QP_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* arena — one long stretch of address space, handed out from the front and taken back all at once.
 *
 * The stretch is reserved, not committed: a page costs memory only when it is first touched, and stays with the
 * arena for ever after. So a training step allocates nothing once the largest batch has been seen, and the
 * kernel's page faults (a quarter of PyTorch's CPU time) happen once. */
typedef struct {
    char *base;
    size_t reserved_bytes; /* length of the stretch */
    size_t used_bytes;     /* handed out since the last reset */
    size_t peak_bytes;     /* the most that was ever handed out */
} qp_arena;

/* qp_arena_init — reserve up to `reserve_bytes` (0: as much as the machine has memory); false if not even a small
 * stretch can be had. */
bool qp_arena_init(qp_arena *arena, size_t reserve_bytes);
void qp_arena_free(qp_arena *arena);

/* qp_arena_take — `bytes` of uninitialised memory at a 64-byte boundary, or NULL when the stretch is used up. */
void *qp_arena_take(qp_arena *arena, size_t bytes);

/* qp_arena_mark / qp_arena_rewind — give back everything taken since the mark. */
size_t qp_arena_mark(const qp_arena *arena);
void qp_arena_rewind(qp_arena *arena, size_t mark);

#endif
