#include "lib/base/arena.h"

#include <stdint.h>
#include <sys/mman.h>

#include "lib/base/memory.h"

enum { ALIGNMENT = 64 };

bool qp_arena_init(qp_arena *arena, size_t reserve_bytes)
{
    *arena = (qp_arena){0};
    if (reserve_bytes == 0) reserve_bytes = qp_memory_bytes();
    /* If the limit on address space forbids this much, half as much is still useful. */
    for (size_t bytes = reserve_bytes; bytes >= ((size_t)1 << 20); bytes /= 2) {
        void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base != MAP_FAILED) {
            arena->base = base;
            arena->reserved_bytes = bytes;
            return true;
        }
    }
    return false;
}

void qp_arena_free(qp_arena *arena)
{
    if (arena->base) munmap(arena->base, arena->reserved_bytes);
    *arena = (qp_arena){0};
}

void *qp_arena_take(qp_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT) return NULL;
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded > arena->reserved_bytes - arena->used_bytes) return NULL;
    void *taken = arena->base + arena->used_bytes;
    arena->used_bytes += rounded;
    if (arena->used_bytes > arena->peak_bytes) arena->peak_bytes = arena->used_bytes;
    return taken;
}

size_t qp_arena_mark(const qp_arena *arena) { return arena->used_bytes; }

void qp_arena_rewind(qp_arena *arena, size_t mark) { arena->used_bytes = mark; }
