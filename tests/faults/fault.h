#ifndef QP_FAULT_H
#define QP_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* fault — a library to preload (LD_PRELOAD) that makes calls of a program fail, and repeats the program once for each
 * call that can fail. It needs nothing from the program.
 *   fault_memory.c   malloc and its relatives
 *   fault_calls.c    system calls, caught by a seccomp filter, so that those of the C library are seen too
 *   fault_sweep.c    runs main once for every point in a child, and judges what it left
 *   fault_log.c      a log of what was written, for power_disk.c
 *
 * Variables:
 *   FAULT_KIND     alloc: memory   error: a system call fails   short: a read or write of half the bytes
 *                  kill, term, int, hup: the signal, just before the call   log: nothing fails, FAULT_LOG is written
 *   FAULT_ERROR    number of errno, for `error`
 *   FAULT_CALLS    bits of fault_call that are counted
 *   FAULT_EVER     1: the call fails from that point on
 *   FAULT_POINTS   most points that are tried, spread evenly; 0: all
 *   FAULT_AT       only this point
 *   FAULT_FOLDER   folder with `seed` in it: every run starts in `work`, a copy of it
 *   FAULT_FILES    files of `work` (separated by ':') that must be the seed's, absent, or those of a straight run
 *   FAULT_CODES    exit codes that are right after a fault, separated by ','
 *   FAULT_WORD     word that the message must have
 *   FAULT_OUTPUT   0: what is printed on stdout may differ (times)
 *   FAULT_RESUME   1: after each fault the same command must succeed and make the straight run's files
 *   FAULT_AGAIN    exit codes of that second run that are right (0) */

typedef enum {
    FAULT_NONE,
    FAULT_ALLOC,
    FAULT_FAIL,
    FAULT_SHORT,
    FAULT_SIGNAL,
    FAULT_RECORD
} fault_kind;

enum { /* groups of system calls */
    FAULT_OPEN = 1,
    FAULT_READ = 2,
    FAULT_WRITE = 4,
    FAULT_CLOSE = 8,
    FAULT_SYNC = 16,
    FAULT_RENAME = 32,
    FAULT_MKDIR = 64,
    FAULT_UNLINK = 128,
    FAULT_TRUNCATE = 256,
    FAULT_STAT = 512,
    FAULT_LOCK = 1024,
    FAULT_MAP = 2048,
    FAULT_LIST = 4096,
    FAULT_LINK = 8192
};

/* What a child and the sweep share. */
typedef struct {
    fault_kind kind;
    int error, signal, calls;
    bool ever;
    int64_t at;    /* the call that fails, from 1; 0: none, only counted */
    int64_t count; /* calls so far */
    int64_t hits;  /* faults so far */
    int group;     /* the system call of the last fault, and its descriptor or -1 */
    int descriptor;
    void *place[12]; /* who asked for the memory that was refused */
    int places;
} fault_plan;

extern fault_plan *fault_shared; /* NULL: nothing is counted */

/* fault_due — counts one call; true if it is to fail. */
bool fault_due(void);

/* fault_calls_watch — catches system calls of this process and of the threads it makes from now on; false: this
 * machine has no seccomp filters. */
bool fault_calls_watch(void);

/* fault_raw — a system call that is not caught. */
long fault_raw(long number, long a, long b, long c, long d, long e, long f);

/* A record of the log: this head, then the bytes of two texts: paths, or what was written. */
typedef struct {
    int32_t group, descriptor, flags, result;
    int64_t offset, first, second;
} fault_record;

/* fault_log_call — called with each system call that is to be recorded, and its result. */
void fault_log_open(const char *path);
void fault_log_call(int group, long number, const long *argument, long result);

#endif
