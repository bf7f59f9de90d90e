#define _GNU_SOURCE /* madvise */
#include "lib/base/files/map.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/memory.h"

struct qp_map {
    unsigned char *address;
    size_t bytes;
    bool is_file;
    atomic_int owners;
    char path[];
};

/* The mapped files, for signal handlers, which may not wait: few are open at a time. One that finds no place is not
 * found by its address. */
enum { PLACES = 16 };
static _Atomic(qp_map *) place[PLACES];

static void enter(qp_map *map)
{
    for (int i = 0; i < PLACES; i++) {
        qp_map *empty = NULL;
        if (atomic_compare_exchange_strong(&place[i], &empty, map)) return;
    }
}

static void leave(qp_map *map)
{
    for (int i = 0; i < PLACES; i++) {
        qp_map *entered = map;
        if (atomic_compare_exchange_strong(&place[i], &entered, NULL)) return;
    }
}

const char *qp_map_path_at(const void *address)
{
    for (int i = 0; i < PLACES; i++) {
        const qp_map *map = atomic_load(&place[i]);
        if (map != NULL && (uintptr_t)address - (uintptr_t)map->address < map->bytes) return map->path;
    }
    return NULL;
}

static qp_status read_all(int descriptor, const char *path, qp_map *map)
{
    map->address = qp_memory_large(map->bytes);
    if (!map->address) return qp_fail(QP_EMEMORY, "%s: out of memory for its %zu bytes", path, map->bytes);
    for (size_t at = 0; at < map->bytes;) {
        const size_t left = map->bytes - at;
        ssize_t got = pread(descriptor, map->address + at, left < (1u << 30) ? left : 1u << 30, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return qp_fail(QP_EIO, "%s: reading failed: %s", path, strerror(errno));
        if (got == 0) return qp_fail(QP_EIO, "%s: became shorter while it was read; try again", path);
        at += (size_t)got;
    }
    return QP_OK;
}

qp_status qp_map_open(int descriptor, const char *path, size_t bytes, qp_map **result)
{
    const size_t room = strlen(path) + 1;
    qp_map *map = calloc(1, sizeof *map + room);
    *result = NULL;
    if (!map) return qp_fail(QP_EMEMORY, "%s: out of memory", path);
    memcpy(map->path, path, room);
    map->bytes = bytes;
    atomic_init(&map->owners, 1);
    void *address = bytes ? mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
    map->is_file = address != MAP_FAILED;
    qp_status status = QP_OK;
    if (map->is_file)
        map->address = address;
    else
        status = read_all(descriptor, path, map);
    if (status != QP_OK) {
        qp_map_close(map);
        return status;
    }
    if (map->is_file) enter(map);
    *result = map;
    return QP_OK;
}

qp_map *qp_map_share(qp_map *map)
{
    atomic_fetch_add(&map->owners, 1);
    return map;
}

void qp_map_close(qp_map *map)
{
    if (!map || atomic_fetch_sub(&map->owners, 1) > 1) return;
    leave(map);
    if (map->is_file)
        munmap(map->address, map->bytes);
    else
        free(map->address);
    free(map);
}

const unsigned char *qp_map_bytes(const qp_map *map) { return map->address; }

bool qp_map_is_file(const qp_map *map) { return map->is_file; }

void qp_map_give_back(const void *bytes, size_t count)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t)bytes + page - 1) / page * page, end = ((uintptr_t)bytes + count) / page * page;
    if (end > first) madvise((void *)first, end - first, MADV_DONTNEED); /* refused: they stay */
}
