#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "tests/train/allocations.h"

static long count;

long allocations(void) { return __atomic_load_n(&count, __ATOMIC_RELAXED); }

#if ALLOCATIONS_COUNTED
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t items, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static void note(void) { __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED); }

void *malloc(size_t bytes) { return note(), __libc_malloc(bytes); }

void *calloc(size_t items, size_t bytes) { return note(), __libc_calloc(items, bytes); }

void *realloc(void *memory, size_t bytes) { return note(), __libc_realloc(memory, bytes); }

void *aligned_alloc(size_t alignment, size_t bytes) { return note(), __libc_memalign(alignment, bytes); }

int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    note();
    *memory = __libc_memalign(alignment, bytes);
    return *memory ? 0 : ENOMEM;
}
#endif
