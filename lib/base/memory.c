#include "lib/base/memory.h"

#include <stdint.h>
#include <stdio.h>
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
