#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/faults/fault.h"

static int log_file = -1;

void fault_log_open(const char *path)
{
    log_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int high = fcntl(log_file, F_DUPFD_CLOEXEC, 700); /* out of the way of the program's own numbers */
    close(log_file);
    log_file = high;
}

static void put(const void *bytes, int64_t count)
{
    if (count > 0) fault_raw(SYS_write, log_file, (long)bytes, (long)count, 0, 0, 0);
}

static void record(fault_record h, const char *first, const char *second)
{
    put(&h, sizeof h);
    put(first, h.first);
    put(second, h.second);
}

static int64_t length(const char *text) { return (int64_t)strlen(text); }

/* Only what changes the disk, and only what succeeded. Threads other than the first write no files. */
void fault_log_call(int group, long number, const long *a, long result)
{
    if (log_file < 0 || result < 0) return;
    fault_record h = {.group = group, .descriptor = (int)a[0], .result = (int32_t)result, .offset = -1};
    const char *one = (const char *)a[0], *two = (const char *)a[1];
    switch (group) {
    case FAULT_OPEN:
        if (number == SYS_openat)
            one = two, h.flags = (int)a[2];
        else
            h.flags = (int)a[1];
        h.descriptor = (int)result;
        h.first = length(one);
        record(h, one, NULL);
        break;
    case FAULT_WRITE:
        if (number != SYS_write && number != SYS_pwrite64) return;
        if (number == SYS_pwrite64) h.offset = a[3];
        h.first = result;
        record(h, two, NULL);
        break;
    case FAULT_RENAME:
        if (number != SYS_rename) one = two, two = (const char *)a[3];
        h.first = length(one);
        h.second = length(two);
        record(h, one, two);
        break;
    case FAULT_MKDIR:
    case FAULT_UNLINK:
        if (number == SYS_mkdirat || number == SYS_unlinkat) one = two;
        h.first = length(one);
        record(h, one, NULL);
        break;
    case FAULT_TRUNCATE:
        h.offset = a[1];
        record(h, NULL, NULL);
        break;
    case FAULT_CLOSE:
    case FAULT_SYNC: record(h, NULL, NULL); break;
    default: break;
    }
}
