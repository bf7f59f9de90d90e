#ifndef QP_POWER_DISK_H
#define QP_POWER_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* power_disk — what a disk may hold after the power fails, from the log of fault_log.c.
 *
 * A file is a node; a folder is a list of entries (folder, name, node). The log becomes a list of changes. A change of
 * content is safe once its file was synced after it, a change of an entry (made, renamed, removed) once its folder was;
 * fsync of a file does not keep its name. What is not safe may have reached the disk or not, in any order: the weakest
 * promise of Pillai et al. 2014 (All File Systems Are Not Created Equal), except that one rename is one step. */

typedef enum { POWER_ENTER, POWER_RENAME, POWER_REMOVE, POWER_WRITE, POWER_CUT } power_kind;

typedef struct {
    power_kind kind;
    int node;               /* the file or folder it is about */
    int folder, old_folder; /* entries: where `name` is, and where a renamed one was */
    const char *name, *old_name;
    int64_t offset, bytes; /* WRITE; CUT: bytes that are left */
    const char *content;
    int step; /* the record of the log that made it */
    int safe; /* the record that made it safe; INT32_MAX: none */
} power_change;

/* How much of one change is on the disk. */
typedef enum { POWER_GONE, POWER_DONE, POWER_HALF, POWER_ZEROS } power_share;

typedef struct {
    power_change *change;
    int changes, steps; /* steps: records of the log; there is a moment before each of them, and one after */
} power_log;

/* power_log_read — the changes of a run that began with the files of `seed` in `work`, both in the current folder. */
bool power_log_read(const char *path, power_log *log);

/* power_disk_build — puts the disk together from the seed and, in order, the changes before `step` as far as share[i]
 * says. power_disk_hash identifies its files; power_disk_write makes them in an empty folder; power_disk_holds: is
 * there an entry of this name that leads to the node?
 * One disk at a time. */
void power_disk_build(const power_log *log, const power_share *share, int step);
uint64_t power_disk_hash(void);
bool power_disk_write(const char *folder);
bool power_disk_holds(const power_change *entry);

#endif
