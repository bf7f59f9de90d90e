#ifndef QP_MAP_H
#define QP_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"

/* map — the bytes of a file in memory, read when they are first touched. Several processes share them, and the system
 * may drop them and read them again. The file must not be written to while it is mapped (quipu replaces files as a
 * whole); touching what a file has lost that became shorter is a SIGBUS. */
typedef struct qp_map qp_map;

/* qp_map_open — maps `bytes` bytes of an open file; `path` is for messages. Where the system cannot map it, the bytes
 *   are read into memory.     Errors  QP_EIO; QP_EMEMORY.
 * qp_map_share — one more owner.   qp_map_close — by each owner; NULL is fine. */
qp_status qp_map_open(int descriptor, const char *path, size_t bytes, qp_map **map);
qp_map *qp_map_share(qp_map *map);
void qp_map_close(qp_map *map);

const unsigned char *qp_map_bytes(const qp_map *map);
bool qp_map_is_file(const qp_map *map); /* false: the bytes were read into memory */

/* qp_map_give_back — the whole pages among these bytes of a mapped file may leave memory; they are read again when they
 *   are touched. */
void qp_map_give_back(const void *bytes, size_t count);

/* qp_map_path_at — the path of the mapped file that has this address, or NULL. Safe in a signal handler. */
const char *qp_map_path_at(const void *address);

#endif
