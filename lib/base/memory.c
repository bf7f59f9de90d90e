#define _GNU_SOURCE /* madvise */
#include "lib/base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Version 2 of control groups, then version 1; "max" is not a number. */
static const char *const group_limit[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};

size_t qp_memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    uint64_t bytes = pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : (uint64_t)1 << 32;
    for (size_t i = 0; i < sizeof group_limit / sizeof *group_limit; i++) {
        FILE *stream = fopen(group_limit[i], "r");
        unsigned long long limit = 0;
        if (stream && fscanf(stream, "%llu", &limit) == 1 && limit > 0 && limit < bytes) bytes = limit;
        if (stream) fclose(stream);
    }
    return bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

void *qp_memory_large(size_t bytes)
{
    enum { LARGE_PAGE = 2 << 20, SMALL = 64 };
    const size_t alignment = bytes >= LARGE_PAGE ? LARGE_PAGE : SMALL;
    if (bytes > SIZE_MAX / 2) return NULL;
    bytes = (bytes / alignment + 1) * alignment;
    void *block = aligned_alloc(alignment, bytes);
#ifdef MADV_HUGEPAGE
    if (block && alignment == LARGE_PAGE) madvise(block, bytes, MADV_HUGEPAGE); /* refused: ordinary pages */
#endif
    return block;
}
